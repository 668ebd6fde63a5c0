// SPDX-License-Identifier: BSL-1.0
//
// The rules of radix/node.hpp, checked: of memory that came through types, or of bytes from elsewhere
// (core/ground.hpp).

#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "still/core/ground.hpp"
#include "still/core/report.hpp"
#include "still/radix/node.hpp"

namespace still::radix {

/// What a walk over all nodes of a version finds.
struct inventory {
    std::uint64_t leaves = 0;
    std::uint64_t branches = 0;
    std::uint64_t uniforms = 0; ///< nodes that stand for a span of equal slots
    std::uint64_t slots = 0; ///< each index of a uniform node counted
    std::uint64_t bytes = 0; ///< in blocks of nodes, shared ones too; what slots own elsewhere is not counted
};

/// True when a leaf or branch should be uniform: all its span has equal slots. Throws what `==` does.
template <class Node>
[[nodiscard]] bool should_be_uniform(Node const& node)
{
    if (node.present() != Node::every_digit)
        return false;
    typename Node::slot_type const* first = nullptr;
    for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
        auto const* slot = node.is_leaf() ? node.slot_of(digit) : nullptr;
        if (node.is_branch()) {
            auto const& child = *node.child_of(digit);
            if (!child.is_uniform() || child.level() + 1 != node.level())
                return false;
            slot = &child.uniform_slot();
        }
        if (first != nullptr && !static_cast<bool>(*first == *slot))
            return false;
        first = slot;
    }
    return true;
}

/// One walk over a table. Recursion is bounded by `levels`: a child is of a lower level than its parent. A child's span
/// lies in its parent's, at its digit, so that no node is reached twice.
template <class Node, class Ground, class Slots>
class validation {
public:
    validation(inventory& found, Ground& ground, Slots& slots) noexcept
        : found_(found)
        , ground_(ground)
        , slots_(slots)
    {
    }

    /// The rule that is broken by what every node begins with not being there, or null.
    [[nodiscard]] char const* broken_by_header(Node const* seen) const noexcept
    {
        return ground_.template broken_by<typename Node::heap_type>(seen, sizeof(Node), alignof(Node));
    }

    /// Returns the first broken rule in this node and all below it, and adds them to `found`. The node is the one with
    /// this number on the way from the root. Precondition: what it begins with is there.
    [[nodiscard]] report below(Node const& node, unsigned depth)
    {
        auto const broken = [&](char const* rule) {
            return report(rule,
                "the node of level " + std::to_string(node.level()) + " at index " + std::to_string(node.first()));
        };
        if (auto const* const rule = broken_by_form(node, depth))
            return broken(rule);
        found_.bytes += node.bytes();
        if (!node.is_branch() && !slots_are_values(node))
            return broken("each slot is a value of its type");
        if (node.is_uniform()) {
            if (node.entries() != 1 || node.last() >= index_end)
                return broken("a uniform node has one entry, and its span lies below 2^52");
            ++found_.uniforms;
            found_.slots += node.size();
            return {};
        }
        if (node.is_leaf()) {
            if (should_be_uniform(node))
                return broken("a span of equal slots is a uniform node");
            ++found_.leaves;
            found_.slots += node.entries();
            return {};
        }
        ++found_.branches;
        if (node.entries() < 2)
            return broken("a branch has 2 entries or more");
        std::uint64_t size = 0;
        for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
            if (!node.has(digit))
                continue;
            auto const* const child = node.child_of(digit);
            if (child == nullptr)
                return broken("a branch has no gaps");
            if (auto const* const rule = broken_by_header(child))
                return broken(rule);
            if (child->level() >= node.level())
                return broken("level(child) < level(parent)");
            if (!node.covers(child->first()) || node.digit_of(child->first()) != digit)
                return broken("a child's span lies where its digit says");
            if (auto deeper = below(*child, depth + 1); !deeper)
                return deeper;
            size += child->size();
        }
        if (size != node.size())
            return broken("size(branch) = sum of size(child)");
        if (should_be_uniform(node))
            return broken("a span of equal slots is a uniform node");
        return {};
    }

private:
    /// Nothing but the node's beginning is read here.
    [[nodiscard]] char const* broken_by_form(Node const& node, unsigned depth)
    {
        if (node.level() >= Node::levels)
            return "level < levels";
        if (!node.has_a_form())
            return "a node is a leaf, a branch or uniform";
        if (node.first() >= index_end || Node::start_of(node.first(), node.level()) != node.first())
            return "first starts a span of the node's level, below 2^52";
        if ((node.present() & ~Node::every_digit) != 0)
            return "present has bits for digits only";
        if (static_cast<unsigned>(std::popcount(node.present())) != (node.is_uniform() ? 0 : node.entries()))
            return "entries = bits set in present, of which a uniform node has none";
        if (node.entries() == 0 || node.entries() > node.capacity() || node.capacity() > Node::fan_out)
            return "1 <= entries <= capacity <= fan-out";
        // Of bytes from elsewhere nobody becomes an owner.
        if (Ground::is_sound && node.references.owners() == 0)
            return "owners >= 1";
        auto const packed = (node.present() & (node.present() + 1)) == 0;
        if (!node.is_uniform() && node.is_packed(node.level()) != packed)
            return "a node says that it is packed when it is";
        if (auto const* const rule = ground_.count())
            return rule;
        if (auto const* const rule = ground_.broken_by_depth(depth))
            return rule;
        return ground_.template broken_by<typename Node::heap_type>(&node, node.bytes(), node.alignment());
    }
    [[nodiscard]] bool slots_are_values(Node const& node) const
    {
        for (unsigned position = 0; position < node.entries(); ++position)
            if (!core::is_value(slots_, &node.slot_at(position)))
                return false;
        return true;
    }

    inventory& found_;
    Ground& ground_;
    Slots& slots_;
};

/// Returns the first broken rule of a whole table, as far as `ground` lets it be seen; a null root is sound. Of bytes
/// from elsewhere nothing is read before it is known to be there. O(nodes). Allocates the report's texts when a rule is
/// broken; throws what `==` of slots does, and what checks them. See Note: content from elsewhere.
template <class Node, class Ground, class Slots>
[[nodiscard]] report validate(Node const* root, inventory& found, Ground& ground, Slots& slots)
{
    if (root == nullptr)
        return {};
    validation<Node, Ground, Slots> walk(found, ground, slots);
    if (auto const* const rule = walk.broken_by_header(root))
        return { rule, "the root" };
    return walk.below(*root, 1);
}

/// The same for a table whose nodes and slots came through their types.
template <class Node>
[[nodiscard]] report validate(Node const* root, core::sound_ground ground = {})
{
    inventory found;
    core::sound_elements slots;
    return validate(root, found, ground, slots);
}

/// Counts the nodes of a version. O(nodes). Precondition: the version is sound.
template <class Node>
[[nodiscard]] inventory take_inventory(Node const* root)
{
    inventory found;
    core::sound_ground ground;
    core::sound_elements slots;
    STILL_CHECK(validate(root, found, ground, slots).sound());
    return found;
}

} // namespace still::radix
