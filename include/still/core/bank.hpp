// SPDX-License-Identifier: BSL-1.0
//
// A space bank: a quota in bytes that pays for nodes, frames and table slots. Banks form a tree, and
// what a child pays for counts in its parent too.

#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <utility>

#include "still/core/bank_record.hpp"

namespace still {

/// A handle to a bank. Copies name the same bank; a default-made or moved-from handle names none.
/// Thread contract: distinct handles from any threads; one handle as the standard library's rule says.
class bank {
public:
    /// No bank: everything but copying, comparing and testing is refused.
    bank() noexcept = default;

    /// Effect: opens a bank that may pay for `limit` bytes. Allocates one record. Throws std::bad_alloc.
    explicit bank(std::size_t limit)
        : record_(core::bank_record::root(limit))
    {
    }
    /// Effect: the same, with memory of its own for all blocks that it pays for, instead of the program's `operator
    /// new`. Destroying it may give that back at once: see `destroy`. Banks below it have none of it.
    bank(std::size_t limit, std::unique_ptr<bank_memory> memory)
        : record_(core::bank_record::root(limit, std::move(memory)))
    {
    }

    bank(bank const& other) noexcept
        : record_(other.record_)
    {
        if (record_ != nullptr)
            record_->retain();
    }
    bank(bank&& other) noexcept
        : record_(std::exchange(other.record_, nullptr))
    {
    }
    bank& operator=(bank other) noexcept
    {
        std::swap(record_, other.record_);
        return *this;
    }
    ~bank()
    {
        if (record_ != nullptr)
            core::bank_record::release(record_);
    }

    /// Effect: opens a bank below this one: what it pays for counts here as well.
    /// Allocates one record. Throws std::bad_alloc, bank_destroyed, or std::logic_error where there is no bank.
    [[nodiscard]] bank child(std::size_t limit) const { return adopt(core::bank_record::below(record(), limit)); }
    /// Effect: the same, with memory of its own.
    [[nodiscard]] bank child(std::size_t limit, std::unique_ptr<bank_memory> memory) const
    {
        return adopt(core::bank_record::below(record(), limit, std::move(memory)));
    }

    /// Effect: lowers the limit to `limit`, or to what is paid for now where that is more; never raises it.
    /// Returns the limit as it is then. What was paid for stays. O(1), allocates nothing; charges to a bank that was
    /// reduced take turns. Throws std::logic_error where there is no bank.
    std::size_t reduce(std::size_t limit) const { return record().reduce(limit); }

    /// Effect: takes back what this bank and all below it paid for. Every grant and forwarder of theirs ends, and
    /// opening through one gives capability_error::bank_destroyed; nothing more can be charged (bank_destroyed is
    /// thrown). What an open lease names stays until that lease ends, and a version that somebody holds by value
    /// (a container, a pmr string) as long as that; both count in the bank above until then. The report tells how many
    /// bytes those are, and whose leases. Again: no effect.
    /// O(slots of the table + banks below), and what it costs to destroy the versions. Allocates nothing, waits for no
    /// lease. May be called under a lease. Throws std::logic_error where there is no bank.
    /// Where the bank has memory of its own, and all that is there are versions that it had granted, whose elements
    /// need no destructor, then these are not destroyed: the memory goes back at once, whatever their size. A lease, a
    /// container that somebody holds, an allocation from memory_resource(), or any version of it that a reclaimer ever
    /// took, and they are destroyed as ever.
    /// From the destructor of a version that is being reclaimed, what is taken back is destroyed after that has
    /// returned, and still counts in the report.
    destruction destroy() const;

    /// Effect: closes a bank below this one, which pays for nothing new from then on (bank_destroyed is thrown), and
    /// leaves what it paid for to this one: it goes on counting here, its grants stay open, and its own children
    /// go on, within its limit. This bank's handle is the permission: a bank can't leave its charges to its parent by
    /// itself. O(depth), allocates nothing. Throws std::invalid_argument where `child` isn't directly below this
    /// bank, std::logic_error where there is no bank; then nothing is done.
    void remove(bank const& child) const
    {
        auto& above = record();
        if (child.record().parent() != &above)
            boost::throw_exception(std::invalid_argument(
                "still: a bank can only be removed by the one directly above it (ask that one's owner)"));
        child.record().remove();
    }

    /// True when `other` is this bank or one below it, and may pay: charges to it count here. False for every other
    /// bank, whatever it looks like, for none, and for one that was removed or destroyed. Charges nothing.
    /// O(depth). Throws std::logic_error where this handle names no bank.
    [[nodiscard]] bool verify(bank const& other) const
    {
        auto const& official = record();
        return other.record_ != nullptr && official.above(other.record_)
            && other.record_->stands() == core::bank_record::standing::open;
    }

    /// Effect: pays for `bytes` here and in every bank above, or nowhere.
    /// Throws quota_exceeded, bank_destroyed, or std::logic_error where there is no bank. Allocates nothing.
    void charge(std::size_t bytes) const { record().charge(bytes); }

    /// Effect: gives back bytes that were charged here. Precondition: they were, and only once.
    void refund(std::size_t bytes) const noexcept
    {
        STILL_CHECK(record_ != nullptr);
        record_->refund(bytes);
    }

    /// The most this bank may pay for, in bytes.
    [[nodiscard]] std::size_t limit() const { return record().limit(); }
    /// What it and the banks below it pay for now, in bytes.
    [[nodiscard]] std::size_t usage() const { return record().usage(); }

    /// The resource that elements of charged containers allocate from: charged like nodes.
    /// Valid while a handle lives or anything allocated from it does.
    [[nodiscard]] std::pmr::memory_resource* memory_resource() const { return &record(); }

    [[nodiscard]] explicit operator bool() const noexcept { return record_ != nullptr; }
    [[nodiscard]] friend bool operator==(bank const&, bank const&) noexcept = default;

private:
    friend class charged_heap;
    [[nodiscard]] static bank adopt(core::bank_record* made) noexcept
    {
        bank result;
        result.record_ = made;
        return result;
    }

    [[nodiscard]] core::bank_record& record() const
    {
        if (record_ == nullptr)
            boost::throw_exception(std::logic_error(
                "still: no bank pays here (a charged container is made with a bank, and loses it when moved from)"));
        return *record_;
    }

    core::bank_record* record_ = nullptr;
};

inline destruction bank::destroy() const
{
    auto const alive = *this; // versions that end may hold the handle this was called on
    auto& destroyed = alive.record();
    destroyed.destroy();
    destruction report;
    if (auto const take_back = core::grants_of_the_destroyed.load(std::memory_order_seq_cst))
        take_back(destroyed, report);
    report.bytes = destroyed.usage();
    return report;
}

} // namespace still
