// SPDX-License-Identifier: BSL-1.0
//
// Operations on whole sets with an executor of one and of two threads, beside those without one. A program of its
// own: once it has made a thread, counts of owners change by locked instructions, whoever counts.

#include <oneapi/tbb/task_arena.h>

#include <cstdint>

#include "ordered/parallel.hpp"
#include "tbb_executor.hpp"

namespace {

using namespace benchmarks;

/// What the operations of one subject run on.
struct without_executor {
    static constexpr char const* name = "still";
};
struct one_thread {
    static constexpr char const* name = "still_1_thread";
    [[nodiscard]] static still::inline_executor executor() noexcept { return {}; }
};
struct two_threads {
    static constexpr char const* name = "still_2_threads";
    [[nodiscard]] static still::tbb_arena_executor executor()
    {
        static oneapi::tbb::task_arena arena(2);
        return still::tbb_arena_executor(arena);
    }
};

template <class On>
void add(plan& all)
{
    using numbers = still_set<std::uint64_t>;
    auto const size = quick() ? key_count() / 10 : key_count();
    auto const entered = [&](char const* operation, sized_body body) {
        auto one = sized<numbers>(operation, size, body);
        one.subject = On::name;
        one.arrange = [](auto& made) { made.Iterations(1)->UseRealTime(); };
        one.rounds = repetitions();
        all.add(std::move(one));
    };
    entered("union", parallel_algebra<On, numbers, uniting>);
    entered("intersection", parallel_algebra<On, numbers, intersecting>);
    entered("difference", parallel_algebra<On, numbers, subtracting>);
    entered("insert_range", parallel_insert_range<On, numbers>);
    entered("erase_keys", parallel_erase_keys<On, numbers>);
    entered("build_sorted", parallel_build<On, numbers>);
    entered("filter", parallel_filter<On, numbers>);
    entered("release", parallel_release<On, numbers>);
}

} // namespace

int main(int count, char** arguments)
{
    // So that all subjects count alike.
    two_threads::executor().invoke([] { }, [] { });
    plan all;
    add<without_executor>(all);
    add<one_thread>(all);
    add<two_threads>(all);
    return all.run(count, arguments);
}
