// SPDX-License-Identifier: BSL-1.0

#include "heap/best_fit.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace still::heaps {

namespace {

using found_blocks = std::vector<block_census::block>;

[[nodiscard]] report broken(char const* rule, std::byte const* at, best_fit const& of)
{
    return { rule, "byte " + std::to_string(at - reinterpret_cast<std::byte const*>(&of)) + " of the best fit" };
}

/// The block that has this byte, if any.
[[nodiscard]] found_blocks::iterator block_at(found_blocks& all, std::byte const* at)
{
    auto const next = std::upper_bound(
        all.begin(), all.end(), at, [](auto const* wanted, auto const& seen) { return wanted < seen.first; });
    return next == all.begin() ? all.end() : std::prev(next);
}

/// Effect: goes from block to block. Returns the first broken rule, or soundness.
template <class Control>
[[nodiscard]] report find_blocks(best_fit const& of, std::byte const* first, std::byte const* end, found_blocks& into)
{
    auto before_owned = true;
    std::size_t before_units = 0;
    for (auto const* at = first;;) {
        auto const* const seen = reinterpret_cast<Control const*>(at);
        if ((seen->m_prev_allocated != 0) != before_owned || (!before_owned && seen->m_prev_size != before_units))
            return broken("a block knows the one before it", at, of);
        if (at == end)
            return seen->m_allocated != 0 ? report() : broken("the end is owned", at, of);
        auto const bytes = static_cast<std::size_t>(seen->m_size) * best_fit::Alignment;
        if (bytes < sizeof(Control) || bytes > static_cast<std::size_t>(end - at))
            return broken("blocks lie side by side up to the end", at, of);
        auto const owned = seen->m_allocated != 0;
        if (!owned && !before_owned)
            return broken("free neighbours are one block", at, of);
        into.push_back({ at, bytes, owned });
        before_owned = owned;
        before_units = seen->m_size;
        at += bytes;
    }
}

/// Effect: compares the blocks with the tree that free ones are given from. Returns the first broken rule, or
/// soundness.
template <class Tree>
[[nodiscard]] report compare_with_tree(best_fit const& of, Tree const& tree, found_blocks& all)
{
    auto left = std::count_if(all.begin(), all.end(), [](auto const& seen) { return !seen.owned; });
    std::vector<bool> seen_before(all.size());
    std::size_t smaller = 0;
    for (auto const& seen : tree) {
        auto const* const at = reinterpret_cast<std::byte const*>(&seen);
        auto const found = block_at(all, at);
        if (found == all.end() || found->first != at || found->owned)
            return broken("each byte is free or owned, never both", at, of);
        auto const number = static_cast<std::size_t>(found - all.begin());
        if (seen_before[number])
            return broken("a block is free once", at, of);
        seen_before[number] = true;
        if (found->bytes < smaller)
            return broken("free blocks are in the order of their sizes", at, of);
        smaller = found->bytes;
        --left;
    }
    return left == 0 ? report() : report{ "a block that nobody owns can be given", std::to_string(left) + " can't" };
}

/// Effect: finds all blocks, and counts them up. `offset` is where the first is.
template <class Header>
[[nodiscard]] report take_all(best_fit const& of, Header const& header, std::size_t offset, found_blocks& into)
{
    using tree = decltype(header.m_imultiset);
    constexpr auto unit = best_fit::Alignment;
    // The last unit is the end's own record.
    auto const* const first = reinterpret_cast<std::byte const*>(&of) + offset;
    auto const* const end = first + ((header.m_size - offset) / unit - 1) * unit;
    if (auto seen = find_blocks<typename tree::value_type>(of, first, end, into); !seen)
        return seen;
    if (auto seen = compare_with_tree(of, header.m_imultiset, into); !seen)
        return seen;
    std::size_t owned = 0;
    for (auto const& seen : into)
        owned += seen.owned ? seen.bytes : 0;
    if (owned != header.m_allocated)
        return { "free + owned = all", std::to_string(owned) + " bytes are owned" };
    return {};
}

report take_all(best_fit const& of, found_blocks& into);

/// What the algorithm shows nobody. An explicit instantiation may name it; a Boost that has it no longer, or has it
/// otherwise, doesn't compile.
template <auto Header, auto FirstOffset>
struct shown {
    friend report take_all(best_fit const& of, found_blocks& into)
    {
        return take_all(of, of.*Header, FirstOffset(&of, (of.*Header).m_extra_hdr_bytes), into);
    }
};
template struct shown<&best_fit::m_header, &best_fit::priv_first_block_offset_from_this>;

} // namespace

report block_census::take(best_fit const& of)
{
    blocks_.clear();
    auto seen = take_all(of, blocks_);
    claimed_.assign(blocks_.size(), false);
    return seen;
}

bool block_census::claim(void const* first, std::size_t bytes)
{
    auto const* const at = static_cast<std::byte const*>(first);
    auto const found = block_at(blocks_, at);
    // An owned block goes on into the record behind it, whose first word tells the size of free ones only.
    if (found == blocks_.end() || !found->owned
        || static_cast<std::size_t>(at - found->first) + bytes > found->bytes + sizeof(best_fit::size_type))
        return false;
    auto const number = static_cast<std::size_t>(found - blocks_.begin());
    if (claimed_[number])
        return false;
    claimed_[number] = true;
    return true;
}

} // namespace still::heaps
