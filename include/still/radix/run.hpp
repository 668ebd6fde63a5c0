// SPDX-License-Identifier: BSL-1.0
//
// Giving all indices of a run one slot, or none, at the cost of the run's boundary.
//
// Spans that lie wholly in the run become one uniform node each, or nothing; nodes that the run's ends cut are made
// anew, two a level at most. What is beside the run is shared. See Note: runs of slots.

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "still/radix/compose.hpp"
#include "still/radix/erase.hpp"
#include "still/radix/part.hpp"

namespace still::radix {

/// Makes subtrees in which a run has a slot, or none.
template <class Node>
class run_writer {
public:
    using heap_type = typename Node::heap_type;
    using slot_type = typename Node::slot_type;

    /// A null slot: the run has none. The slot must outlive this.
    run_writer(heap_type& heap, slot_type const* slot) noexcept
        : heap_(heap)
        , slot_(slot)
    {
    }

    /// Returns what becomes of a part when it has the run as well: its own node, with nothing allocated, where
    /// nothing changes; null where nothing is left. Precondition: first ≤ last < index_end.
    [[nodiscard]] owned<Node> written(part<Node> const& old, page_index first, page_index last)
    {
        if (changes_nothing(old, first, last))
            return old.own(heap_);
        auto level = Node::level_of_both(first, last);
        if (!old.empty())
            level = std::max({ level, old.level(), Node::level_of_both(old.first(), first) });
        auto const start = Node::start_of(first, level);
        if (first == start && last == (start | Node::span_mask(level)))
            return whole(level, start);
        return level == 0 ? written_leaf(old, first, last) : written_branch(old, level, first, last);
    }

private:
    /// True when a part that holds the run has the slot all over, or there is nothing to take away.
    [[nodiscard]] bool changes_nothing(part<Node> const& old, page_index first, page_index last) const
    {
        if (old.empty())
            return slot_ == nullptr;
        return slot_ != nullptr && old.is_uniform() && old.first() <= first && last <= old.last()
            && static_cast<bool>(*old.slot() == *slot_);
    }

    [[nodiscard]] owned<Node> whole(unsigned level, page_index start)
    {
        return slot_ == nullptr ? owned<Node>() : Node::make_uniform(heap_, level, start, *slot_);
    }

    [[nodiscard]] owned<Node> written_branch(part<Node> const& old, unsigned level, page_index first, page_index last)
    {
        auto const start = Node::start_of(first, level);
        auto const low = Node::digit_of(first, level);
        auto const high = Node::digit_of(last, level);
        children_of<Node> children;
        // First what the run changes, so that what stays is owned only where something does.
        auto changed = false;
        for (auto digit = low; digit <= high; ++digit) {
            auto const from = std::max(first, Node::start_in(start, level, digit));
            auto const to = std::min(last, Node::start_in(start, level, digit) | Node::span_mask(level - 1));
            auto const below = old.below(level, digit);
            children.at[digit] = written(below, from, to);
            changed = changed || !below.is_whole() || children.at[digit].get() != below.node();
        }
        if (!changed)
            return old.own(heap_);
        for (auto const digit : each_bit(old.digits_in_use(level))) {
            if (digit < low || digit > high)
                children.at[digit] = old.below(level, digit).own(heap_);
        }
        return compose(heap_, level, start, children);
    }

    [[nodiscard]] owned<Node> written_leaf(part<Node> const& old, page_index first, page_index last)
    {
        auto const low = Node::digit_of(first, 0);
        auto const high = Node::digit_of(last, 0);
        slots_of<Node> slots;
        auto changed = false;
        for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
            auto const* const held = old.slot_of(digit);
            auto const in_run = low <= digit && digit <= high;
            auto const equal = held != nullptr && slot_ != nullptr && in_run && static_cast<bool>(*held == *slot_);
            slots.at[digit] = in_run && !equal ? slot_ : held; // an equal slot stays
            changed = changed || slots.at[digit] != held;
        }
        return changed ? compose(heap_, Node::start_of(first, 0), slots) : old.own(heap_);
    }

    heap_type& heap_;
    slot_type const* slot_;
};

/// Effect: the indices from `first` to `last`, both in the run, have a slot equal to `*slot`, or none where it is
/// null. Returns false, with nothing done and nothing allocated, where that was so.
/// O(levels · fan-out), whatever the run's length, and the release of what goes; allocates two nodes a level for
/// the run's ends, and the uniform nodes beside them in the run. Throws what heap and slot do, with the table as it
/// was. Precondition: first ≤ last < index_end.
template <class Node>
bool write_run(typename Node::heap_type& heap, owned<Node>& root, page_index first, page_index last,
    typename Node::slot_type const* slot)
{
    STILL_ASSERT(first <= last && last < index_end);
    run_writer<Node> writer(heap, slot);
    if (!root) {
        root = writer.written({}, first, last);
        return static_cast<bool>(root);
    }
    path<Node> way(root, first);
    while (way.length() > 0 && !(way.end().covers(first) && way.end().covers(last)))
        way.step_up();
    auto made = writer.written(part<Node>(&way.end()), first, last);
    if (made.get() == &way.end())
        return false;
    if (!made) {
        erase_end(heap, root, way);
        return true;
    }
    if (made->is_uniform()) {
        // It may be what a span above had lacked. Its slot is compared: the run may have been in it already.
        auto const level = step_up_to_uniform(way, made->level(), made->uniform_slot());
        if (level != made->level())
            made = Node::make_uniform(heap, level, Node::start_of(first, level), made->uniform_slot());
    }
    auto const delta = static_cast<std::int64_t>(made->size() - way.end().size());
    graft<Node> above(heap, way, delta);
    above.put(root, std::move(made));
    return true;
}

} // namespace still::radix
