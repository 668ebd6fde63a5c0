// SPDX-License-Identifier: BSL-1.0
//
// The root that a container owns, kept the way that its policy names roots.

#pragma once

#include <type_traits>
#include <utility>

#include "still/core/link.hpp"
#include "still/core/node_heap.hpp"
#include "still/core/ownership.hpp"
#include "still/core/policy.hpp"

namespace still::core {

/// The root while it is out of the place where a container keeps it, for an update to read and to replace; what is
/// there at the end goes back, an exception's too.
template <class Place, class Node>
class root_in_hand {
public:
    template <node_heap Heap>
    root_in_hand(Place& of, Heap const&) noexcept
        : root(owned<Node>::adopt(of.get()))
        , of_(of)
    {
        of_.set(nullptr);
    }
    root_in_hand(root_in_hand const&) = delete;
    root_in_hand& operator=(root_in_hand const&) = delete;
    ~root_in_hand() { of_.set(root.release()); }
    [[nodiscard]] operator owned<Node>&() & noexcept { return root; }

    owned<Node> root;

private:
    Place& of_;
};

/// Places that count who owns the roots that they name; see heap/region_root.hpp.
template <class Place>
concept counting_place = requires(Place& place) {
    typename Place::away;
    place.take(place);
};

/// The same where owners are counted: a root in hand has one. Without a heap, the root is put back only where there was
/// one; with it, a root of that heap where there was none, too.
template <counting_place Place, class Node>
class root_in_hand<Place, Node> {
public:
    explicit root_in_hand(Place& of) noexcept
        : away_(of)
        , root(owned<Node>::adopt(away_.root()))
    {
    }
    template <placing_heap Heap>
    root_in_hand(Place& of, Heap const& heap) noexcept
        : away_(of, heap.start())
        , root(owned<Node>::adopt(away_.root()))
    {
    }
    root_in_hand(root_in_hand const&) = delete;
    root_in_hand& operator=(root_in_hand const&) = delete;
    ~root_in_hand() { away_.put_back(root.release()); }
    [[nodiscard]] operator owned<Node>&() & noexcept { return root; }

private:
    typename Place::away away_;

public:
    owned<Node> root;
};

/// Effect: a place names nothing, and what it named is let go of. Before the nodes are gone, nobody is told so.
template <class Node, class Place>
void let_go(Place& place) noexcept
{
    if constexpr (counting_place<Place>) {
        if (place.get() == nullptr)
            return;
        root_in_hand<Place, Node> hand(place);
        hand.root = owned<Node>();
    } else {
        auto const before = owned<Node>::adopt(place.get());
        place.set(nullptr);
    }
}

/// Effect: a place names another root, or none, and what it named is let go of: last, so that what elements do then
/// finds all in place.
template <class Node, class Place>
void replace_root(Place& place, owned<Node> root) noexcept
{
    if constexpr (counting_place<Place>) {
        Place before;
        before.take(place);
        place.set(root.release());
        let_go<Node>(before);
    } else {
        auto const before = owned<Node>::adopt(place.get());
        place.set(root.release());
    }
}

/// One owner of a root, or none. Moves only. `in_hand(heap)` gives an `owned<Node>&`, in some wrapping or none, for an
/// update to read and to replace.
template <class Policy, class Node>
class kept_root {
    using place = root_link_t<Policy, Node>;

public:
    kept_root() noexcept = default;
    explicit kept_root(owned<Node> root) noexcept { link_.set(root.release()); }
    kept_root(kept_root&& other) noexcept { take(other); }
    kept_root& operator=(kept_root&& other) noexcept
    {
        kept_root(std::move(other)).swap(*this);
        return *this;
    }
    ~kept_root() { let_go<Node>(link_); }

    [[nodiscard]] Node const* get() const noexcept { return link_.get(); }
    [[nodiscard]] borrowed<Node> borrow() const noexcept { return borrowed<Node>(link_.get()); }
    [[nodiscard]] explicit operator bool() const noexcept { return link_.get() != nullptr; }

    /// Effect: gives up the root; there is none from then on.
    [[nodiscard]] owned<Node> give() noexcept
        requires(!counting_place<place>)
    {
        auto* const root = link_.get();
        link_.set(nullptr);
        return owned<Node>::adopt(root);
    }
    void swap(kept_root& other) noexcept
    {
        if constexpr (counting_place<place>) {
            place between;
            between.take(link_);
            link_.take(other.link_);
            other.link_.take(between);
        } else {
            auto* const root = link_.get();
            link_.set(other.link_.get());
            other.link_.set(root);
        }
    }

    /// The root while it is taken out.
    template <node_heap Heap>
    [[nodiscard]] root_in_hand<place, Node> in_hand(Heap const& heap) noexcept
    {
        return { link_, heap };
    }

private:
    /// Precondition: there is none.
    void take(kept_root& other) noexcept
    {
        if constexpr (counting_place<place>)
            link_.take(other.link_);
        else
            link_.set(other.give().release());
    }

    place link_;
};

/// Where a root is named by its address, it is kept as it is handled: nothing is taken out or put back.
template <class Policy, class Node>
    requires std::is_same_v<root_link_t<Policy, Node>, raw_link<Node>>
class kept_root<Policy, Node> {
public:
    kept_root() noexcept = default;
    explicit kept_root(owned<Node> root) noexcept
        : root_(std::move(root))
    {
    }

    [[nodiscard]] Node const* get() const noexcept { return root_.get(); }
    [[nodiscard]] borrowed<Node> borrow() const noexcept { return root_.borrow(); }
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(root_); }

    /// As above.
    [[nodiscard]] owned<Node> give() noexcept { return std::move(root_); }
    void swap(kept_root& other) noexcept { root_.swap(other.root_); }
    template <node_heap Heap>
    [[nodiscard]] owned<Node>& in_hand(Heap const&) noexcept
    {
        return root_;
    }

private:
    owned<Node> root_;
};

} // namespace still::core
