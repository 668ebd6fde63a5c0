// SPDX-License-Identifier: BSL-1.0
//
// The root that a container owns, kept the way that its policy names roots.

#pragma once

#include <type_traits>
#include <utility>

#include "still/core/link.hpp"
#include "still/core/ownership.hpp"
#include "still/core/policy.hpp"

namespace still::core {

/// One owner of a root, or none. Moves only. `in_hand()` gives an `owned<Node>&`, in some wrapping or none, for an
/// update to read and to replace.
template <class Policy, class Node>
class kept_root {
public:
    kept_root() noexcept = default;
    explicit kept_root(owned<Node> root) noexcept { link_.set(root.release()); }
    kept_root(kept_root&& other) noexcept
        : kept_root(other.give())
    {
    }
    kept_root& operator=(kept_root&& other) noexcept
    {
        kept_root(std::move(other)).swap(*this);
        return *this;
    }
    ~kept_root() { static_cast<void>(give()); }

    [[nodiscard]] Node const* get() const noexcept { return link_.get(); }
    [[nodiscard]] borrowed<Node> borrow() const noexcept { return borrowed<Node>(link_.get()); }
    [[nodiscard]] explicit operator bool() const noexcept { return link_.get() != nullptr; }

    /// Effect: gives up the root; there is none from then on.
    [[nodiscard]] owned<Node> give() noexcept
    {
        auto* const root = link_.get();
        link_.set(nullptr);
        return owned<Node>::adopt(root);
    }
    void swap(kept_root& other) noexcept
    {
        auto* const root = link_.get();
        link_.set(other.link_.get());
        other.link_.set(root);
    }

    /// The root while it is taken out; what is there at the end goes back, an exception's too.
    class hand {
    public:
        explicit hand(kept_root& of) noexcept
            : of_(of)
            , root_(of.give())
        {
        }
        hand(hand const&) = delete;
        hand& operator=(hand const&) = delete;
        ~hand() { of_.link_.set(root_.release()); }
        [[nodiscard]] operator owned<Node>&() & noexcept { return root_; }

    private:
        kept_root& of_;
        owned<Node> root_;
    };
    [[nodiscard]] hand in_hand() noexcept { return hand(*this); }

private:
    root_link_t<Policy, Node> link_;
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
    [[nodiscard]] owned<Node>& in_hand() noexcept { return root_; }

private:
    owned<Node> root_;
};

} // namespace still::core
