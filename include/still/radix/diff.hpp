// SPDX-License-Identifier: BSL-1.0
//
// The difference of two tables, in order of index, one change at a time.
//
// Both tables are walked together, span by span. Spans of equal digits nest or are disjoint, so two
// nodes that meet are compared over the smallest span that holds both, and where both tables name one
// node they are equal below it. Nothing is opened that is shared, and a node is opened once.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "still/core/change.hpp"
#include "still/radix/node.hpp"

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
        if (before == after)
            return;
        open(before, after);
        advance();
    }

    [[nodiscard]] bool at_end() const noexcept { return depth_ == 0; }
    /// Precondition, as for what(): not at the end.
    [[nodiscard]] page_index index() const noexcept
    {
        STILL_ASSERT(!at_end());
        return index_;
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
        while (depth_ != 0) {
            auto& top = stack_[depth_ - 1];
            if (top.left == 0) {
                --depth_;
                continue;
            }
            auto const digit = static_cast<unsigned>(std::countr_zero(top.left));
            top.left = static_cast<bitmap>(top.left & (top.left - 1));
            if (top.level == 0) {
                if (see(top, digit))
                    return;
                continue;
            }
            auto const* const before = part(top.before, top.level, digit);
            auto const* const after = part(top.after, top.level, digit);
            if (before != after)
                open(before, after);
        }
    }

    [[nodiscard]] friend bool operator==(diff_cursor const& one, diff_cursor const& other) noexcept
    {
        return one.depth_ == other.depth_
            && (one.at_end()
                || (one.index_ == other.index_ && one.what_.before == other.what_.before
                    && one.what_.after == other.what_.after));
    }

private:
    using bitmap = typename Node::bitmap;

    /// Two subtrees that are walked together over one span of a level; either may be null. Nodes of
    /// lower levels stand for a branch that would have them as only child.
    struct pair {
        Node const* before;
        Node const* after;
        bitmap left; // digits in use in either that are yet to be seen
        std::uint8_t level;
    };

    /// Precondition: not both null, and the two differ.
    void open(Node const* before, Node const* after) noexcept
    {
        STILL_ASSERT(depth_ < Node::levels);
        auto level = before == nullptr ? after->level() : before->level();
        if (before != nullptr && after != nullptr)
            level = std::max({ level, after->level(), Node::level_of_both(before->first(), after->first()) });
        auto const left = static_cast<bitmap>(digits(before, level) | digits(after, level));
        stack_[depth_++] = pair{ before, after, left, static_cast<std::uint8_t>(level) };
    }

    [[nodiscard]] static bitmap digits(Node const* node, unsigned level) noexcept
    {
        if (node == nullptr)
            return 0;
        return node->level() == level ? node->present() : Node::bit_of(Node::digit_of(node->first(), level));
    }

    /// The subtree of a node that lies in one digit of a span of this level.
    [[nodiscard]] static Node const* part(Node const* node, unsigned level, unsigned digit) noexcept
    {
        if (node == nullptr)
            return nullptr;
        if (node->level() == level)
            return node->child_of(digit);
        return Node::digit_of(node->first(), level) == digit ? node : nullptr;
    }

    /// Effect: looks at one digit of two leaves. True when there is a change.
    [[nodiscard]] bool see(pair const& leaves, unsigned digit)
    {
        auto const* const before = leaves.before == nullptr ? nullptr : leaves.before->slot_of(digit);
        auto const* const after = leaves.after == nullptr ? nullptr : leaves.after->slot_of(digit);
        if (before == nullptr)
            what_ = change_type::added(after);
        else if (after == nullptr)
            what_ = change_type::removed(before);
        else if (!static_cast<bool>(*before == *after))
            what_ = change_type::changed(before, after);
        else
            return false;
        index_ = (leaves.before == nullptr ? leaves.after : leaves.before)->first() + digit;
        return true;
    }

    page_index index_ = 0;
    change_type what_{};
    unsigned depth_ = 0;
    pair stack_[Node::levels] = {};
};

/// True when both tables have equal slots at the same indices. O(nodes not shared); allocates nothing.
template <class Node>
[[nodiscard]] bool equal(Node const* one, Node const* other)
{
    if (one == other)
        return true;
    if (one == nullptr || other == nullptr || one->size() != other->size())
        return false;
    return diff_cursor<Node>(one, other).at_end();
}

} // namespace still::radix
