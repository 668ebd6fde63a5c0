// SPDX-License-Identifier: BSL-1.0
//
// Ownership in the types: an owned node is consumed by move, a borrowed one is only read.
//
// A Node has a member `references` that models `reference_count`, and a static `dispose(Node*)` that
// destroys a node nobody owns any more: it releases what the node holds and gives back its memory.

#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/count.hpp"

namespace still {

/// A node that somebody else keeps alive. Copying it touches no count.
template <class Node>
class borrowed {
public:
    borrowed() noexcept = default;
    explicit borrowed(Node const* node) noexcept
        : node_(node)
    {
    }

    /// The node, or null.
    [[nodiscard]] Node const* get() const noexcept { return node_; }
    [[nodiscard]] Node const& operator*() const noexcept { return *node_; }
    [[nodiscard]] Node const* operator->() const noexcept { return node_; }
    [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }
    [[nodiscard]] friend bool operator==(borrowed, borrowed) noexcept = default;

private:
    Node const* node_ = nullptr;
};

/// One unit of a node's count. Moves only; `share` is the one way to a second owner.
template <class Node>
class owned {
public:
    owned() noexcept = default;

    /// Effect: takes over a unit of the count that the caller has, as from a new node or `release`.
    [[nodiscard]] static owned adopt(Node* node) noexcept
    {
        owned result;
        result.node_ = node;
        return result;
    }
    /// Effect: adds an owner to a node that is alive while this runs. Null gives null.
    [[nodiscard]] static owned share(Node const* node) noexcept
    {
        if (node != nullptr)
            const_cast<Node*>(node)->references.retain();
        return adopt(const_cast<Node*>(node));
    }
    [[nodiscard]] static owned share(borrowed<Node> node) noexcept { return share(node.get()); }

    owned(owned&& other) noexcept
        : node_(std::exchange(other.node_, nullptr))
    {
    }
    owned& operator=(owned&& other) noexcept
    {
        owned(std::move(other)).swap(*this);
        return *this;
    }
    ~owned() { drop(node_); }

    /// The node, or null, for reading while this owns it.
    [[nodiscard]] borrowed<Node> borrow() const noexcept { return borrowed<Node>(node_); }
    [[nodiscard]] Node const* get() const noexcept { return node_; }
    [[nodiscard]] Node const& operator*() const noexcept { return *node_; }
    [[nodiscard]] Node const* operator->() const noexcept { return node_; }
    [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }

    /// True when nobody else can read the node, so that it may be edited in place.
    [[nodiscard]] bool unique() const noexcept { return node_ != nullptr && node_->references.unique(); }

    /// Precondition: unique(). Returns the node for editing in place.
    [[nodiscard]] Node& edit() noexcept
    {
        STILL_ASSERT(unique());
        return *node_;
    }

    /// Effect: gives the unit of the count to the caller, who must store it in a link or adopt it.
    [[nodiscard]] Node* release() noexcept { return std::exchange(node_, nullptr); }

    /// Effect: exchanges two owners' nodes.
    void swap(owned& other) noexcept { std::swap(node_, other.node_); }

    /// Effect: drops one unit of a node's count, and the node with the last. Null is ignored.
    static void drop(Node* node) noexcept
    {
        if (node != nullptr && node->references.release())
            Node::dispose(node);
    }

private:
    Node* node_ = nullptr;
};

/// Effect: adds an owner to each node `node_at(slot)`, first ≤ slot < last, none of them null; their links are the
/// caller's to make. The same as `share` for each, but for the time it takes: whether the process has one thread is
/// asked once.
template <class NodeAt>
void share_each(std::size_t first, std::size_t last, NodeAt node_at) noexcept
{
    using count = std::remove_cvref_t<decltype(node_at(first)->references)>;
    if constexpr (thread_aware_count<count>) {
        if (count::alone()) {
            for (; first != last; ++first)
                node_at(first)->references.retain_alone();
            return;
        }
    }
    for (; first != last; ++first)
        node_at(first)->references.retain();
}

/// Effect: drops one owner of each node, as `owned::drop` does.
template <class NodeAt>
void drop_each(std::size_t first, std::size_t last, NodeAt node_at) noexcept
{
    using node = std::remove_pointer_t<decltype(node_at(first))>;
    if constexpr (thread_aware_count<decltype(node::references)>) {
        auto alone = decltype(node::references)::alone();
        for (; first != last && alone; ++first) {
            if (!node_at(first)->references.release_alone())
                continue;
            node::dispose(node_at(first));
            alone = decltype(node::references)::alone(); // an element's destructor may have made a thread
        }
    }
    for (; first != last; ++first)
        owned<node>::drop(node_at(first));
}

} // namespace still
