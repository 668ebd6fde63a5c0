// SPDX-License-Identifier: BSL-1.0
//
// The difference of two tables, in order of index, one change at a time.
//
// Both tables are walked together, span by span. Spans of equal digits nest or are disjoint, so two
// parts that meet are compared over the smallest span that holds both, and where both tables name one
// node they are equal below it. Nothing is opened that is shared, and a node is opened once. A span in which
// each table has one slot, or none, is one change at most.

#pragma once

#include <bit>
#include <cstdint>

#include "still/core/change.hpp"
#include "still/radix/part.hpp"

namespace still::radix {

/// Where a walk over two tables stands: at a change, or at the end. Owns nothing; copies are
/// independent. Neither moving on nor copying allocates; comparing slots may throw what their `==` does.
template <class Node>
class diff_cursor {
public:
    using slot_type = typename Node::slot_type;
    using change_type = change<slot_type const*>;

    /// At the end.
    diff_cursor() noexcept = default;
    /// At the first change. A null root is an empty table.
    diff_cursor(Node const* before, Node const* after)
    {
        if (!Node::alike(before, after)) {
            single_ = see(part<Node>(before), part<Node>(after));
            if (!single_)
                advance();
        }
    }

    [[nodiscard]] bool at_end() const noexcept { return depth_ == 0 && !single_; }
    /// Precondition, as for what follows: not at the end. The change befell the indices from index() up to
    /// index() + count().
    [[nodiscard]] page_index index() const noexcept
    {
        STILL_ASSERT(!at_end());
        return index_;
    }
    [[nodiscard]] std::uint64_t count() const noexcept
    {
        STILL_ASSERT(!at_end());
        return count_;
    }
    [[nodiscard]] change_type const& what() const noexcept
    {
        STILL_ASSERT(!at_end());
        return what_;
    }

    /// Effect: moves to the next change, or to the end. O(levels · fan-out), and the nodes opened in
    /// a whole walk are those that the two tables do not share.
    void advance()
    {
        single_ = false;
        while (depth_ != 0) {
            auto& top = stack_[depth_ - 1];
            if (top.left == 0) {
                --depth_;
                continue;
            }
            auto const digit = static_cast<unsigned>(std::countr_zero(top.left));
            top.left = static_cast<bitmap>(top.left & (top.left - 1));
            if (top.level == 0) {
                auto const first = (top.before.empty() ? top.after : top.before).first() + digit;
                if (tell(first, 1, top.before.slot_of(digit), top.after.slot_of(digit)))
                    return;
            } else {
                auto const before = top.before.below(top.level, digit);
                auto const after = top.after.below(top.level, digit);
                if (!(before == after) && see(before, after))
                    return;
            }
        }
    }

    [[nodiscard]] friend bool operator==(diff_cursor const& one, diff_cursor const& other) noexcept
    {
        if (one.at_end() || other.at_end())
            return one.at_end() == other.at_end();
        return one.index_ == other.index_ && one.what_.before == other.what_.before
            && one.what_.after == other.what_.after;
    }

private:
    using bitmap = typename Node::bitmap;

    /// Two parts that are walked together over one span of a level; either may be empty, or of a lower level.
    struct pair {
        part<Node> before;
        part<Node> after;
        bitmap left = 0; // digits in use in either that are yet to be seen
        unsigned level = 0;
    };

    /// Effect: looks at two parts that differ. True when they are one change; else they may be opened.
    [[nodiscard]] bool see(part<Node> const& before, part<Node> const& after)
    {
        auto const level = common_level(before, after);
        if (before.is_simple(level) && after.is_simple(level))
            return tell(
                (before.empty() ? after : before).first(), Node::span_mask(level) + 1, before.slot(), after.slot());
        STILL_ASSERT(depth_ < Node::levels);
        stack_[depth_++] = pair{ before, after, part<Node>::digits_apart(before, after, level), level };
        return false;
    }

    /// Effect: compares what a run has before and after. True when there is a change.
    [[nodiscard]] bool tell(page_index first, std::uint64_t count, slot_type const* before, slot_type const* after)
    {
        if (before == after)
            return false;
        if (before == nullptr)
            what_ = change_type::added(after);
        else if (after == nullptr)
            what_ = change_type::removed(before);
        else if (!static_cast<bool>(*before == *after))
            what_ = change_type::changed(before, after);
        else
            return false;
        index_ = first;
        count_ = count;
        return true;
    }

    page_index index_ = 0;
    std::uint64_t count_ = 0;
    change_type what_{};
    unsigned depth_ = 0;
    bool single_ = false; // at a change that is all there was to see
    pair stack_[Node::levels] = {};
};

/// True when both tables have equal slots at the same indices. O(nodes not shared); allocates nothing.
template <class Node>
[[nodiscard]] bool equal(Node const* one, Node const* other)
{
    if (Node::alike(one, other))
        return true;
    if (one == nullptr || other == nullptr || one->size() != other->size())
        return false;
    return diff_cursor<Node>(one, other).at_end();
}

} // namespace still::radix
