// SPDX-License-Identifier: BSL-1.0
//
// The validator: every invariant of tree/node.hpp, checked on every node; of memory that came through types, or of
// bytes from elsewhere (core/ground.hpp). Of the latter nothing is read before it is known to be there and to be what
// it is read as: nodes by their extent, elements by whoever checks them, and only then by the comparator and the
// measure. See Note: content from elsewhere.

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "still/core/ground.hpp"
#include "still/core/report.hpp"
#include "still/tree/comparator.hpp"
#include "still/tree/node.hpp"

namespace still::tree {

/// The least that a node takes: no legal tree has more of them than there is room for.
template <class Schema>
inline constexpr std::size_t least_node_bytes = std::min(sizeof(leaf<Schema>), sizeof(branch<Schema>));

/// One walk over a tree. Recursion goes no deeper than the tree is high, which the root's level says and `max_height`
/// bounds. Keys ascend from leaf to leaf, so that a node that is reached a second time breaks a rule at its first leaf.
template <class Schema, class Less, class Ground, class Keys, class Values>
class validation {
    using node_type = node<Schema>;
    using key_type = typename Schema::key_type;

public:
    validation(Less const& less, Ground& ground, Keys& keys, Values& values) noexcept
        : less_(less)
        , ground_(ground)
        , keys_(keys)
        , values_(values)
    {
    }

    /// Effect: checks the whole tree. Precondition: the root isn't null.
    [[nodiscard]] report of_root(node_type const* root)
    {
        spot const here{ nullptr, 0 };
        if (auto const* const rule = broken_by_header(root))
            return broken(rule, here);
        if (root->level >= Schema::max_height)
            return broken("level < max_height", here);
        if (auto const* const rule = ground_.broken_by_depth(root->level + 1U))
            return broken(rule, here);
        if (auto const* const rule = broken_by_form(*root, root->level == 0 ? 1 : 2))
            return broken(rule, here);
        return below(*root, nullptr, nullptr, here);
    }

private:
    /// The way to a node, as a report tells it.
    struct spot {
        spot const* above;
        std::size_t slot;

        [[nodiscard]] std::string text() const
        {
            return above == nullptr ? std::string("root") : above->text() + "/" + std::to_string(slot);
        }
    };
    [[nodiscard]] static report broken(char const* rule, spot const& at) { return { rule, at.text() }; }

    /// What every node begins with.
    [[nodiscard]] char const* broken_by_header(node_type const* seen) const noexcept
    {
        return ground_.template broken_by<typename Schema::heap>(seen, sizeof(node_type), alignof(node_type));
    }
    /// Precondition: what the node begins with is there, and its level is right.
    [[nodiscard]] char const* broken_by_form(node_type const& seen, std::size_t least)
    {
        if (auto const* const rule = ground_.count())
            return rule;
        auto const alignment = seen.level == 0 ? alignof(leaf<Schema>) : alignof(branch<Schema>);
        if (auto const* const rule
            = ground_.template broken_by<typename Schema::heap>(&seen, node_bytes<Schema>(seen.level), alignment))
            return rule;
        if (seen.length < least)
            return "minimum ≤ length";
        if (seen.length > maximum_length<Schema>(seen.level))
            return "length ≤ capacity";
        // Of bytes from elsewhere nobody becomes an owner.
        if (Ground::is_sound && seen.references.owners() == 0)
            return "1 ≤ owners";
        return nullptr;
    }

    /// A key or a value: where it lies, and then its bytes.
    template <class Object, class Storage, class Check>
    [[nodiscard]] char const* broken_by_element(Storage const& in, std::size_t index, Check& check) const
    {
        if constexpr (!Ground::is_sound && !Storage::is_contiguous) {
            auto const* const box = in.cells[index].held();
            if (auto const* const rule
                = ground_.template broken_by<typename Schema::heap>(box, sizeof(*box), alignof(decltype(*box))))
                return rule;
        }
        return core::is_value<Object>(check, in.at(index)) ? nullptr : "each element is a value of its type";
    }

    /// Effect: checks keys of a leaf, or separators, which lie in [low, high), or behind low; null means no bound.
    template <class Storage>
    [[nodiscard]] report ascending(Storage const& keys, std::size_t count, key_type const* low, key_type const* high,
        bool from_low, spot const& at) const
    {
        auto const broken_at = [&](char const* rule, std::size_t index) {
            return report(rule, at.text() + "[" + std::to_string(index) + "]");
        };
        for (std::size_t index = 0; index < count; ++index) {
            if (auto const* const rule = broken_by_element<key_type>(keys, index, keys_))
                return broken_at(rule, index);
            auto const& key = *keys.at(index);
            if (!has_place<Less>(key))
                return broken_at("a key has a place in the order", index);
            if (index > 0 && !less_(*keys.at(index - 1), key))
                return broken_at("keys ascend strictly", index);
            if (low != nullptr && (from_low ? less_(key, *low) : !less_(*low, key)))
                return broken_at("low bound ≤ key", index);
            if (high != nullptr && !less_(key, *high))
                return broken_at("key < high bound", index);
        }
        return {};
    }

    /// Precondition: the node is there, whole, and so are its links.
    [[nodiscard]] report below(node_type const& seen, key_type const* low, key_type const* high, spot const& at)
    {
        if (seen.level == 0)
            return in_leaf(as_leaf(seen), low, high, at);
        auto const& passed = as_branch(seen);
        if (auto order = ascending(passed.separators, seen.length - 1U, low, high, false, at); !order)
            return order;
        for (std::size_t slot = 0; slot < seen.length; ++slot) {
            spot const there{ &at, slot };
            auto const* const from = slot == 0 ? low : passed.separators.at(slot - 1);
            auto const* const to = slot + 1U == seen.length ? high : passed.separators.at(slot);
            if (auto child = below_slot(passed, slot, from, to, there); !child)
                return child;
        }
        return {};
    }
    [[nodiscard]] report in_leaf(leaf<Schema> const& seen, key_type const* low, key_type const* high, spot const& at)
    {
        if (auto order = ascending(seen.keys, seen.length, low, high, true, at); !order)
            return order;
        if constexpr (Schema::has_values && !std::same_as<Values, core::sound_elements>) {
            for (std::size_t index = 0; index < seen.length; ++index)
                if (auto const* const rule
                    = broken_by_element<typename Schema::value_type>(seen.values, index, values_))
                    return { rule, at.text() + "[" + std::to_string(index) + "]" };
        }
        return {};
    }
    [[nodiscard]] report below_slot(
        branch<Schema> const& passed, std::size_t slot, key_type const* low, key_type const* high, spot const& at)
    {
        auto const* const child = passed.children[slot].get();
        if (child == nullptr)
            return broken("every child is there", at);
        if (auto const* const rule = broken_by_header(child))
            return broken(rule, at);
        if (child->level + 1 != passed.level)
            return broken("level(child) = level - 1", at);
        if (auto const* const rule = broken_by_form(*child, minimum_length<Schema>(child->level)))
            return broken(rule, at);
        if (passed.child_size(slot) != size_of(*child))
            return broken("child_size = elements below the child", at);
        if (auto deeper = below(*child, low, high, at); !deeper)
            return deeper;
        // Measured last: this reads elements.
        if constexpr (Schema::has_measure && std::equality_comparable<typename Schema::measure::value_type>) {
            if (!(passed.child_measure(slot) == measure_of(*child)))
                return broken("child_measure = measure of the elements below the child", at);
        }
        return {};
    }

    Less const& less_;
    Ground& ground_;
    Keys& keys_;
    Values& values_;
};

/// Effect: checks a whole tree, as far as `ground` lets it. O(n). Allocates only the report of a broken rule; throws
/// what the comparator throws, and what checks elements.
template <class Schema, class Less, class Ground, class Keys, class Values>
[[nodiscard]] report validate(borrowed<node<Schema>> root, Less const& less, Ground& ground, Keys& keys, Values& values)
{
    if (!root)
        return {};
    return validation<Schema, Less, Ground, Keys, Values>(less, ground, keys, values).of_root(root.get());
}

/// The same for a tree whose nodes and elements came through their types.
template <class Schema, class Less, class Ground = core::sound_ground>
[[nodiscard]] report validate(borrowed<node<Schema>> root, Less const& less, Ground ground = {})
{
    core::sound_elements elements;
    return validate(root, less, ground, elements, elements);
}

} // namespace still::tree
