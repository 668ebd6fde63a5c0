// SPDX-License-Identifier: BSL-1.0
//
// What a table has in one span, as walks over several tables at once see it: uniform nodes come in parts of lower
// levels where others branch.

#pragma once

#include <algorithm>

#include "still/radix/node.hpp"

namespace still::radix {

/// Nothing, a subtree, or a part of a uniform node that is a span by itself. Owns nothing: valid as long as the
/// node is.
template <class Node>
class part {
public:
    using slot_type = typename Node::slot_type;
    using bitmap = typename Node::bitmap;

    /// Nothing.
    part() noexcept = default;
    /// All that is below a node; nothing, where it is null.
    explicit part(Node const* node) noexcept
        : node_(node)
        , first_(node == nullptr ? 0 : node->first())
        , level_(node == nullptr ? 0 : node->level())
    {
    }

    [[nodiscard]] bool empty() const noexcept { return node_ == nullptr; }
    /// The node that the part is, or is a part of; or null.
    [[nodiscard]] Node const* node() const noexcept { return node_; }
    /// True when the part is all of its node.
    [[nodiscard]] bool is_whole() const noexcept { return node_ == nullptr || node_->level() == level_; }

    // Of a part that isn't empty.

    [[nodiscard]] unsigned level() const noexcept { return level_; }
    [[nodiscard]] page_index first() const noexcept { return first_; }
    [[nodiscard]] page_index last() const noexcept { return first_ | Node::span_mask(level_); }
    [[nodiscard]] bool is_uniform() const noexcept { return node_->is_uniform(); }
    /// Slots in use in the part's span.
    [[nodiscard]] std::uint64_t size() const noexcept
    {
        return is_uniform() ? Node::span_mask(level_) + 1 : node_->size();
    }

    // Seen from a span of `level` that holds the part, level ≥ level() where it isn't empty.

    /// True when the part is one slot in the whole span, or none.
    [[nodiscard]] bool is_simple(unsigned level) const noexcept { return empty() || (is_uniform() && level_ == level); }
    /// That slot, or null. Precondition: is_simple(level), or level 0 for the slot of one digit.
    [[nodiscard]] slot_type const* slot() const noexcept { return empty() ? nullptr : &node_->uniform_slot(); }
    [[nodiscard]] slot_type const* slot_of(unsigned digit) const noexcept
    {
        return empty() ? nullptr : is_uniform() ? &node_->uniform_slot() : node_->slot_of(digit);
    }

    /// The values of the span's digit below which there is something.
    [[nodiscard]] bitmap digits_in_use(unsigned level) const noexcept
    {
        if (empty())
            return 0;
        if (level_ < level)
            return Node::bit_of(Node::digit_of(first_, level));
        return is_uniform() ? Node::every_digit : node_->present();
    }
    /// What lies below one value of the span's digit. Precondition: level ≥ 1.
    [[nodiscard]] part below(unsigned level, unsigned digit) const noexcept
    {
        if (empty())
            return {};
        if (level_ < level)
            return Node::digit_of(first_, level) == digit ? *this : part();
        return is_uniform() ? part(node_, Node::start_in(first_, level, digit), level - 1)
                            : part(node_->child_of(digit));
    }

    /// The digits of a span of `level` below which two parts may differ, told without looking below them, and nodes
    /// that differ are asked for: most children of two versions are shared, and cold. Precondition: not both empty.
    [[nodiscard]] static bitmap digits_apart(part const& one, part const& other, unsigned level) noexcept
    {
        if (one.parts_itself_at(level) && other.parts_itself_at(level)) {
            if (level != 0)
                return one.node_->children_apart(*other.node_);
            if constexpr (Node::compares_at_once)
                return one.node_->slots_apart(*other.node_);
        }
        return static_cast<bitmap>(one.digits_in_use(level) | other.digits_in_use(level));
    }

    /// A node of this part's own: shared where the part is a whole node, else a new one.
    /// Allocates one node at most; throws what heap and slot do.
    [[nodiscard]] owned<Node> own(typename Node::heap_type& heap) const
    {
        return is_whole() ? owned<Node>::share(node_) : Node::make_uniform(heap, level_, first_, node_->uniform_slot());
    }

    /// True when both are the same, known without looking: nothing, or the part in one span of one node, or of
    /// two of one name.
    [[nodiscard]] friend bool operator==(part const& one, part const& other) noexcept
    {
        return Node::alike(one.node_, other.node_) && one.level_ == other.level_ && one.first_ == other.first_;
    }

private:
    /// True for a branch of that level, or a leaf for 0.
    [[nodiscard]] bool parts_itself_at(unsigned level) const noexcept
    {
        return !empty() && level_ == level && !is_uniform();
    }

    part(Node const* node, page_index first, unsigned level) noexcept
        : node_(node)
        , first_(first)
        , level_(level)
    {
    }

    Node const* node_ = nullptr;
    page_index first_ = 0;
    unsigned level_ = 0;
};

/// The lowest level of a span that holds the parts that aren't empty. Precondition: one at least isn't.
template <class Node, class... Others>
[[nodiscard]] unsigned common_level(part<Node> const& one, Others const&... others) noexcept
{
    unsigned level = 0;
    part<Node> const* any = nullptr;
    auto const see = [&](part<Node> const& seen) {
        if (seen.empty())
            return;
        level = std::max(level, seen.level());
        if (any != nullptr)
            level = std::max(level, Node::level_of_both(any->first(), seen.first()));
        any = &seen;
    };
    see(one);
    (see(others), ...);
    return level;
}

} // namespace still::radix
