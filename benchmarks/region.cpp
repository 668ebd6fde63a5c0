// SPDX-License-Identifier: BSL-1.0
//
// A heap as the place for data: small objects beside jemalloc (elsewhere, and over a heap) and beside the plain segment
// manager, containers beside
// the same with std::allocator, and links that are distances beside addresses.

#include <benchmark/benchmark.h>

#include <boost/container/map.hpp>
#include <boost/container/vector.hpp>
#include <jemalloc/jemalloc.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/plan.hpp"
#include "jemalloc_arena.hpp"
#include "ordered/memory.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"

namespace benchmarks {
namespace {

constexpr std::size_t capacity = std::size_t{ 1 } << 32;

/// Where small objects come from.
class pooled {
public:
    static constexpr char const* name = "still";

    explicit pooled(bool pools = true)
        : heap_({ .capacity = capacity, .pools = pools })
        , from_(heap_.allocator<std::byte>())
    {
    }
    /// Held while objects come and go, as a program would between two cuts.
    [[nodiscard]] still::mutation enter() { return heap_.mutate(); }
    [[nodiscard]] std::byte* take(std::size_t bytes) { return from_.allocate(bytes).get(); }
    void give(std::byte* block, std::size_t bytes) { from_.deallocate(block, bytes); }
    /// Bytes in use, with all that the allocator adds; and all it has.
    [[nodiscard]] std::int64_t in_use()
    {
        return static_cast<std::int64_t>(heap_.bytes().size() - heap_.statistics().free_bytes);
    }
    [[nodiscard]] std::int64_t held() { return static_cast<std::int64_t>(heap_.bytes().size()); }

private:
    still::heap heap_;
    still::heap_allocator<std::byte> from_;
};

class best_fit : public pooled {
public:
    static constexpr char const* name = "segment_manager";
    best_fit()
        : pooled(false)
    {
    }
};

class jemalloc {
public:
    static constexpr char const* name = "jemalloc";

    [[nodiscard]] int enter() const noexcept { return 0; }
    [[nodiscard]] std::byte* take(std::size_t bytes) { return static_cast<std::byte*>(::operator new(bytes)); }
    void give(std::byte* block, std::size_t bytes) { ::operator delete(block, bytes); }
    [[nodiscard]] std::int64_t in_use() { return bytes_in_use(); }
    [[nodiscard]] std::int64_t held()
    {
        std::uint64_t epoch = 1;
        std::size_t active = 0;
        auto bytes = sizeof epoch;
        ::mallctl("epoch", &epoch, &bytes, &epoch, bytes);
        bytes = sizeof active;
        ::mallctl("stats.active", &active, &bytes, nullptr, 0);
        return static_cast<std::int64_t>(active);
    }
};

/// jemalloc over the memory of a heap.
class arena {
public:
    static constexpr char const* name = "jemalloc_arena";

    arena()
        : heap_({ .capacity = capacity })
        , arena_(heap_)
    {
    }
    [[nodiscard]] still::mutation enter() { return heap_.mutate(); }
    [[nodiscard]] std::byte* take(std::size_t bytes) { return static_cast<std::byte*>(arena_.allocate(bytes)); }
    void give(std::byte* block, std::size_t bytes) { arena_.deallocate(block, bytes); }
    [[nodiscard]] std::int64_t in_use() { return allocated(); }
    [[nodiscard]] std::int64_t held() { return static_cast<std::int64_t>(arena_.bytes()); }

private:
    [[nodiscard]] std::int64_t allocated()
    {
        std::uint64_t epoch = 1;
        ::mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch);
        char statistic[64];
        std::snprintf(statistic, sizeof statistic, "stats.arenas.%u.small.allocated", arena_.number());
        std::size_t found = 0;
        auto bytes = sizeof found;
        ::mallctl(statistic, &found, &bytes, nullptr, 0);
        return static_cast<std::int64_t>(found);
    }

    still::heap heap_;
    still::jemalloc_arena arena_;
};

/// Sizes of nodes: half of them up to 64 bytes, a tenth above 256.
[[nodiscard]] std::size_t any_size(random_numbers& random)
{
    auto const kind = random.below(10);
    return 8 + (kind < 5 ? random.below(57) : kind < 9 ? 57 + random.below(192) : 249 + random.below(512));
}

constexpr std::size_t live_objects = 10'000;

/// An object goes and another comes, among ten thousand of each thread's.
template <class Subject>
void replace(benchmark::State& state)
{
    static auto subject = std::make_unique<Subject>();
    random_numbers random(seed() + static_cast<std::uint64_t>(state.thread_index()));
    struct object {
        std::byte* block;
        std::size_t bytes;
    };
    std::vector<object> live;
    [[maybe_unused]] auto const guard = subject->enter();
    for (std::size_t i = 0; i < live_objects; ++i) {
        auto const bytes = any_size(random);
        live.push_back({ subject->take(bytes), bytes });
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> steps;
    for (std::size_t i = 0; i < 1U << 16U; ++i)
        steps.emplace_back(random.below(live_objects), any_size(random));
    std::size_t step = 0;
    for (auto _ : state) {
        auto const [which, bytes] = steps[step++ % steps.size()];
        auto& one = live[which];
        subject->give(one.block, one.bytes);
        one = { subject->take(bytes), bytes };
        std::memcpy(one.block, &step, sizeof step);
    }
    for (auto const& one : live)
        subject->give(one.block, one.bytes);
}

/// Bytes an object takes, of a hundred thousand; and what the allocator has for each that is left after half went.
template <class Subject, bool Halved>
void memory(benchmark::State& state)
{
    constexpr std::size_t count = 100'000;
    for (auto _ : state) {
        Subject subject;
        random_numbers random(seed());
        std::vector<std::pair<std::byte*, std::size_t>> live;
        live.reserve(count);
        auto const before = Halved ? subject.held() : subject.in_use();
        for (std::size_t i = 0; i < count; ++i) {
            auto const bytes = any_size(random);
            live.emplace_back(subject.take(bytes), bytes);
        }
        if (Halved) {
            for (std::size_t i = 0; i < count / 2; ++i) {
                std::swap(live[random.below(live.size())], live.back());
                subject.give(live.back().first, live.back().second);
                live.pop_back();
            }
        }
        auto const taken = (Halved ? subject.held() : subject.in_use()) - before;
        state.counters["bytes"] = static_cast<double>(taken) / static_cast<double>(live.size());
        for (auto const& [block, bytes] : live)
            subject.give(block, bytes);
    }
}

using key = std::uint64_t;
using entry_type = std::pair<key const, key>;
using raw_in_heap = std::pmr::polymorphic_allocator<entry_type>;
using offset_in_heap = still::heap_allocator<entry_type>;
using outside = std::allocator<entry_type>;
template <class Allocator>
using boost_map = boost::container::map<key, key, std::less<>, Allocator>;
template <class Allocator>
using hashed_map = std::unordered_map<key, key, std::hash<key>, std::equal_to<>, Allocator>;

template <class Allocator>
[[nodiscard]] Allocator allocator_of(still::heap& from)
{
    if constexpr (std::is_same_v<Allocator, raw_in_heap>)
        return raw_in_heap(from.memory_resource());
    else if constexpr (std::is_same_v<Allocator, offset_in_heap>)
        return from.allocator<entry_type>();
    else
        return {};
}

constexpr std::size_t elements = 100'000;
[[nodiscard]] std::vector<key> const& element_keys()
{
    static auto const made = [] {
        random_numbers random(seed());
        std::vector<key> keys(elements);
        std::generate(keys.begin(), keys.end(), [&] { return random.next(); });
        return keys;
    }();
    return made;
}

/// A container filled with a hundred thousand elements and emptied again.
template <class Container>
void fill_and_empty(benchmark::State& state)
{
    still::heap heap{ { .capacity = capacity } };
    auto const guard = heap.mutate();
    Container made(allocator_of<typename Container::allocator_type>(heap));
    for (auto _ : state) {
        for (auto const one : element_keys())
            made.emplace(one, one);
        for (auto const one : element_keys())
            made.erase(one);
    }
    state.counters["operations"] = static_cast<double>(2 * elements);
}

template <class Container>
void find_each(benchmark::State& state)
{
    still::heap heap{ { .capacity = capacity } };
    auto const guard = heap.mutate();
    Container made(allocator_of<typename Container::allocator_type>(heap));
    for (auto const one : element_keys())
        made.emplace(one, one);
    for (auto _ : state) {
        key sum = 0;
        for (auto const one : element_keys())
            sum += made.find(one)->second;
        benchmark::DoNotOptimize(sum);
    }
    state.counters["operations"] = static_cast<double>(elements);
}

template <class Policy>
using tree = still::map<key, key, std::less<>, Policy>;

/// Where a map lives: in a variable, or in a heap, whose writer holds a guard.
template <class Policy>
class home {
public:
    [[nodiscard]] tree<Policy>& live() noexcept { return live_; }
    [[nodiscard]] tree<Policy>& another() noexcept { return another_; }

private:
    tree<Policy> live_;
    tree<Policy> another_;
};
template <>
class home<still::region_policy> {
public:
    [[nodiscard]] tree<still::region_policy>& live() noexcept { return live_; }
    [[nodiscard]] tree<still::region_policy>& another() noexcept { return another_; }

private:
    using map_type = tree<still::region_policy>;
    still::heap heap_{ { .capacity = capacity } };
    map_type& live_ = heap_.construct<map_type>("live", heap_.allocator());
    map_type& another_ = heap_.construct<map_type>("another", heap_.allocator());
    still::mutation guard_{ heap_.mutate() };
};

template <class Policy>
void fill(tree<Policy>& made)
{
    for (auto const one : element_keys())
        made = std::move(made).insert(one, one);
}
template <class Policy>
void insert_linked(benchmark::State& state)
{
    home<Policy> at;
    for (auto _ : state) {
        fill(at.live());
        benchmark::DoNotOptimize(at.live());
        at.live() = tree<Policy>(at.live().heap());
    }
    state.counters["operations"] = static_cast<double>(elements);
}
template <class Policy>
void keep_linked(benchmark::State& state)
{
    home<Policy> at;
    fill(at.live());
    for (auto _ : state) {
        auto& now = at.another() = at.live();
        for (auto const one : element_keys())
            now = now.insert_or_assign(one, ~one);
        benchmark::DoNotOptimize(now);
    }
    state.counters["operations"] = static_cast<double>(elements);
}

constexpr std::size_t changed_elements = 1'000;
template <class Policy>
void change_some(tree<Policy>& made)
{
    for (std::size_t i = 0; i < changed_elements; ++i) {
        auto const one = element_keys()[i * (elements / changed_elements)];
        made = std::move(made).insert_or_assign(one, ~one);
    }
}
template <class Map>
void compare(benchmark::State& state, Map const& before, Map const& after)
{
    std::size_t changes = 0;
    for (auto _ : state) {
        for (auto const& change : still::diff(before, after))
            changes += change.before ? 1 : 0;
    }
    benchmark::DoNotOptimize(changes);
    state.counters["operations"] = static_cast<double>(changed_elements);
}
/// Two mappings of a heap, a thousand changes apart.
void diff_of_mappings(benchmark::State& state)
{
    using map_type = tree<still::region_policy>;
    still::heap heap({ .capacity = capacity });
    auto& live = heap.construct<map_type>("live", heap.allocator());
    {
        auto const guard = heap.mutate();
        fill(live);
    }
    auto const before = heap.snapshot().map();
    {
        auto const guard = heap.mutate();
        change_some(live);
    }
    auto const after = heap.snapshot().map();
    compare(state, *before.find<map_type>("live"), *after.find<map_type>("live"));
}
/// Two versions that share nodes by address.
void diff_of_versions(benchmark::State& state)
{
    tree<still::default_policy> before;
    fill(before);
    auto after = before;
    change_some(after);
    compare(state, before, after);
}

template <class Policy>
void find_linked(benchmark::State& state)
{
    home<Policy> at;
    auto& made = at.live();
    fill(made);
    for (auto _ : state) {
        key sum = 0;
        for (auto const one : element_keys())
            sum += *made.find(one);
        benchmark::DoNotOptimize(sum);
    }
    state.counters["operations"] = static_cast<double>(elements);
}

constexpr std::size_t large_words = std::size_t{ 1 } << 24; // 128 MiB
constexpr std::size_t words_written = 2'000;
enum class large_work : std::uint8_t { read, first_write, cut };

/// A large heap in small pages or in huge ones, once it was cut: reading words at random, writing to some pages for the
/// first time since the cut, and the next cut.
template <bool Huge, large_work Work>
void work_in_large_heap(benchmark::State& state)
{
    using words = boost::container::vector<key, still::heap_allocator<key>>;
    double pause = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto heap = std::make_unique<still::heap>(still::heap_options{ .capacity = capacity, .huge_pages = Huge });
        auto& all = heap->construct<words>("all", large_words, key{ 1 }, heap->allocator<key>());
        random_numbers random(seed());
        for (auto& one : all)
            one = random.next();
        auto before = heap->snapshot();
        auto const write = [&] {
            for (std::size_t i = 0; i < words_written; ++i)
                all[random.next() % large_words] = i;
        };
        if (Work == large_work::cut)
            write();
        state.ResumeTiming();
        if (Work == large_work::read) {
            key at = 0;
            for (std::size_t i = 0; i < 1'000'000; ++i)
                at = all[(at + i) % large_words];
            benchmark::DoNotOptimize(at);
        } else if (Work == large_work::first_write) {
            write();
        } else {
            pause = std::chrono::duration<double, std::micro>(heap->snapshot().pause()).count();
        }
        state.PauseTiming();
        before = {};
        heap.reset();
        state.ResumeTiming();
    }
    if (Work == large_work::cut)
        state.counters["pause_us"] = pause;
}

template <bool Huge>
void add_large_heap(plan& all)
{
    auto const* const name = Huge ? "still_huge_pages" : "still";
    all.add({ "large_heap", name, "read_at_random", work_in_large_heap<Huge, large_work::read> });
    all.add({ "large_heap", name, "first_write_after_cut", work_in_large_heap<Huge, large_work::first_write> });
    all.add({ "large_heap", name, "cut", work_in_large_heap<Huge, large_work::cut> });
}

template <class Subject>
void add_objects(plan& all)
{
    for (int const threads : { 1, 2 }) {
        all.add({ "replace_object", Subject::name, threads == 1 ? "1_thread" : "2_threads", replace<Subject>,
            [threads](auto& made) {
                made.Threads(threads)->UseRealTime()->Unit(benchmark::kNanosecond)->Iterations(500'000);
            } });
    }
    all.add({ "memory_of_objects", Subject::name, "mixed", memory<Subject, false> });
    all.add({ "memory_held", Subject::name, "after_half_went", memory<Subject, true> });
}

template <class Inside, class Outside>
void add_container(plan& all, char const* detail)
{
    all.add({ "fill_and_empty", "still", detail, fill_and_empty<Inside> });
    all.add({ "fill_and_empty", "std_allocator", detail, fill_and_empty<Outside> });
    all.add({ "find_in_container", "still", detail, find_each<Inside> });
    all.add({ "find_in_container", "std_allocator", detail, find_each<Outside> });
}

} // namespace
} // namespace benchmarks

int main(int count, char** arguments)
{
    using namespace benchmarks;
    plan all;
    add_objects<pooled>(all);
    add_objects<best_fit>(all);
    add_objects<arena>(all);
    add_objects<jemalloc>(all);
    add_container<boost_map<raw_in_heap>, boost_map<outside>>(all, "boost_map");
    add_container<hashed_map<raw_in_heap>, hashed_map<outside>>(all, "unordered_map");
    add_container<boost_map<offset_in_heap>, boost_map<outside>>(all, "boost_map_by_offsets");
    all.add({ "map_insert", "still", "by_offsets", insert_linked<still::offset_policy> });
    all.add({ "map_insert", "raw_links", "by_offsets", insert_linked<still::default_policy> });
    all.add({ "map_insert_kept", "still", "by_offsets", keep_linked<still::offset_policy> });
    all.add({ "map_insert_kept", "raw_links", "by_offsets", keep_linked<still::default_policy> });
    all.add({ "map_find", "still", "by_offsets", find_linked<still::offset_policy> });
    all.add({ "map_find", "raw_links", "by_offsets", find_linked<still::default_policy> });
    all.add({ "map_insert", "still", "in_region", insert_linked<still::region_policy> });
    all.add({ "map_insert", "raw_links", "in_region", insert_linked<still::default_policy> });
    all.add({ "map_insert_kept", "still", "in_region", keep_linked<still::region_policy> });
    all.add({ "map_insert_kept", "raw_links", "in_region", keep_linked<still::default_policy> });
    all.add({ "map_find", "still", "in_region", find_linked<still::region_policy> });
    all.add({ "map_find", "raw_links", "in_region", find_linked<still::default_policy> });
    all.add({ "diff_1000", "still", "of_mappings", diff_of_mappings });
    all.add({ "diff_1000", "raw_links", "of_mappings", diff_of_versions });
    add_large_heap<false>(all);
    add_large_heap<true>(all);
    return all.run(count, arguments);
}
