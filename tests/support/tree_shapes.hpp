// SPDX-License-Identifier: BSL-1.0
//
// Trees of any legal shape, not only of those that inserts make; and policies with nodes so small that
// a few dozen elements make a high tree.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

#include "still/tree/append.hpp"
#include "still/tree/reader.hpp"
#include "test_heap.hpp"

namespace still_test {

/// Nodes as small as the rules allow.
struct tiny_policy : test_policy {
    static constexpr std::size_t leaf_capacity = 4;
    static constexpr std::size_t branch_capacity = 4;
};
struct tiny_local_policy : local_test_policy {
    static constexpr std::size_t leaf_capacity = 3;
    static constexpr std::size_t branch_capacity = 5;
};
struct tiny_offset_policy : offset_test_policy {
    static constexpr std::size_t leaf_capacity = 5;
    static constexpr std::size_t branch_capacity = 4;
};

/// The same, with each element in a box.
struct tiny_boxed_policy : tiny_policy {
    static constexpr bool boxes_keys = true;
    static constexpr bool boxes_values = true;
};
struct tiny_boxed_offset_policy : tiny_offset_policy {
    static constexpr bool boxes_keys = true;
    static constexpr bool boxes_values = true;
};

/// A measure that tells elements left out, counted twice or out of order: the elements' numbers as the
/// digits of a number, beside how many there are.
struct digits_measure {
    struct value_type {
        std::uint64_t digits = 0;
        std::uint64_t factor = 1;
        friend bool operator==(value_type, value_type) = default;
    };
    static constexpr std::uint64_t base = 0x9e3779b97f4a7c15;

    static value_type identity() noexcept { return {}; }
    static value_type of(int key) noexcept { return { static_cast<std::uint64_t>(key) + 1'000, base }; }
    static value_type of(int key, int value) noexcept
    {
        return { (static_cast<std::uint64_t>(key) << 32U) + static_cast<std::uint64_t>(value) + 1'000, base };
    }
    static value_type combine(value_type low, value_type high) noexcept
    {
        return { low.digits * high.factor + high.digits, low.factor * high.factor };
    }
};
using tiny_measured_policy = still::measured<digits_measure, tiny_policy>;

/// A random way to part `total` entries among nodes of this level, each of a legal length. One node
/// alone is a root and may be short.
template <class Schema, class Random>
std::vector<std::size_t> any_parting(std::size_t total, unsigned level, Random& random)
{
    auto const least = still::tree::minimum_length<Schema>(level);
    auto const most = still::tree::maximum_length<Schema>(level);
    auto const possible = [&](std::size_t rest) { return (rest + most - 1) / most * least <= rest; };
    if (total <= most && (total < 2 * least || random() % 4 == 0))
        return { total };
    std::vector<std::size_t> parts;
    while (total > 0) {
        std::vector<std::size_t> choices;
        for (auto length = least; length <= std::min(most, total); ++length)
            if (possible(total - length))
                choices.push_back(length);
        parts.push_back(choices[random() % choices.size()]);
        total -= parts.back();
    }
    return parts;
}

/// A separator as a node would keep it.
template <class Schema>
struct spare_separator {
    spare_separator(typename Schema::heap& heap, typename Schema::key_type const& key)
    {
        still::tree::build<typename Schema::key_type>(heap, room.cell(0), key);
    }
    spare_separator(spare_separator const&) = delete;
    spare_separator& operator=(spare_separator const&) = delete;
    ~spare_separator() { std::destroy_at(room.cell(0)); }
    [[nodiscard]] typename Schema::key_type const* get() const { return room.at(0); }

    still::tree::storage<typename Schema::key_type, 1, still::tree::key_cell<Schema>> room;
};

/// Effect: a tree of strictly ascending elements, parted among nodes as `part(total, level)` says: the
/// lengths of that level's nodes, in order. `separate(low, high)` gives any key with low < key ≤ high, so
/// that separators need not name present keys.
template <class Schema, class Elements, class Part, class Separate>
still::owned<still::tree::node<Schema>> shaped_tree(
    typename Schema::heap& heap, Elements const& elements, Part part, Separate separate)
{
    using namespace still::tree;
    using node_type = node<Schema>;
    struct piece {
        still::owned<node_type> root;
        typename Schema::key_type least;
        typename Schema::key_type greatest;
    };
    if (std::empty(elements))
        return {};
    std::vector<piece> level;
    auto next = std::begin(elements);
    for (std::size_t const length : part(std::size(elements), 0u)) {
        auto made = make_leaf<Schema>(heap);
        auto const least = next->first;
        auto greatest = least;
        for (std::size_t index = 0; index < length; ++index, ++next) {
            append(as_leaf(made.edit()), heap, incoming{ next->first, next->second });
            greatest = next->first;
        }
        level.push_back({ std::move(made), least, greatest });
    }
    for (unsigned height = 1; level.size() > 1; ++height) {
        std::vector<piece> above;
        auto child = level.begin();
        for (std::size_t const length : part(level.size(), height)) {
            auto made = make_branch<Schema>(heap, height);
            auto const first = child;
            for (std::size_t index = 0; index < length; ++index, ++child) {
                auto const summary = summary_of(*child->root);
                auto const separator = index == 0 ? child->least : separate(std::prev(child)->greatest, child->least);
                spare_separator<Schema> const kept(heap, separator);
                append(as_branch(made.edit()), heap, kept.get(), std::move(child->root), summary);
            }
            above.push_back({ std::move(made), first->least, std::prev(child)->greatest });
        }
        level = std::move(above);
    }
    return std::move(level.front().root);
}

/// The same in a random legal shape.
template <class Schema, class Elements, class Random, class Separate>
still::owned<still::tree::node<Schema>> any_tree(
    typename Schema::heap& heap, Elements const& elements, Random& random, Separate separate)
{
    auto const part = [&](std::size_t total, unsigned level) { return any_parting<Schema>(total, level, random); };
    return shaped_tree<Schema>(heap, elements, part, separate);
}

/// The same as a set or map of ints: `elements` is a sorted range of pairs.
template <class Container, class Elements, class Random>
Container any_shape(Elements const& elements, Random& random)
{
    using schema = typename Container::schema;
    Container made;
    auto& core = still::tree::internals::core(made);
    auto const between
        = [&](int low, int high) { return high - static_cast<int>(random() % static_cast<unsigned>(high - low)); };
    core = core.with(any_tree<schema>(core.heap(), elements, random, between));
    return made;
}

/// A whole shape: for each level from the leaves up, the lengths of its nodes.
using tree_shape = std::vector<std::vector<unsigned char>>;

/// Effect: calls `visit` with every way to part `total` entries among nodes of this level, each of a legal
/// length; one node alone is a root.
template <class Schema, class Visit>
void every_parting(std::size_t total, unsigned level, std::vector<unsigned char>& parts, Visit visit)
{
    auto const least = still::tree::minimum_length<Schema>(level);
    auto const most = still::tree::maximum_length<Schema>(level);
    if (total == 0)
        visit(parts);
    for (auto length = parts.empty() && total <= most ? std::size_t{ 1 } : least; length <= std::min(most, total);
        ++length) {
        if (length < least && length < total)
            continue; // a root may be short, and nothing stands beside it
        parts.push_back(static_cast<unsigned char>(length));
        every_parting<Schema>(total - length, level, parts, visit);
        parts.pop_back();
    }
}

/// Effect: every legal shape of a tree of `count` elements, appended to `all`.
template <class Schema>
void every_shape(std::size_t count, tree_shape& below, std::vector<tree_shape>& all)
{
    std::vector<unsigned char> parts;
    every_parting<Schema>(count, static_cast<unsigned>(below.size()), parts, [&](auto const& level) {
        below.push_back(level);
        if (level.size() == 1)
            all.push_back(below);
        else
            every_shape<Schema>(level.size(), below, all);
        below.pop_back();
    });
}
template <class Schema>
std::vector<tree_shape> every_shape(std::size_t count)
{
    tree_shape below;
    std::vector<tree_shape> all;
    if (count > 0)
        every_shape<Schema>(count, below, all);
    else
        all.emplace_back();
    return all;
}

} // namespace still_test
