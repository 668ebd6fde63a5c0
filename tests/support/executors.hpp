// SPDX-License-Identifier: BSL-1.0
//
// Executors for tests, and parallel operations with so small a grain that trees of a few dozen elements are parted.

#pragma once

#include <boost/throw_exception.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <new>
#include <ranges>
#include <thread>
#include <utility>

#include "schedule.hpp"
#include "still/parallel.hpp"

namespace still_test {

/// How often test executors were asked to fork.
inline schedule invocations;

/// Forks in name only.
struct first_then_second {
    static std::size_t concurrency() { return 2; }
    template <class First, class Second>
    static void invoke(First&& first, Second&& second)
    {
        static_cast<void>(invocations.step());
        first();
        second();
    }
};
struct second_then_first {
    static std::size_t concurrency() { return 2; }
    template <class First, class Second>
    static void invoke(First&& first, Second&& second)
    {
        static_cast<void>(invocations.step());
        second();
        first();
    }
};

/// Fails on schedule: before it calls anything, or between the two calls.
template <bool Between>
struct failing_executor {
    static std::size_t concurrency() { return 2; }
    template <class First, class Second>
    static void invoke(First&& first, Second&& second)
    {
        auto const fails = invocations.step();
        if (Between || !fails)
            first();
        if (fails)
            boost::throw_exception(std::bad_alloc());
        second();
    }
};

/// A thread for each fork, while there are few. Where it may fail, it does so on schedule.
template <bool Fails>
class basic_thread_executor {
public:
    static std::size_t concurrency() { return 4; }
    template <class First, class Second>
    void invoke(First&& first, Second&& second) const
    {
        if (invocations.step() && Fails)
            boost::throw_exception(std::bad_alloc());
        if (threads_.fetch_add(1, std::memory_order_relaxed) >= 3) {
            threads_.fetch_sub(1, std::memory_order_relaxed);
            first();
            second();
            return;
        }
        std::exception_ptr thrown_here;
        std::exception_ptr thrown_there;
        std::thread other([&] {
            try {
                second();
            } catch (...) {
                thrown_there = std::current_exception();
            }
        });
        try {
            first();
        } catch (...) {
            thrown_here = std::current_exception();
        }
        other.join();
        threads_.fetch_sub(1, std::memory_order_relaxed);
        for (auto const& thrown : { thrown_here, thrown_there }) {
            if (thrown)
                std::rethrow_exception(thrown);
        }
    }

private:
    mutable std::atomic<int> threads_{ 0 };
};

using thread_executor = basic_thread_executor<false>;
using failing_threads = basic_thread_executor<true>;

static_assert(still::executor<first_then_second>);
static_assert(still::executor<thread_executor>);

/// Parallel operations of one kind of container, forked as it is told.
template <class Container, class Executor>
struct parallel {
    using schema = typename Container::schema;
    using less = typename Container::key_compare;
    using internals = still::tree::internals;

    still::tree::forks<Executor> to;

    [[nodiscard]] Container set_union(Container const& left, Container const& right) const
    {
        return combined(left, right, still::keep, still::keep, still::keep);
    }
    [[nodiscard]] Container set_intersection(Container const& left, Container const& right) const
    {
        return combined(left, right, still::drop, still::drop, still::keep);
    }
    [[nodiscard]] Container set_difference(Container const& left, Container const& right) const
    {
        return combined(left, right, still::keep, still::drop, still::drop);
    }
    [[nodiscard]] Container set_symmetric_difference(Container const& left, Container const& right) const
    {
        return combined(left, right, still::keep, still::keep, still::drop);
    }
    template <class LeftOnly, class RightOnly, class Both>
    [[nodiscard]] Container combined(
        Container const& left, Container const& right, LeftOnly left_only, RightOnly right_only, Both both) const
    {
        return still::tree::combine_in_parallel(to, left, right, left_only, right_only, both);
    }

    template <class Range>
    [[nodiscard]] Container insert_range(Container const& version, Range&& elements) const
    {
        return with(version, [&](auto& heap, auto root, auto const& before) {
            return still::tree::insert_all<schema, less>(
                to, heap, root, still::tree::gather<schema>(std::forward<Range>(elements), before), before);
        });
    }
    template <class Range>
    [[nodiscard]] Container erase_keys(Container const& version, Range&& keys) const
    {
        return with(version, [&](auto& heap, auto root, auto const& before) {
            return still::tree::erase_all<schema, less>(to, heap, root, std::forward<Range>(keys), before);
        });
    }
    /// `holds` is asked of a place.
    template <class Holds>
    [[nodiscard]] Container filter(Container const& version, Holds const& holds) const
    {
        return with(version, [&](auto& heap, auto root, auto const& before) {
            return still::tree::filter_tree(to, heap, root, before, holds);
        });
    }
    template <class Range>
    [[nodiscard]] Container from_sorted(Range&& elements) const
    {
        return with(Container(), [&](auto& heap, auto, auto const& before) {
            using iterator = std::ranges::iterator_t<Range>;
            return still::tree::parallel_build<schema, less, Executor, iterator>(
                to, heap, before, std::ranges::begin(elements), std::ranges::size(elements))
                .run();
        });
    }
    void release(Container&& version) const
    {
        still::tree::release_tree<schema>(to, internals::core(version).give_root());
    }

private:
    template <class Make>
    [[nodiscard]] static Container with(Container const& version, Make make)
    {
        auto const& core = internals::core(version);
        auto heap = core.heap();
        return internals::make<Container>(core.with(make(heap, core.root(), core.less())));
    }
};

} // namespace still_test
