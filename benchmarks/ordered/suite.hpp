// SPDX-License-Identifier: BSL-1.0
//
// Which operations of ordered containers are measured, with which subjects and at which sizes. set.cpp and map.cpp
// pick the subjects.

#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/plan.hpp"
#include "ordered/memory.hpp"
#include "ordered/reads.hpp"
#include "ordered/updates.hpp"
#include "ordered/wholes.hpp"

namespace benchmarks {

using sized_body = void (*)(benchmark::State&, std::size_t size);

/// Sizes besides that of `--keys`, and the one that is ten times that.
[[nodiscard]] inline std::vector<std::size_t> small_sizes()
{
    auto sizes = quick() ? std::vector<std::size_t>{ 1000 } : std::vector<std::size_t>{ 10, 100, 1000, 10'000 };
    std::erase_if(sizes, [](std::size_t size) { return size >= key_count(); });
    return sizes;
}
[[nodiscard]] inline std::vector<std::size_t> all_sizes()
{
    auto sizes = small_sizes();
    sizes.push_back(key_count());
    return sizes;
}
[[nodiscard]] inline std::size_t longest()
{
    return 10 * key_count();
}
/// Where a run takes seconds, that often is enough to see a ratio, if not to bound it.
inline constexpr std::size_t few_rounds = 3;

/// Rounds of subjects and kinds of keys that no goal speaks of: enough for an interval.
inline constexpr std::size_t side_rounds = 6;

template <class Subject>
[[nodiscard]] entry sized(std::string operation, std::size_t size, sized_body body)
{
    entry one{ std::move(operation), Subject::name, std::to_string(size) + key_kind<typename Subject::kind>::suffix,
        [body, size](benchmark::State& state) { body(state, size); } };
    auto const has_goals = one.subject == "still" || one.subject == "absl";
    if (!has_goals || std::is_same_v<typename Subject::kind, wide_key>)
        one.rounds = side_rounds;
    return one;
}

/// Reading, for every subject.
template <class Subject>
void add_reads(plan& all, std::vector<std::size_t> const& sizes)
{
    for (auto const size : sizes) {
        all.add(sized<Subject>("lookup", size, lookup<Subject>));
        all.add(sized<Subject>("lookup_absent", size, lookup_absent<Subject>));
        all.add(sized<Subject>("iterate", size, iterate<Subject>));
        if constexpr (requires { &Subject::inserted; }) {
            auto many = sized<Subject>("find_many", size, find_many<Subject>);
            many.group = "lookup/" + many.detail;
            all.add(std::move(many));
        }
    }
}

/// One element at a time, where that isn't quadratic.
template <class Subject>
void add_updates(plan& all, std::vector<std::size_t> const& sizes)
{
    for (auto const size : sizes) {
        auto grouped = [&](char const* operation, sized_body body, char const* beside) {
            auto one = sized<Subject>(operation, size, body);
            one.group = std::string(beside) + "/" + one.detail;
            if (size > key_count())
                one.rounds = few_rounds;
            all.add(std::move(one));
        };
        grouped("insert_in_place", insert_in_place<Subject>, "insert_in_place");
        // No rival keeps versions: it stands beside insertion in place.
        if constexpr (requires { &Subject::inserted; })
            grouped("insert_persistent", insert_persistent<Subject>, "insert_in_place");
        if (size <= key_count())
            grouped("erase_in_place", erase_in_place<Subject>, "erase_in_place");
    }
}

template <class Subject>
void add_wholes(plan& all, std::vector<std::size_t> const& sizes)
{
    for (auto const size : sizes) {
        all.add(sized<Subject>("build_sorted", size, build_sorted<Subject>));
        all.add(sized<Subject>("union", size, union_of<Subject>));
        all.add(sized<Subject>("intersection", size, intersection_of<Subject>));
        all.add(sized<Subject>("difference", size, difference_of<Subject>));
    }
}

/// Differences of versions, which no rival has.
template <class Subject>
void add_versions(plan& all, std::vector<std::size_t> const& sizes)
{
    for (auto const size : sizes) {
        all.add(sized<Subject>("diff_1", size, diff_1<Subject>));
        all.add(sized<Subject>("diff_1k", size, diff_1k<Subject>));
    }
}

/// Bytes are the same in every round.
template <class Subject>
void add_memory(plan& all, std::size_t size)
{
    auto once = [&](char const* operation, sized_body body) {
        auto one = sized<Subject>(operation, size, body);
        one.rounds = 1;
        all.add(std::move(one));
    };
    if constexpr (fills_fast<Subject>)
        once("memory_random", memory_random<Subject>);
    once("memory_bulk", memory_bulk<Subject>);
    if constexpr (requires { &Subject::inserted; })
        once("memory_version_1k", memory_version_1k<Subject>);
}

/// Numbers: every operation and size. The template arguments make a subject of a kind of key.
template <template <class> class Still, template <class> class StillLocal, template <class> class StillCharged,
    template <class> class StillHugePages, template <class> class Absl, template <class> class Std,
    template <class> class Flat>
void add_numbers(plan& all)
{
    using number = std::uint64_t;
    auto const sizes = all_sizes();
    auto const add_main = [&]<class Subject>(Subject) {
        add_reads<Subject>(all, sizes);
        add_updates<Subject>(all, sizes);
        add_wholes<Subject>(all, sizes);
        add_memory<Subject>(all, key_count());
    };
    add_main(Still<number>());
    add_main(Absl<number>());
    add_versions<Still<number>>(all, { key_count() });
    add_memory<StillCharged<number>>(all, key_count());
    add_reads<Std<number>>(all, sizes);
    add_memory<Std<number>>(all, key_count());
    if (quick())
        return;
    add_updates<Std<number>>(all, sizes);
    add_wholes<Std<number>>(all, sizes);
    add_main(StillLocal<number>());
    add_reads<StillHugePages<number>>(all, { key_count(), longest() });
    add_updates<StillHugePages<number>>(all, { key_count(), longest() });
    add_reads<Flat<number>>(all, sizes);
    add_updates<Flat<number>>(all, small_sizes());
    add_memory<Flat<number>>(all, key_count());
    add_versions<Still<number>>(all, { longest() });
    add_reads<Still<number>>(all, { longest() });
    add_reads<Absl<number>>(all, { longest() });
    add_updates<Still<number>>(all, { longest() });
    add_updates<Absl<number>>(all, { longest() });
}

/// Costlier keys: reading and updating.
template <template <class> class Still, template <class> class Absl, template <class> class Std, class Kind>
void add_costly(plan& all)
{
    auto const sizes
        = quick() ? std::vector<std::size_t>{ key_count() / 10 } : std::vector<std::size_t>{ 1000, key_count() };
    add_reads<Still<Kind>>(all, sizes);
    add_updates<Still<Kind>>(all, sizes);
    add_reads<Absl<Kind>>(all, sizes);
    add_updates<Absl<Kind>>(all, sizes);
    if (quick())
        return;
    add_reads<Std<Kind>>(all, sizes);
    add_updates<Std<Kind>>(all, sizes);
    add_memory<Still<Kind>>(all, key_count());
    add_memory<Absl<Kind>>(all, key_count());
    add_memory<Std<Kind>>(all, key_count());
}

} // namespace benchmarks
