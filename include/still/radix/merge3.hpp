// SPDX-License-Identifier: BSL-1.0
//
// The three-way merge: what two tables changed since a third, in one table.
//
// The three are walked together, span by span, and a span that one side left as it was is taken from the other as
// it is. Only where both sides changed something does the walk go down, to runs and slots in the end.

#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "still/radix/compose.hpp"
#include "still/radix/diff.hpp"
#include "still/radix/iterator.hpp"
#include "still/radix/part.hpp"

namespace still::radix {

template <class Node, class Resolve>
class three_way {
public:
    using heap_type = typename Node::heap_type;
    using slot_type = typename Node::slot_type;
    using part_type = part<Node>;

    /// The result's nodes come from `heap`, which is that of ours; those of theirs are shared where
    /// `theirs_from_same_heap`.
    three_way(heap_type& heap, bool theirs_from_same_heap, Resolve& resolve) noexcept
        : heap_(heap)
        , may_share_theirs_(theirs_from_same_heap)
        , resolve_(resolve)
    {
    }
    three_way(three_way const&) = delete;
    three_way& operator=(three_way const&) = delete;

    /// Returns the merged table; the root of `ours`, with nothing allocated, where it is as ours.
    [[nodiscard]] owned<Node> run(Node const* base, Node const* ours, Node const* theirs)
    {
        part_type const our(ours);
        auto merged = over(part_type(base), our, part_type(theirs));
        return merged.is_ours ? our.own(heap_) : std::move(merged.made);
    }

private:
    /// What a span becomes: as in ours, or else.
    struct outcome {
        bool is_ours = true;
        owned<Node> made = {};
    };

    [[nodiscard]] outcome over(part_type const& base, part_type const& ours, part_type const& theirs)
    {
        if (theirs == base || theirs == ours)
            return {};
        if (ours == base && (may_share_theirs_ || theirs.empty()))
            return { false, theirs.own(heap_) };
        auto const level = common_level(base, ours, theirs);
        if (base.is_simple(level) && ours.is_simple(level) && theirs.is_simple(level))
            return over_run(level, base, ours, theirs);
        return level == 0 ? over_leaf(base, ours, theirs) : over_branch(level, base, ours, theirs);
    }

    [[nodiscard]] outcome over_branch(
        unsigned level, part_type const& base, part_type const& ours, part_type const& theirs)
    {
        auto const start = start_of(level, base, ours, theirs);
        children_of<Node> children;
        typename Node::bitmap changed = 0;
        for (auto const digit : each_bit(digits_of(level, base, ours, theirs))) {
            auto merged = over(base.below(level, digit), ours.below(level, digit), theirs.below(level, digit));
            if (merged.is_ours)
                continue;
            changed = static_cast<typename Node::bitmap>(changed | Node::bit_of(digit));
            children.at[digit] = std::move(merged.made);
        }
        if (changed == 0)
            return {};
        auto const kept = static_cast<typename Node::bitmap>(ours.digits_in_use(level) & ~changed);
        for (auto const digit : each_bit(kept))
            children.at[digit] = ours.below(level, digit).own(heap_);
        return { false, compose(heap_, level, start, children) };
    }

    [[nodiscard]] outcome over_leaf(part_type const& base, part_type const& ours, part_type const& theirs)
    {
        auto const start = start_of(0, base, ours, theirs);
        slots_of<Node> slots;
        std::optional<slot_type> resolved[Node::fan_out];
        auto changed = false;
        for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
            auto const* const our = ours.slot_of(digit);
            slots.at[digit]
                = decide({ start + digit, 1 }, base.slot_of(digit), our, theirs.slot_of(digit), resolved[digit]);
            changed = changed || slots.at[digit] != our;
        }
        if (!changed)
            return {};
        return { false, compose(heap_, start, slots) };
    }

    [[nodiscard]] outcome over_run(
        unsigned level, part_type const& base, part_type const& ours, part_type const& theirs)
    {
        auto const start = start_of(level, base, ours, theirs);
        std::optional<slot_type> resolved;
        index_run const run{ start, Node::span_mask(level) + 1 };
        auto const* const slot = decide(run, base.slot(), ours.slot(), theirs.slot(), resolved);
        if (slot == ours.slot())
            return {};
        return { false, slot == nullptr ? owned<Node>() : Node::make_uniform(heap_, level, start, *slot) };
    }

    /// The slot that a run gets, null for none: ours where that does, theirs, or what `resolve` says, kept in
    /// `resolved`.
    [[nodiscard]] slot_type const* decide(index_run run, slot_type const* base, slot_type const* ours,
        slot_type const* theirs, std::optional<slot_type>& resolved)
    {
        if (same(theirs, base) || same(theirs, ours))
            return ours;
        if (same(ours, base))
            return theirs;
        std::optional<slot_type> answer = std::invoke(resolve_, run, base, ours, theirs);
        if (answer)
            resolved.emplace(std::move(*answer)); // slots needn't be assignable
        auto const* const slot = resolved ? &*resolved : nullptr;
        return same(slot, ours) ? ours : slot;
    }

    [[nodiscard]] static bool same(slot_type const* one, slot_type const* other)
    {
        return one == other || (one != nullptr && other != nullptr && static_cast<bool>(*one == *other));
    }

    template <class... Parts>
    [[nodiscard]] static page_index start_of(unsigned level, Parts const&... parts) noexcept
    {
        page_index inside = 0;
        ((parts.empty() ? void() : void(inside = parts.first())), ...);
        return Node::start_of(inside, level);
    }
    template <class... Parts>
    [[nodiscard]] static typename Node::bitmap digits_of(unsigned level, Parts const&... parts) noexcept
    {
        typename Node::bitmap all = 0;
        ((all = static_cast<typename Node::bitmap>(all | parts.digits_in_use(level))), ...);
        return all;
    }

    heap_type& heap_;
    bool const may_share_theirs_;
    Resolve& resolve_;
};

} // namespace still::radix
