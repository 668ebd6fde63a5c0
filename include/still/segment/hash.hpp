// SPDX-License-Identifier: BSL-1.0
//
// The hash of a segment's bytes, and the difference of two segments that have no history in common.
//
//   still::hash(one) == still::hash(other)           // equal bytes, whoever wrote them
//   still::diff_by_content(one, other, visitor);     // finds what differs by hashes of spans
//
// It needs xxHash, as the library does. See Note: segment hashes.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "still/content_hash.hpp"
#include "still/segment/diff.hpp"

namespace still {

namespace segments {

using table_node = radix::node<page_slot, metered_policy>;

/// 64 bits of a hash under this process's key.
[[nodiscard]] inline std::uint64_t keyed_hash(void const* bytes, std::size_t count) noexcept
{
    return process_key::hash(bytes, count).low;
}

/// What zeros hash to: they add nothing to any sum.
[[nodiscard]] inline std::uint64_t hash_of_zeros() noexcept
{
    static std::uint64_t const zeros = keyed_hash(zero_page.data(), page_bytes);
    return zeros;
}

/// What a page adds to a sum, whose bytes have this hash.
[[nodiscard]] inline std::uint64_t share_of(page_index page, std::uint64_t hash) noexcept
{
    if (hash == hash_of_zeros())
        return 0;
    std::array<std::uint64_t, 2> const both{ page, hash };
    return keyed_hash(both.data(), sizeof both);
}

/// The hash of a frame's bytes. O(page_bytes) the first time, then kept with the frame. Thread contract: any.
[[nodiscard]] inline std::uint64_t hash_of(frame_record const& of) noexcept
{
    auto hash = of.hash.load(std::memory_order_relaxed);
    if (hash == 0) {
        hash = keyed_hash(of.bytes, page_bytes);
        of.hash.store(hash, std::memory_order_relaxed); // all who race store the same
    }
    return hash;
}

/// What `count` pages from `page` on add, which have this slot. O(pages that have something, through mounts).
/// Throws not_present where one is with a keeper.
[[nodiscard]] inline std::uint64_t sum_of(page_slot const& slot, page_index page, std::uint64_t count)
{
    std::uint64_t sum = 0;
    for_each_through_mounts(&slot, page, count, [&](page_index first, pages_at const& there) {
        if (auto const* const kept = there.held->keeper())
            boost::throw_exception(not_present(kept->inner(there.page)));
        auto const hash = hash_of(*there.held->frame());
        for (auto index = first; index - first < there.count; ++index)
            sum += share_of(index, hash);
    });
    return sum;
}

/// The sum of all pages below a node. Kept in the node: O(1) the second time. Throws not_present.
[[nodiscard]] inline std::uint64_t sum_of(table_node const& of)
{
    auto sum = of.hash().known();
    if (sum != 0)
        return sum;
    if (of.is_uniform()) {
        sum = sum_of(of.uniform_slot(), of.first(), of.size());
    } else {
        for (unsigned entry = 0; of.is_branch() && entry < of.entries(); ++entry)
            sum += sum_of(*of.child_at(entry));
        if (of.is_leaf()) {
            for (unsigned digit = 0; digit < table_node::fan_out; ++digit) {
                if (of.has(digit))
                    sum += sum_of(*of.slot_of(digit), of.first() + digit, 1);
            }
        }
    }
    of.hash().learn(sum);
    return sum;
}

/// The sum of the pages in a span of a level, that starts at `first`. O(levels), with what is kept.
[[nodiscard]] inline std::uint64_t sum_of(table_node const* root, unsigned level, page_index first)
{
    while (root != nullptr) {
        if (root->level() <= level)
            return table_node::start_of(root->first(), level) == first ? sum_of(*root) : 0;
        if (!root->covers(first))
            return 0;
        if (root->is_uniform())
            return sum_of(root->uniform_slot(), first, table_node::span_mask(level) + 1);
        root = root->child_of(root->digit_of(first)); // of a higher level, and not uniform: a branch
    }
    return 0;
}

/// The sum of the pages in [first, end): of the largest spans that fit. O(levels² · fan-out), with what is kept.
[[nodiscard]] inline std::uint64_t sum_of(table_node const* root, page_index first, page_index end)
{
    std::uint64_t sum = 0;
    while (first < end) {
        unsigned level = 0;
        auto pages = page_index{ 1 };
        if (first % table_node::fan_out != 0 || end - first < table_node::fan_out) {
            // One page, which has no span of its own.
            auto const* held = radix::find(root, first);
            if (held != nullptr)
                sum += sum_of(*held, first, 1);
            ++first;
            continue;
        }
        pages = table_node::span_mask(0) + 1;
        while (level + 1 < table_node::levels && table_node::start_of(first, level + 1) == first
            && end - first > table_node::span_mask(level + 1)) {
            ++level;
            pages = table_node::span_mask(level) + 1;
        }
        sum += sum_of(root, level, first);
        first += pages;
    }
    return sum;
}

/// What a part of a page adds: as a page of those bytes and zeros beside them.
[[nodiscard]] inline std::uint64_t sum_of_part(
    segment_table const& pages, page_index page, std::size_t from, std::size_t count)
{
    auto const place = place_of(pages.find(page), page);
    if (place.kept != nullptr)
        boost::throw_exception(not_present(place.page));
    auto part = zero_page;
    std::memcpy(part.data() + from, place.bytes + from, count);
    return share_of(page, keyed_hash(part.data(), page_bytes));
}

/// The walk of diff_by_content: spans that have equal sums are taken for equal, others are parted.
template <class Visit>
class content_walk {
public:
    content_walk(table_node const* before, table_node const* after, Visit& visit) noexcept
        : before_(before)
        , after_(after)
        , visit_(visit)
    {
    }

    /// Effect: looks at a span of a level. Returns false once a visitor asked to stop. Recursion is bounded by levels.
    bool look(unsigned level, page_index first)
    {
        if (sum_of(before_, level, first) == sum_of(after_, level, first))
            return true;
        auto const step = level == 0 ? page_index{ 1 } : table_node::span_mask(level - 1) + 1;
        auto const end = first + table_node::span_mask(level) + 1;
        for (auto part = first; part < end && part < radix::index_end; part += step) {
            if (level == 0 ? !look_at_page(part) : !look(level - 1, part))
                return false;
        }
        return true;
    }

    /// Effect: tells the visitor of the last run. Returns whether all were seen.
    bool finish() { return run_.page_count == 0 || visit_change(run_, visit_); }

private:
    bool look_at_page(page_index page)
    {
        auto const one = page_content_of(before_, page);
        auto const other = page_content_of(after_, page);
        if (same_bytes(one, other))
            return true;
        if (run_.page_count != 0 && run_.first_page + run_.page_count == page) {
            ++run_.page_count;
            return true;
        }
        auto const go_on = finish();
        run_ = { page, 1 };
        if (!go_on)
            run_.page_count = 0;
        return go_on;
    }
    /// Keepers were refused when the sums were made.
    [[nodiscard]] static std::span<std::byte const, page_bytes> page_content_of(table_node const* root, page_index page)
    {
        return std::span<std::byte const, page_bytes>(place_of(radix::find(root, page), page).bytes, page_bytes);
    }

    table_node const* before_;
    table_node const* after_;
    Visit& visit_;
    page_run run_{ 0, 0 };
};

} // namespace segments

/// The hash of `count` bytes from `offset` on, where they are: equal bytes at equal offsets hash alike, however they
/// came there, and others don't but by a chance of about 2^-64. Under a key that each process draws, so that it means
/// nothing elsewhere, and nobody who can choose the bytes can aim at collisions.
/// O(pages) the first time, with their bytes; sums are kept in frames and nodes, so that of a version that shares most
/// of them it costs O(changes · levels · fan-out). Allocates nothing. Throws std::out_of_range, and not_present where
/// a page is with a keeper: fetch first.
[[nodiscard]] inline std::uint64_t hash(segment const& seen, std::uint64_t offset, std::uint64_t count)
{
    if (offset > seen.size() || count > seen.size() - offset)
        boost::throw_exception(
            std::out_of_range("still: a hash of bytes that are not all in the segment (check against size() first)"));
    auto const* const root = seen.pages().root().get();
    std::uint64_t sum = 0;
    auto const last = offset + count; // one past it
    auto const first_page = offset / page_bytes;
    auto const from = static_cast<std::size_t>(offset % page_bytes);
    auto const to = static_cast<std::size_t>(last % page_bytes);
    if (count == 0) {
        sum = 0;
    } else if (from + count <= page_bytes) {
        sum = segments::sum_of_part(seen.pages(), first_page, from, static_cast<std::size_t>(count));
    } else {
        if (from != 0)
            sum += segments::sum_of_part(seen.pages(), first_page, from, page_bytes - from);
        sum += segments::sum_of(root, first_page + (from != 0 ? 1 : 0), last / page_bytes);
        if (to != 0)
            sum += segments::sum_of_part(seen.pages(), last / page_bytes, 0, to);
    }
    std::array<std::uint64_t, 3> const all{ offset, count, sum };
    return segments::keyed_hash(all.data(), sizeof all);
}

/// The hash of all bytes. Equal segments hash alike.
[[nodiscard]] inline std::uint64_t hash(segment const& seen)
{
    return hash(seen, 0, seen.size());
}

/// Effect: calls `visit(page_run)` for each run of pages that differ, in order, until it returns false; a visitor that
/// returns nothing sees all. Returns whether all were seen.
/// For segments without common history: spans are compared by their hashes, which are kept, so that d runs cost
/// O(d · levels² · fan-out) once both were hashed, where `diff` looks at all that isn't shared. A span that differs is
/// taken for equal with a chance of about 2^-64. Throws not_present where a page is with a keeper.
template <std::invocable<page_run> Visit>
bool diff_by_content(segment const& before, segment const& after, Visit&& visit)
{
    segments::content_walk<std::remove_reference_t<Visit>> walk(
        before.pages().root().get(), after.pages().root().get(), visit);
    return walk.look(segments::table_node::levels - 1, 0) && walk.finish();
}

} // namespace still
