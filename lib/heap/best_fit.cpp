// SPDX-License-Identifier: BSL-1.0

#include "heap/best_fit.hpp"

#include <algorithm>
#include <cstddef>
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
[[nodiscard]] found_blocks::const_iterator block_at(found_blocks const& all, std::byte const* at)
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

/// A walk through the tree that free blocks are given from, in its order. The links lie in the free bytes, where a
/// program that goes on writing to what it gave back has overwritten them: each is followed only where it leads to a
/// free block that the walk hasn't met.
template <class Tree>
class tree_walk {
public:
    tree_walk(best_fit const& of, Tree const& tree, found_blocks const& all)
        : of_(of)
        , header_(tree.end().pointed_node().get())
        , all_(all)
        , met_(all.size())
    {
    }

    /// Effect: goes through all of it. Returns the first broken rule, or soundness. O(n log n).
    [[nodiscard]] report run()
    {
        if (auto seen = descend(header_, links::get_parent(header_).get()); !seen)
            return seen;
        auto const* last = header_;
        std::size_t smaller = 0;
        while (!way_.empty()) {
            auto const [here, block] = way_.back();
            way_.pop_back();
            if (last == header_ && links::get_left(header_).get() != here)
                return broken(linked, place_of(here), of_);
            if (block->bytes < smaller)
                return broken("free blocks are in the order of their sizes", place_of(here), of_);
            smaller = block->bytes;
            last = here;
            if (auto seen = descend(here, links::get_right(here).get()); !seen)
                return seen;
        }
        if (links::get_right(header_).get() != last)
            return broken(linked, place_of(header_), of_);
        auto const left
            = std::count_if(all_.begin(), all_.end(), [](auto const& seen) { return !seen.owned; }) - found_;
        return left == 0 ? report()
                         : report{ "a block that nobody owns can be given", std::to_string(left) + " can't" };
    }

private:
    using links = typename Tree::node_traits;
    using node = typename links::node;
    struct step {
        node const* here;
        found_blocks::const_iterator block;
    };
    static constexpr auto linked = "free blocks are linked with one another";

    [[nodiscard]] static std::byte const* place_of(node const* at) noexcept
    {
        return reinterpret_cast<std::byte const*>(at);
    }

    /// Effect: goes to `next` and from there to the left as far as it goes. Returns the first broken rule, or
    /// soundness.
    [[nodiscard]] report descend(node const* from, node const* next)
    {
        while (next != nullptr) {
            auto const block = block_at(all_, place_of(next));
            if (block == all_.end()
                || static_cast<node const*>(reinterpret_cast<typename Tree::value_type const*>(block->first)) != next)
                return broken(linked, place_of(from), of_);
            if (block->owned)
                return broken("each byte is free or owned, never both", block->first, of_);
            auto const number = static_cast<std::size_t>(block - all_.begin());
            if (met_[number])
                return broken("a block is free once", block->first, of_);
            met_[number] = true;
            ++found_;
            if (links::get_parent(next).get() != from)
                return broken(linked, block->first, of_);
            way_.push_back({ next, block });
            from = next;
            next = links::get_left(next).get();
        }
        return {};
    }

    best_fit const& of_;
    node const* const header_;
    found_blocks const& all_;
    std::vector<bool> met_;
    std::ptrdiff_t found_ = 0;
    std::vector<step> way_; // those whose left side is done
};

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
    if (auto seen = tree_walk<tree>(of, header.m_imultiset, into).run(); !seen)
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
