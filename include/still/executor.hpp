// SPDX-License-Identifier: BSL-1.0
//
// Where operations that are parted among threads run: an executor, of the program's own or of a library that it
// uses already. Still starts no threads.

#pragma once

#include <concepts>
#include <cstddef>
#include <utility>

namespace still {

/// Runs two calls, at the same time where it can. To part the work of a program's own threads, write two members:
///
///   concurrency()           how many calls may run at the same time, the caller's included: 1 or more. Where it is
///                           1, operations do what they do without an executor, and ask it for nothing else.
///   invoke(first, second)   calls `first()` and `second()`, once each, in any order, on any threads. Returns when
///                           both have ended. Where a call throws, the other may be left out; invoke waits for it
///                           where it was begun, and throws one of the exceptions. It may throw what it throws
///                           itself where it can't begin.
///
/// Both are called on one executor from several threads at the same time, and invoke from within its own calls, to
/// a depth that follows the logarithm of the work: an executor that waits for a call should run others meanwhile,
/// as pools with work stealing do, or run the second on the caller's thread where no thread is free.
/// What is called sees all that happened before invoke; what follows invoke sees all that the calls did.
///
///   struct async_executor {
///       static std::size_t concurrency() { return std::thread::hardware_concurrency(); }
///       template <class First, class Second>
///       static void invoke(First&& first, Second&& second)
///       {
///           auto other = std::async(std::launch::async, std::ref(second)); // a thread a call; waits where it is
///           destroyed first(); other.get();
///       }
///   };
///
/// `still/adapters/tbb_executor.hpp` has one for oneTBB.
template <class Executor>
concept executor = requires(Executor& on, void (&call)()) {
    { on.concurrency() } -> std::convertible_to<std::size_t>;
    on.invoke(call, call);
};

/// One call after the other, on the caller's thread. Allocates nothing, throws what the calls throw.
struct inline_executor {
    [[nodiscard]] static constexpr std::size_t concurrency() noexcept { return 1; }
    template <class First, class Second>
    static void invoke(First&& first, Second&& second)
    {
        std::forward<First>(first)();
        std::forward<Second>(second)();
    }
};

static_assert(executor<inline_executor>);

} // namespace still
