// SPDX-License-Identifier: BSL-1.0
//
// The shared state of a bank: what it pays for, its limit, and its place among the banks.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

#include "still/core/bank_memory.hpp"
#include "still/core/config.hpp"
#include "still/core/node_heap.hpp"
#include "still/core/quota.hpp"

namespace still {

/// What became of a bank that was destroyed.
struct destruction {
    /// Threads that can be named; `leases` counts the others too.
    static constexpr std::size_t most_holders = 16;

    std::size_t bytes = 0; ///< still paid for, in the bank above: under leases, or in versions held by value
    std::size_t grants = 0; ///< grants and forwarders that it took back
    std::size_t leases = 0; ///< leases seen on what it paid for, taken back now or earlier; that stays until they end
    std::array<std::thread::id, most_holders> holders{}; ///< the threads of these leases, each once
    std::size_t holder_count = 0;
};

namespace core {

/// Invariants: usage ≤ limit, at every instant; references = handles + children + (usage > 0 ? 1 : 0), so that what
/// was charged keeps its payer alive and nothing else does; whoever is below a destroyed bank is destroyed.
///
/// See Note: bank charges. A charge climbs from the payer to the root and is taken back when a bank above refuses it.
/// Until it has reached the root it is unsettled, and the banks it has passed count it. A bank that has no room while
/// it counts unsettled charges waits for those before it refuses: they may yet be taken back, and then there was room.
/// Waits point upward only, so they end; a bank without a parent never waits.
class bank_record final : public std::pmr::memory_resource {
public:
    enum class standing : std::uint8_t {
        open,
        removed, ///< pays for nothing new; what it paid for stays, and what is below it goes on
        destroyed, ///< pays for nothing new, nor does any below it; what it had granted is taken back
    };

    /// Where a bank has its blocks from: null is the program's `operator new`.
    using memory = std::unique_ptr<bank_memory>;

    /// Effect: a bank of its own. Throws std::bad_alloc.
    [[nodiscard]] static bank_record* root(std::size_t limit, memory from = {})
    {
        auto* const made = make(limit, std::move(from));
        std::lock_guard const lock(tree());
        made->link_before(first_root());
        return made;
    }

    /// Effect: a bank below `parent`, which gains a reference. Throws std::bad_alloc, bank_destroyed.
    [[nodiscard]] static bank_record* below(bank_record& parent, std::size_t limit, memory from = {})
    {
        auto* const made = make(limit, std::move(from));
        std::unique_lock lock(tree());
        if (parent.standing_.load(std::memory_order_relaxed) != standing::open) {
            lock.unlock();
            delete made;
            boost::throw_exception(bank_destroyed());
        }
        made->parent_ = &parent;
        made->link_before(parent.first_child_);
        parent.retain();
        return made;
    }

    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

    /// Iterative, so that a long chain of banks goes without deep recursion. Records are freed under the lock of
    /// the tree: whoever holds it and finds a payer named beside something charged may look at that payer.
    static void release(bank_record* record) noexcept
    {
        while (record != nullptr && record->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            auto* const parent = record->parent_;
            {
                std::lock_guard const lock(tree());
                record->unlink();
            }
            delete record;
            record = parent;
        }
    }

    /// Effect: charges this bank and all above it, or none. Throws quota_exceeded, bank_destroyed.
    /// Precondition: the caller holds a reference.
    void charge(std::size_t bytes)
    {
        if (bytes == 0)
            return;
        for (auto* payer = this; payer != nullptr; payer = payer->parent_) {
            auto const said = payer->try_charge(bytes, payer == this);
            if (said == answer::charged)
                continue;
            auto const refusal = quota_exceeded(bytes, payer->limit(), payer->usage());
            for (auto* charged = this; charged != payer;) {
                auto* const above = charged->parent_;
                charged->take_back(bytes + unsettled);
                charged = above;
            }
            if (said == answer::closed)
                boost::throw_exception(bank_destroyed());
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

    /// Effect: the limit is lowered to `most`, or to what is paid for now where that is more; never raised.
    /// Returns the limit. Charges are slower from then on: they take turns.
    std::size_t reduce(std::size_t most) noexcept
    {
        std::lock_guard const lock(turn_);
        state_.fetch_or(guarded, std::memory_order_acq_rel);
        // Charges wait for their turn now, so usage can only fall.
        auto const least = std::max(most, usage());
        limit_.store(std::min(limit(), least), std::memory_order_release);
        return limit();
    }

    /// Effect: it pays for nothing new. Those below it go on.
    void remove() noexcept { close(standing::removed); }

    /// Effect: neither it nor any bank below it pays for anything new. O(banks below).
    void destroy() noexcept
    {
        std::lock_guard const lock(tree());
        for_each_below([](bank_record& record) { record.close(standing::destroyed); });
    }

    /// Effect: in a child of `fork`, frees all banks of what threads that it doesn't have were doing: it waits neither
    /// for their turn nor for their charges to be settled. What those had come to stays charged. O(banks).
    /// Preconditions: no other thread runs; the tree is locked.
    static void begin_child() noexcept
    {
        for (auto* record = first_root(); record != nullptr; record = record->next_sibling_)
            record->for_each_below([](bank_record& one) {
                std::construct_at(&one.turn_);
                one.state_.fetch_and(guarded | (unsettled - 1), std::memory_order_relaxed);
            });
    }

    /// Sequentially consistent: who publishes something that it paid for and then finds it open is found by the
    /// one who destroys it.
    [[nodiscard]] standing stands() const noexcept { return standing_.load(std::memory_order_seq_cst); }

    /// True for itself and for what is below it.
    [[nodiscard]] bool above(bank_record const* other) const noexcept
    {
        while (other != nullptr && other != this)
            other = other->parent_;
        return other == this;
    }

    [[nodiscard]] std::size_t limit() const noexcept { return limit_.load(std::memory_order_acquire); }
    [[nodiscard]] std::size_t usage() const noexcept { return usage_of(state_.load(std::memory_order_acquire)); }
    [[nodiscard]] bank_record* parent() const noexcept { return parent_; }

    /// Effect: a block, charged here, for somebody who says by `enter` that he has blocks.
    /// Throws quota_exceeded, bank_destroyed, std::bad_alloc.
    [[nodiscard]] void* allocate_for_owner(std::size_t bytes, std::size_t alignment)
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
        auto* const block
            = own_ != nullptr ? own_->allocate(bytes, alignment) : standard_heap().allocate(bytes, alignment);
        charged.payer = nullptr;
        return block;
    }
    /// Effect: gives such a block back.
    void deallocate_for_owner(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        free(block, bytes, alignment);
        refund(bytes);
    }
    /// From here to `leave` somebody may have blocks, which he gives back before.
    void enter() noexcept
    {
        if (own_ != nullptr)
            own_->enter();
    }
    void leave() noexcept
    {
        if (own_ != nullptr)
            own_->leave();
    }
    [[nodiscard]] bool has_own_memory() const noexcept { return own_ != nullptr; }

    /// Effect: gives back at once all that is in the bank's own memory, if these `owners` are the only ones that have
    /// anything there; `handles` of them are handles to the bank, which are dropped. They are not destroyed. Returns
    /// whether it was done. O(1), but for what the memory takes. Preconditions: as own_memory::forget; it has memory of
    /// its own.
    [[nodiscard]] bool forget(std::size_t owners, std::size_t handles) noexcept
    {
        auto const bytes = own_->forget(owners);
        if (bytes == 0)
            return false;
        references_.fetch_sub(handles, std::memory_order_acq_rel); // the charge still keeps it
        refund(bytes);
        return true;
    }

    /// Guards how banks stand to each other, and the freeing of records. See Note: shared objects.
    [[nodiscard, gnu::visibility("default")]] static std::mutex& tree() noexcept
    {
        static std::mutex only;
        return only;
    }

private:
    enum class answer : std::uint8_t { charged, no_room, closed };

    bank_record(std::size_t limit, std::unique_ptr<own_memory> own) noexcept
        : limit_(limit)
        , own_(std::move(own))
    {
    }
    [[nodiscard]] static bank_record* make(std::size_t limit, memory from)
    {
        return new bank_record(limit, from != nullptr ? std::make_unique<own_memory>(std::move(from)) : nullptr);
    }

    // One word holds usage in bytes below, the number of unsettled charges above, and on top whether charges take
    // turns: set when the limit or the standing first changes, and never cleared, so that no charge that has seen the
    // word without it can succeed afterwards.
    static constexpr std::uint64_t unsettled = std::uint64_t{ 1 } << 48;
    static constexpr std::uint64_t guarded = std::uint64_t{ 1 } << 63;
    [[nodiscard]] static constexpr std::size_t usage_of(std::uint64_t state) noexcept { return state % unsettled; }
    static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

    [[nodiscard]] answer try_charge(std::size_t bytes, bool as_payer) noexcept
    {
        auto state = state_.load(std::memory_order_acquire);
        for (;;) {
            if ((state & guarded) != 0)
                return charge_in_turn(bytes, as_payer);
            auto const most = std::min<std::size_t>(limit_.load(std::memory_order_relaxed), unsettled - 1);
            if (bytes > most - usage_of(state)) {
                if (bytes > most || state < unsettled)
                    return answer::no_room;
                std::this_thread::yield();
                state = state_.load(std::memory_order_acquire);
            } else if (add(state, bytes)) {
                return answer::charged;
            }
        }
    }

    [[nodiscard]] answer charge_in_turn(std::size_t bytes, bool as_payer) noexcept
    {
        for (;; std::this_thread::yield()) {
            std::lock_guard const lock(turn_);
            if (as_payer && standing_.load(std::memory_order_relaxed) != standing::open)
                return answer::closed;
            auto const most = std::min<std::size_t>(limit(), unsettled - 1);
            auto state = state_.load(std::memory_order_acquire);
            while (bytes <= most - usage_of(state))
                if (add(state, bytes))
                    return answer::charged;
            if (bytes > most || (state & ~guarded) < unsettled)
                return answer::no_room;
        }
    }

    /// Charges this bank, if the word is still as it was seen.
    [[nodiscard]] bool add(std::uint64_t& seen, std::size_t bytes) noexcept
    {
        auto const added = bytes + (parent_ != nullptr ? unsettled : 0);
        if (!state_.compare_exchange_weak(seen, seen + added, std::memory_order_acq_rel, std::memory_order_acquire))
            return false;
        if (usage_of(seen) == 0)
            retain();
        return true;
    }

    void take_back(std::uint64_t part) noexcept
    {
        auto const before = state_.fetch_sub(part, std::memory_order_acq_rel);
        STILL_CHECK((before & ~guarded) >= part && usage_of(before) >= usage_of(part));
        if (usage_of(before) == usage_of(part))
            release(this);
    }

    void close(standing how) noexcept
    {
        std::lock_guard const lock(turn_);
        state_.fetch_or(guarded, std::memory_order_acq_rel);
        if (how > standing_.load(std::memory_order_relaxed))
            standing_.store(how, std::memory_order_seq_cst);
    }

    /// The banks that have none above them. Guarded by the lock of the tree.
    [[nodiscard]] static bank_record*& first_root() noexcept
    {
        static bank_record* first = nullptr;
        return first;
    }
    void link_before(bank_record*& first) noexcept
    {
        next_sibling_ = first;
        if (next_sibling_ != nullptr)
            next_sibling_->previous_sibling_ = this;
        first = this;
    }
    void unlink() noexcept
    {
        auto*& first = parent_ != nullptr ? parent_->first_child_ : first_root();
        (previous_sibling_ != nullptr ? previous_sibling_->next_sibling_ : first) = next_sibling_;
        if (next_sibling_ != nullptr)
            next_sibling_->previous_sibling_ = previous_sibling_;
    }

    /// Effect: visits this bank and all below it. Precondition: the tree is locked.
    template <class Visit>
    void for_each_below(Visit visit) noexcept
    {
        for (auto* record = this;;) {
            visit(*record);
            if (record->first_child_ != nullptr) {
                record = record->first_child_;
                continue;
            }
            while (record != this && record->next_sibling_ == nullptr)
                record = record->parent_;
            if (record == this)
                return;
            record = record->next_sibling_;
        }
    }

    void free(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        if (own_ != nullptr)
            own_->deallocate(block, bytes, alignment);
        else
            standard_heap::deallocate(block, bytes, alignment);
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override
    {
        // First: a charge that comes before the bank's destruction has an owner that the destruction sees.
        enter();
        struct undo {
            bank_record* entered;
            ~undo()
            {
                if (entered != nullptr)
                    entered->leave();
            }
        } failing{ this };
        auto* const block = allocate_for_owner(at_least_one(bytes), alignment);
        failing.entered = nullptr;
        return block;
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override
    {
        free(block, at_least_one(bytes), alignment);
        leave(); // not before: what has no owner may be given back by others
        refund(at_least_one(bytes)); // which may end this
    }
    /// An empty block keeps its payer, too.
    [[nodiscard]] static std::size_t at_least_one(std::size_t bytes) noexcept
    {
        return std::max<std::size_t>(bytes, 1);
    }
    [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override
    {
        return this == &other;
    }

    std::atomic<std::uint64_t> state_{ 0 };
    std::atomic<std::size_t> references_{ 1 };
    std::atomic<std::size_t> limit_;
    bank_record* parent_ = nullptr; // fixed once it is below
    std::unique_ptr<own_memory> const own_;
    std::atomic<standing> standing_{ standing::open };
    std::mutex turn_;
    // Guarded by the lock of the tree.
    bank_record* first_child_ = nullptr;
    bank_record* next_sibling_ = nullptr;
    bank_record* previous_sibling_ = nullptr;
};

/// Takes back what destroyed banks had granted, and tells of it, and of leases on what `destroyed` paid for. The table
/// of grants puts it here when it is made. See Note: shared objects.
using take_back_grants = void (*)(bank_record const& destroyed, destruction& report) noexcept;
[[gnu::visibility("default")]] inline std::atomic<take_back_grants> grants_of_the_destroyed{ nullptr };

} // namespace core

} // namespace still
