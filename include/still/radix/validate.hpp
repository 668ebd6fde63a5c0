// SPDX-License-Identifier: BSL-1.0
//
// The rules of radix/node.hpp, checked.

#pragma once

#include <bit>
#include <cstdint>
#include <string>

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

/// Returns the first broken rule in this node and all below it, and adds them to `found`.
/// O(nodes). Recursion is bounded by `levels`. Allocates the report's texts when a rule is broken; throws what `==`
/// of slots does.
template <class Node>
[[nodiscard]] report validate_below(Node const& node, inventory& found)
{
    auto const broken = [&](char const* rule) {
        return report(
            rule, "the node of level " + std::to_string(node.level()) + " at index " + std::to_string(node.first()));
    };
    if (node.level() >= Node::levels)
        return broken("level < levels");
    if (node.first() >= index_end || Node::start_of(node.first(), node.level()) != node.first())
        return broken("first starts a span of the node's level, below 2^52");
    if (static_cast<unsigned>(std::popcount(node.present())) != (node.is_uniform() ? 0 : node.entries()))
        return broken("entries = bits set in present, of which a uniform node has none");
    if (node.entries() == 0 || node.entries() > node.capacity() || node.capacity() > Node::fan_out)
        return broken("1 <= entries <= capacity <= fan-out");
    if (node.references.owners() == 0)
        return broken("owners >= 1");
    auto const packed = (node.present() & (node.present() + 1)) == 0;
    if (!node.is_uniform() && node.is_packed(node.level()) != packed)
        return broken("a node says that it is packed when it is");
    found.bytes += node.bytes();
    if (node.is_uniform()) {
        if (node.entries() != 1 || node.last() >= index_end)
            return broken("a uniform node has one entry, and its span lies below 2^52");
        ++found.uniforms;
        found.slots += node.size();
        return {};
    }
    if (node.is_leaf()) {
        if (should_be_uniform(node))
            return broken("a span of equal slots is a uniform node");
        ++found.leaves;
        found.slots += node.entries();
        return {};
    }
    ++found.branches;
    if (node.entries() < 2)
        return broken("a branch has 2 entries or more");
    std::uint64_t size = 0;
    for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
        if (!node.has(digit))
            continue;
        auto const* const child = node.child_of(digit);
        if (child == nullptr)
            return broken("a branch has no gaps");
        if (child->level() >= node.level())
            return broken("level(child) < level(parent)");
        if (!node.covers(child->first()) || node.digit_of(child->first()) != digit)
            return broken("a child's span lies where its digit says");
        if (auto below = validate_below(*child, found); !below)
            return below;
        size += child->size();
    }
    if (size != node.size())
        return broken("size(branch) = sum of size(child)");
    if (should_be_uniform(node))
        return broken("a span of equal slots is a uniform node");
    return {};
}

/// Returns the first broken rule of a whole table; a null root is sound.
template <class Node>
[[nodiscard]] report validate(Node const* root)
{
    inventory found;
    return root == nullptr ? report() : validate_below(*root, found);
}

/// Counts the nodes of a version. O(nodes). Precondition: the version is sound.
template <class Node>
[[nodiscard]] inventory take_inventory(Node const* root)
{
    inventory found;
    if (root != nullptr)
        STILL_CHECK(validate_below(*root, found).sound());
    return found;
}

} // namespace still::radix
