// SPDX-License-Identifier: BSL-1.0
//
// Taking a version apart node by node, in steps, without recursion. See Note: letting go.

#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/ownership.hpp"

namespace still::core {

/// A node that can be let go without its children. Three functions are found beside it:
///   child_count(node)     the number of its children; 0 for a leaf
///   child_at(node, slot)  the child in a slot, 0 ≤ slot < child_count
///   destroy_alone(node*)  destroys a node that nobody owns and gives its memory back, but leaves its
///                         children as they are: they were let go before
template <class Node>
concept separable_node = requires(Node& node, Node const& seen, unsigned slot) {
    { child_count(seen) } noexcept -> std::convertible_to<unsigned>;
    { child_at(seen, slot) } noexcept -> std::same_as<Node*>;
    { destroy_alone(&node) } noexcept;
    { node.references.release() } noexcept -> std::same_as<bool>;
};

/// A version that can be let go in steps: `give_root(version)` is found beside it, takes its root out and
/// leaves it empty.
template <class Version>
concept dismantlable = requires(Version& version) {
    { give_root(version).release() } noexcept;
    requires separable_node<std::remove_pointer_t<decltype(give_root(version).release())>>;
};

/// The highest that a version can be: trees of 2^56 elements are at most 57 nodes high in the narrowest nodes
/// that there are, page tables 26.
inline constexpr std::size_t most_levels = 60;

/// A root that nobody owns any more, with what its kind of node takes to go on.
/// Thread contract: as an integer's; what it names is one thread's to take apart.
class remains {
public:
    remains() noexcept = default;
    /// Precondition: the last owner of the node was released.
    template <separable_node Node>
    explicit remains(Node* dead) noexcept
        : root_(dead)
        , let_go_(&let_go<Node>)
    {
    }

private:
    friend class dismantling;

    struct stage {
        void* node = nullptr;
        unsigned next = 0; ///< the first child that wasn't let go
    };
    /// The way down to the node that is being taken apart.
    struct way_down {
        std::array<stage, most_levels> stages;
        std::size_t depth = 0;

        void enter(void* node) noexcept
        {
            STILL_CHECK(depth < stages.size());
            stages[depth++] = { node, 0 };
        }
    };

    /// Effect: lets go of nodes, at most `most`. Returns how many more would have been allowed.
    template <class Node>
    static std::size_t let_go(way_down& way, std::size_t most) noexcept
    {
        while (way.depth > 0 && most > 0) {
            auto& [place, next] = way.stages[way.depth - 1];
            auto* const node = static_cast<Node*>(place);
            if (next < child_count(*node)) {
                auto* const child = child_at(*node, next++);
                if (child->references.release())
                    way.enter(child);
                else
                    --most;
                continue;
            }
            --way.depth;
            destroy_alone(node);
            --most;
        }
        return most;
    }

    void* root_ = nullptr;
    std::size_t (*let_go_)(way_down&, std::size_t) noexcept = nullptr;
};

/// The dismantling of one version after another. Allocates nothing, throws nothing.
class dismantling {
public:
    dismantling() noexcept = default;
    dismantling(dismantling&& other) noexcept
        : of_(other.of_)
        , way_(other.way_)
    {
        other.way_.depth = 0;
    }
    dismantling& operator=(dismantling&&) = delete;
    ~dismantling() { STILL_ASSERT(done()); }

    [[nodiscard]] bool done() const noexcept { return way_.depth == 0; }

    /// Precondition: done().
    void start(remains const& version) noexcept
    {
        STILL_ASSERT(done());
        of_ = version;
        way_.enter(version.root_);
    }

    /// Effect: lets go of nodes, at most `most`: destroys one when its last owner goes, after its children;
    /// counts one down that has more. Returns how many more would have been allowed. O(most + height).
    /// Precondition: not within a step, from the destructor of an element.
    std::size_t step(std::size_t most) noexcept
    {
        STILL_CHECK(!in_step_);
        in_step_ = true;
        auto const rest = done() ? most : of_.let_go_(way_, most);
        in_step_ = false;
        return rest;
    }

    void swap(dismantling& other) noexcept
    {
        std::swap(of_, other.of_);
        std::swap(way_, other.way_);
    }

private:
    remains of_;
    remains::way_down way_;
    bool in_step_ = false;
};

} // namespace still::core
