// SPDX-License-Identifier: BSL-1.0
//
// A space bank: a quota in bytes that pays for nodes, frames and table slots. Banks form a tree, and
// what a child pays for counts in its parent too.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/node_heap.hpp"
#include "still/core/quota.hpp"

namespace still {

namespace core {

/// The shared state of one bank.
/// Invariants: usage ≤ limit, at every instant; references = handles + children + (usage > 0 ? 1 : 0),
/// so that what was charged keeps its payer alive and nothing else does.
///
/// See Note: bank charges. A charge climbs from the payer to the root and is taken back when a bank above refuses it.
/// Until it has reached the root it is unsettled, and the banks it has passed count it. A bank that has no room while
/// it counts unsettled charges waits for those before it refuses: they may yet be taken back, and then there was room.
/// Waits point upward only, so they end; a bank without a parent never waits.
class bank_record final : public std::pmr::memory_resource {
public:
    /// A parent, when there is one, gains a reference.
    bank_record(std::size_t limit, bank_record* parent) noexcept
        : limit_(limit)
        , parent_(parent)
    {
        if (parent_ != nullptr)
            parent_->retain();
    }

    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

    /// Iterative, so that a long chain of banks goes without deep recursion.
    static void release(bank_record* record) noexcept
    {
        while (record != nullptr && record->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            auto* const parent = record->parent_;
            delete record;
            record = parent;
        }
    }

    /// Effect: charges this bank and all above it, or none. Throws quota_exceeded.
    /// Precondition: the caller holds a reference.
    void charge(std::size_t bytes)
    {
        if (bytes == 0)
            return;
        for (auto* payer = this; payer != nullptr; payer = payer->parent_) {
            if (payer->try_charge(bytes))
                continue;
            auto const refusal = quota_exceeded(bytes, payer->limit_, payer->usage());
            for (auto* charged = this; charged != payer;) {
                auto* const above = charged->parent_;
                charged->take_back(bytes + unsettled);
                charged = above;
            }
            boost::throw_exception(refusal);
        }
        for (auto* payer = this; payer->parent_ != nullptr; payer = payer->parent_)
            payer->state_.fetch_sub(unsettled, std::memory_order_acq_rel);
    }

    /// Effect: gives back what `charge` took. Precondition: at most what is charged.
    void refund(std::size_t bytes) noexcept
    {
        if (bytes == 0)
            return;
        for (auto* payer = this; payer != nullptr;) {
            auto* const above = payer->parent_;
            payer->take_back(bytes);
            payer = above;
        }
    }

    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::size_t usage() const noexcept { return usage_of(state_.load(std::memory_order_acquire)); }
    [[nodiscard]] bank_record* parent() const noexcept { return parent_; }

private:
    // One word holds both: usage in bytes below, the number of unsettled charges above.
    static constexpr std::uint64_t unsettled = std::uint64_t{ 1 } << 48;
    [[nodiscard]] static constexpr std::size_t usage_of(std::uint64_t state) noexcept { return state % unsettled; }
    static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

    [[nodiscard]] bool try_charge(std::size_t bytes) noexcept
    {
        auto const most = std::min<std::size_t>(limit_, unsettled - 1);
        auto const added = bytes + (parent_ != nullptr ? unsettled : 0);
        auto state = state_.load(std::memory_order_acquire);
        for (;;) {
            if (bytes > most - usage_of(state)) {
                if (bytes > most || state < unsettled)
                    return false;
                std::this_thread::yield();
                state = state_.load(std::memory_order_acquire);
            } else if (state_.compare_exchange_weak(
                           state, state + added, std::memory_order_acq_rel, std::memory_order_acquire)) {
                if (usage_of(state) == 0)
                    retain();
                return true;
            }
        }
    }

    void take_back(std::uint64_t part) noexcept
    {
        auto const before = state_.fetch_sub(part, std::memory_order_acq_rel);
        STILL_CHECK(before >= part && usage_of(before) >= usage_of(part));
        if (usage_of(before) == usage_of(part))
            release(this);
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override
    {
        charge(bytes);
        struct undo {
            bank_record* payer;
            std::size_t bytes;
            ~undo()
            {
                if (payer != nullptr)
                    payer->refund(bytes);
            }
        } charged{ this, bytes };
        auto* const block = standard_heap().allocate(bytes, alignment);
        charged.payer = nullptr;
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override
    {
        standard_heap::deallocate(block, bytes, alignment);
        refund(bytes);
    }
    [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override
    {
        return this == &other;
    }

    std::atomic<std::uint64_t> state_{ 0 };
    std::atomic<std::size_t> references_{ 1 };
    std::size_t const limit_;
    bank_record* const parent_;
};

} // namespace core

/// A handle to a bank. Copies name the same bank; a default-made or moved-from handle names none.
/// Thread contract: distinct handles from any threads; one handle as the standard library's rule says.
class bank {
public:
    /// No bank: everything but copying, comparing and testing is refused.
    bank() noexcept = default;

    /// Effect: opens a bank that may pay for `limit` bytes. Allocates one record. Throws std::bad_alloc.
    explicit bank(std::size_t limit)
        : record_(new core::bank_record(limit, nullptr))
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
    ~bank() { core::bank_record::release(record_); }

    /// Effect: opens a bank below this one: what it pays for counts here as well.
    /// Allocates one record. Throws std::bad_alloc, or std::logic_error where there is no bank.
    [[nodiscard]] bank child(std::size_t limit) const { return adopt(new core::bank_record(limit, &record())); }

    /// Effect: pays for `bytes` here and in every bank above, or nowhere.
    /// Throws quota_exceeded, or std::logic_error where there is no bank. Allocates nothing.
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

} // namespace still
