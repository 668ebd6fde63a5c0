// SPDX-License-Identifier: BSL-1.0
//
// Fault schedules: "throw at the n-th such event from now". Heaps and values ask the schedule of
// their event; a test sets it for a scope.

#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>

namespace still_test {

/// What a value throws when its schedule says so. (Heaps throw std::bad_alloc.)
class injected_fault : public std::runtime_error {
public:
    injected_fault()
        : std::runtime_error("injected fault")
    {
    }
};

/// Counts one kind of event in the whole program, and picks the one that fails.
/// Thread contract: `step` from any thread; scopes are set by one thread at a time.
class schedule {
public:
    /// Effect: counts an event. True when this is the one that must fail.
    [[nodiscard]] bool step() noexcept
    {
        events_.fetch_add(1, std::memory_order_relaxed);
        if (until_fault_.load(std::memory_order_relaxed) == 0)
            return false;
        return until_fault_.fetch_sub(1, std::memory_order_relaxed) == 1;
    }
    /// Events since the program started.
    [[nodiscard]] std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }

    /// While it lives, the n-th event from its birth fails (n ≥ 1), once; n = 0: none does.
    class scope {
    public:
        scope(schedule& plan, std::int64_t n) noexcept
            : plan_(plan)
        {
            plan_.until_fault_.store(n, std::memory_order_relaxed);
        }
        scope(scope const&) = delete;
        scope& operator=(scope const&) = delete;
        ~scope() { plan_.until_fault_.store(0, std::memory_order_relaxed); }

        /// True when the event came up. False: fewer than n events happened.
        [[nodiscard]] bool fired() const noexcept { return plan_.until_fault_.load(std::memory_order_relaxed) <= 0; }

    private:
        schedule& plan_;
    };

private:
    std::atomic<std::int64_t> until_fault_{ 0 };
    std::atomic<std::uint64_t> events_{ 0 };
};

/// Effect: runs `attempt(n)` with the n-th event of `plan` failing, for n = 1, 2, ... until one run
/// has fewer events. `attempt` must catch what the fault makes it throw, and check what it left.
/// Returns how many faults were injected: a test that meant to inject some expects more than zero.
template <class Attempt>
std::int64_t at_each_fault(schedule& plan, Attempt&& attempt)
{
    for (std::int64_t n = 1;; ++n) {
        schedule::scope const faults(plan, n);
        attempt(n);
        if (!faults.fired())
            return n - 1;
    }
}

} // namespace still_test
