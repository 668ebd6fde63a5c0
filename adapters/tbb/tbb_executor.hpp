// SPDX-License-Identifier: BSL-1.0
//
// Parallel operations on oneTBB's threads.

#pragma once

#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "still/executor.hpp"

namespace still {

/// Forks by oneTBB's parallel_invoke, in the arena that the caller is in: that of a `tbb::task_arena`, or the
/// default one, whose threads `tbb::global_control` limits. Copies are the same. Thread contract: any thread.
/// A fork allocates tasks of TBB's; throws what that throws, and what the calls throw.
struct tbb_executor {
    /// The threads that may work in the caller's arena, at most.
    [[nodiscard]] static std::size_t concurrency()
    {
        return static_cast<std::size_t>(std::max(1, tbb::this_task_arena::max_concurrency()));
    }
    template <class First, class Second>
    static void invoke(First&& first, Second&& second)
    {
        // Of its own: in a group that is cancelled, or whose other task throws, TBB would leave calls out unsaid.
        tbb::task_group_context alone(tbb::task_group_context::isolated);
        tbb::parallel_invoke(std::forward<First>(first), std::forward<Second>(second), alone);
    }
};

/// The same in an arena of its own, which outlives the executor, for callers outside it.
class tbb_arena_executor {
public:
    explicit tbb_arena_executor(tbb::task_arena& arena) noexcept
        : arena_(&arena)
    {
    }

    /// The threads that may work in the arena, at most.
    [[nodiscard]] std::size_t concurrency() const
    {
        return static_cast<std::size_t>(std::max(1, arena_->max_concurrency()));
    }
    template <class First, class Second>
    void invoke(First&& first, Second&& second) const
    {
        arena_->execute([&] { tbb_executor::invoke(std::forward<First>(first), std::forward<Second>(second)); });
    }

private:
    tbb::task_arena* arena_;
};

static_assert(executor<tbb_executor>);
static_assert(executor<tbb_arena_executor>);

} // namespace still
