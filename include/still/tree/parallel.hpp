// SPDX-License-Identifier: BSL-1.0
//
// How an operation on a tree is parted among threads: it forks in two, again and again, and joins what both
// halves made. See Note: parallel.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

#include <boost/throw_exception.hpp>

#include "still/executor.hpp"
#include "still/tree/slice.hpp"

namespace still::tree {

/// Where to fork, and when.
template <executor Executor>
struct forks {
    Executor& on;
    /// Parts of no more elements than this run on one thread: 1 or more.
    std::uint64_t grain;
    /// Steps that a walk takes before it forks: what they cost pays for the fork.
    std::size_t steps;

    /// The same for work on batches, each of whose elements costs that of several that lie together.
    [[nodiscard]] forks for_batches() const noexcept { return { on, grain / 8 + 1, steps }; }
};

/// Fewer elements aren't worth a fork. An estimate, see Note: parallel.
inline constexpr std::uint64_t least_grain = 16'384;

/// Effect: parts work on so many elements so that each thread gets several parts.
template <executor Executor>
[[nodiscard]] forks<Executor> part_among(Executor& on, std::uint64_t elements)
{
    constexpr std::uint64_t parts = 8;
    constexpr std::size_t elements_a_step = 16;
    auto const threads = static_cast<std::uint64_t>(on.concurrency());
    if (threads <= 1)
        return { on, std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::size_t>::max() };
    return { on, std::max(least_grain, elements / (parts * threads)), least_grain / elements_a_step };
}

/// What several threads count is counted for several threads.
template <class Schema>
void require_shared_counts() noexcept
{
    static_assert(counts_on_any_thread<typename Schema::count>,
        "still: parallel operations share nodes among threads, and this policy's count is for one thread alone (take "
        "default_policy instead of local_policy, or the function without an executor)");
}

/// Effect: both calls, perhaps at the same time. Throws what one of them throws, and std::runtime_error where the
/// executor has left one out and said nothing, as a cancelled one may.
template <class Executor, class First, class Second>
void invoke_both(Executor& on, First first, Second second)
{
    auto ended_first = false;
    auto ended_second = false;
    on.invoke(
        [&] {
            first();
            ended_first = true;
        },
        [&] {
            second();
            ended_second = true;
        });
    if (!ended_first || !ended_second)
        boost::throw_exception(std::runtime_error("still: the executor returned before both calls had been made"));
}

/// What two calls made.
template <class Schema>
struct two_trees {
    owned<node<Schema>> low;
    owned<node<Schema>> high;
};

/// Effect: the trees that two calls make, perhaps at the same time. Throws what one of them throws.
template <class Schema, class Executor, class Low, class High>
[[nodiscard]] two_trees<Schema> fork(forks<Executor> const& to, Low low, High high)
{
    two_trees<Schema> made;
    invoke_both(to.on, [&] { made.low = low(); }, [&] { made.high = high(); });
    return made;
}

/// The slot of a branch before and after which there are as many elements as nearest to half: never 0.
template <class Schema>
[[nodiscard]] std::size_t middle_slot(branch<Schema> const& of) noexcept
{
    auto const half = size_of<Schema>(of) / 2;
    std::size_t slot = 1;
    auto before = of.child_size(0);
    while (slot + 1u < of.length && before + of.child_size(slot) / 2 < half)
        before += of.child_size(slot++);
    return slot;
}

} // namespace still::tree
