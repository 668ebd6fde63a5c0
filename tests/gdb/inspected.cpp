// SPDX-License-Identifier: BSL-1.0
//
// A program with versions to look at, which stops where the test sets its breakpoint.

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "still/capability.hpp"
#include "still/core/frame.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

using namespace still::literals;

namespace {

/// Nodes so small that a few elements make a high tree.
struct tiny_policy : still::default_policy {
    static constexpr std::size_t leaf_capacity = 4;
    static constexpr std::size_t branch_capacity = 4;
};
struct tiny_offset_policy : still::offset_policy {
    static constexpr std::size_t leaf_capacity = 4;
    static constexpr std::size_t branch_capacity = 4;
};

/// Chunks so small that a few elements make a high table.
struct tiny_chunk_policy : still::default_policy {
    static constexpr std::size_t chunk_capacity = 2;
    static constexpr unsigned digit_bits = 2;
};

/// Elements in boxes, whatever they are.
struct boxing_policy : still::default_policy {
    static constexpr bool boxes_keys = true;
    static constexpr bool boxes_values = true;
};
struct boxing_offset_policy : still::offset_policy {
    static constexpr bool boxes_keys = true;
    static constexpr bool boxes_values = true;
};

/// Large and costly to copy.
struct large {
    int number = 0;
    std::string name;
    [[maybe_unused]] friend bool operator<(large const& one, large const& other) { return one.number < other.number; }
};

/// Makes frames for a segment, and never takes them back.
struct frames final : still::frame_source {
    still::frame_record record;
    std::array<std::byte, still::page_bytes> const content{ std::byte{ 1 } };

    frames() noexcept
    {
        record.source = this;
        record.bytes = content.data();
    }
    void reclaim(still::frame_record&) noexcept override { }
};

template <class Set>
Set counted_up(int count)
{
    Set made;
    for (int number = 0; number < count; ++number)
        made = std::move(made).insert(number);
    return made;
}

/// Where the test stops.
[[gnu::noinline]] void stop_here()
{
    asm volatile("");
}

/// Effect: keeps compilers from calling variables unused.
int in_use(auto const&...)
{
    return 0;
}

} // namespace

int main()
{
    still::set<int> const no_numbers;
    still::set<int> const numbers{ 3, 1, 2 };
    auto const middling = counted_up<still::set<int, std::less<>, tiny_policy>>(20);
    auto const high = counted_up<still::set<int, std::less<>, tiny_policy>>(100);
    auto const distant = counted_up<still::set<int, std::greater<>, tiny_offset_policy>>(100);
    still::set<std::string> const words{ "one", "two" };
    int pointed_to = 1;
    still::set<int const*> const pointers{ &pointed_to };
    still::map<std::string, std::string, std::less<>, boxing_offset_policy> const distant_words{ { "one", "eins" },
        { "two", "zwei" } };
    still::set<large> const large_ones{ { 1, "first" }, { 2, "second" } };
    still::map<std::string, int> const counts{ { "pears", 1 }, { "apples", 3 } };
    still::map<int, still::set<int>> const nested{ { 1, { 2, 3 } }, { 4, {} } };
    auto const view = numbers.view();
    auto const count_view = counts.view();
    auto const at = numbers.nth(1);
    auto const at_end = numbers.end();
    auto const at_count = counts.begin();
    auto const entry = *counts.begin();

    auto const later = counts.insert_or_assign("apples", 4).erase("pears").insert("plums", 7);
    auto changes = diff(counts, later);
    auto next = changes.begin();
    auto const changed = *next;
    auto const removed = *++next;
    auto const added = *++next;
    auto const more = numbers.insert(9);
    auto number_changes = diff(numbers, more);
    auto const number_added = *number_changes.begin();

    still::page_table<int> const no_pages;
    auto const pages = still::page_table<int>().assign(7, 70).assign(std::uint64_t{ 1 } << 40, 1).assign(8, 80);
    auto const distant_pages
        = still::page_table<std::string, still::offset_policy>().assign(7, "seven").assign(7'000, "");
    auto const page_run = still::page_table<int>().assign(6, 70, 1).erase(9, 1'000);
    auto const page_entry = *pages.begin();
    auto const at_page = pages.lower_bound(8);

    still::vector<int> const no_scores;
    still::vector<int> const scores{ 3, 1, 2 };
    still::vector<int, tiny_chunk_policy> long_scores;
    for (int number = 0; number < 100; ++number)
        long_scores = std::move(long_scores).push_back(number);
    still::vector<std::string, still::offset_policy> const distant_lines{ "one", "two" };
    auto const score_view = scores.view();
    auto const more_scores = scores.push_back(7);
    auto const score_changed = *diff(scores, more_scores).begin();

    still::heap heap({ .capacity = 16_MiB });
    heap.construct<int>("number", 1);
    using region_map = still::map<int, int, std::less<>, still::region_policy>;
    using region_pages = still::page_table<int, still::region_policy>;
    auto& in_region = heap.construct<region_map>("map", heap.allocator());
    auto& pages_in_region = heap.construct<region_pages>("pages", heap.allocator());
    in_region = std::move(in_region).insert(1, 2);
    pages_in_region = std::move(pages_in_region).assign(7, 70);
    auto const snapshot = heap.snapshot();
    frames source;
    auto const frame = still::frame::adopt(source.record);
    still::frame const no_frame;
    still::segment const segment(still::segment_table().assign(0, frame).assign(4, frame), 5 * still::page_bytes);

    still::bank const no_bank;
    still::bank const bank(1 << 20);
    auto const child = bank.child(1000);
    child.charge(10);
    using charged = still::set<int, std::less<>, still::charged_policy>;
    auto const version = charged(bank).insert(1);
    auto const granted = still::grant(version, bank);
    auto const capability = granted.capability();
    still::capability<charged> const no_capability;
    auto const attenuated = capability.attenuate(still::rights::read);
    auto const forwarder = capability.forward(bank);

    // To be damaged by the test.
    auto broken = counted_up<still::set<int, std::less<>, tiny_policy>>(100);
    auto cut_off = counted_up<still::set<int, std::less<>, tiny_policy>>(100);
    auto astray = counted_up<still::set<int, std::less<>, tiny_policy>>(100);
    auto in_a_circle = counted_up<still::set<int, std::less<>, tiny_policy>>(100);
    auto broken_map = still::map<int, int, std::less<>, tiny_policy>{ { 1, 2 } };
    still::set<std::string, std::less<>, boxing_policy> broken_words{ "one", "two" };
    auto broken_pages = still::page_table<int>().assign(7, 70).assign(8, 80);
    still::vector<int> broken_scores{ 3, 1, 2 };
    stop_here();
    child.refund(10);

    return in_use(no_numbers, numbers, middling, high, distant, words, pointers, distant_words, large_ones, counts,
        nested, view, count_view, at, at_end, at_count, entry, later, changed, removed, added, number_added, no_pages,
        pages, distant_pages, page_run, page_entry, at_page, no_scores, scores, long_scores, distant_lines, score_view,
        more_scores, score_changed, broken_scores, heap, in_region, pages_in_region, snapshot, segment, frame, no_frame,
        no_bank, bank, child, version, capability, no_capability, attenuated, forwarder, broken, broken_map,
        broken_words, cut_off, astray, in_a_circle, broken_pages);
}
