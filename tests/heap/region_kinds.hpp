// SPDX-License-Identifier: BSL-1.0
//
// Sets, maps and page tables in a region, handled alike, for scripts beside a model: a std::map from int to int, whose
// values are 0 for sets.

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/set.hpp"

namespace still_test {

using still::region_policy;

/// Nodes so small that few elements make a high tree.
struct small_region_policy : region_policy {
    static constexpr std::size_t leaf_capacity = 4;
    static constexpr std::size_t branch_capacity = 4;
};

using key_values = std::map<int, int>;

/// What happened to one key, as numbers.
struct difference {
    int key;
    std::optional<int> before;
    std::optional<int> after;

    [[nodiscard]] friend bool operator==(difference const&, difference const&) = default;
};

[[nodiscard]] inline std::vector<difference> differences(key_values const& before, key_values const& after)
{
    std::vector<difference> found;
    auto one = before.begin();
    auto other = after.begin();
    while (one != before.end() || other != after.end()) {
        if (other == after.end() || (one != before.end() && one->first < other->first)) {
            found.push_back({ one->first, one->second, std::nullopt });
            ++one;
        } else if (one == before.end() || other->first < one->first) {
            found.push_back({ other->first, std::nullopt, other->second });
            ++other;
        } else {
            if (one->second != other->second)
                found.push_back({ one->first, one->second, other->second });
            ++one;
            ++other;
        }
    }
    return found;
}

/// Effect: checks the names of a tree's nodes: each is where it says that it is, and none is older than what is below
/// it. Returns how many nodes there are.
template <class Schema>
std::size_t check_names(still::tree::node<Schema> const& seen, still::heaps::region_start const* start)
{
    auto const& name = still::heaps::birth::of(&seen);
    EXPECT_EQ(still::heaps::birth::home_of(&seen), start);
    std::size_t nodes = 1;
    if (seen.level > 0) {
        auto const& in = still::tree::as_branch(seen);
        for (std::size_t slot = 0; slot < in.length; ++slot) {
            EXPECT_LE(still::heaps::birth::of(in.child(slot)).generation, name.generation);
            nodes += check_names(*in.child(slot), start);
        }
    }
    return nodes;
}
template <class Slot, class Policy>
std::size_t check_names(still::radix::node<Slot, Policy> const& seen, still::heaps::region_start const* start)
{
    auto const& name = still::heaps::birth::of(&seen);
    EXPECT_EQ(still::heaps::birth::home_of(&seen), start);
    std::size_t nodes = 1;
    if (seen.is_branch()) {
        for (unsigned i = 0; i < seen.entries(); ++i) {
            EXPECT_LE(still::heaps::birth::of(seen.child_at(i)).generation, name.generation);
            nodes += check_names(*seen.child_at(i), start);
        }
    }
    return nodes;
}

template <class Policy>
struct set_kind {
    using container = still::set<int, std::less<>, Policy>;
    static constexpr bool has_values = false;

    static container put(container from, int key, int) { return std::move(from).insert(key); }
    static container put(container& from, int key, int, std::nullptr_t) { return std::move(from).insert(key); }
    static container take(container from, int key) { return std::move(from).erase(key); }
    static container take(container& from, int key, std::nullptr_t) { return std::move(from).erase(key); }
    static container put_all(container& from, key_values const& what)
    {
        std::vector<int> keys;
        for (auto const& [key, value] : what)
            keys.push_back(key);
        return std::move(from).insert_range(keys);
    }
    /// Elements that both have are the left operand's.
    static container unite(container& left, container const& right) { return set_union(std::move(left), right); }
    static key_values read(container const& seen)
    {
        key_values found;
        for (auto const key : seen)
            found.emplace(key, 0);
        return found;
    }
    static std::vector<difference> changes(container const& before, container const& after)
    {
        std::vector<difference> found;
        for (auto const& change : still::diff(before, after))
            found.push_back({ change.before != nullptr ? *change.before : *change.after,
                change.before != nullptr ? std::optional(0) : std::nullopt,
                change.after != nullptr ? std::optional(0) : std::nullopt });
        return found;
    }
    static std::size_t check(container const& seen, still::heaps::region_start const* start)
    {
        auto const root = still::tree::internals::core(seen).root();
        return root ? check_names(*root, start) : 0;
    }
};

template <class Policy, class Value = int>
struct map_kind {
    using container = still::map<int, Value, std::less<>, Policy>;
    static constexpr bool has_values = true;

    static container put(container from, int key, int value)
    {
        return std::move(from).insert_or_assign(key, Value(value));
    }
    static container put(container& from, int key, int value, std::nullptr_t)
    {
        return std::move(from).insert_or_assign(key, Value(value));
    }
    static container take(container from, int key) { return std::move(from).erase(key); }
    static container take(container& from, int key, std::nullptr_t) { return std::move(from).erase(key); }
    /// Keys that are present stay.
    static container put_all(container& from, key_values const& what)
    {
        std::vector<std::pair<int, Value>> entries;
        for (auto const& [key, value] : what)
            entries.emplace_back(key, Value(value));
        return std::move(from).insert_range(entries);
    }
    static container unite(container& left, container const& right) { return set_union(std::move(left), right); }
    static key_values read(container const& seen)
    {
        key_values found;
        for (auto const& [key, value] : seen)
            found.emplace(key, static_cast<int>(value));
        return found;
    }
    static std::vector<difference> changes(container const& before, container const& after)
    {
        std::vector<difference> found;
        for (auto const& change : still::diff(before, after))
            found.push_back({ change.before ? change.before->first : change.after->first,
                change.before ? std::optional(static_cast<int>(change.before->second)) : std::nullopt,
                change.after ? std::optional(static_cast<int>(change.after->second)) : std::nullopt });
        return found;
    }
    static std::size_t check(container const& seen, still::heaps::region_start const* start)
    {
        auto const root = still::tree::internals::core(seen).root();
        return root ? check_names(*root, start) : 0;
    }
};

template <class Policy>
struct table_kind_of {
    using container = still::page_table<int, Policy>;
    static constexpr bool has_values = true;

    static container put(container from, int key, int value)
    {
        return std::move(from).assign(static_cast<still::page_index>(key), value);
    }
    static container put(container& from, int key, int value, std::nullptr_t)
    {
        return std::move(from).assign(static_cast<still::page_index>(key), value);
    }
    static container take(container from, int key)
    {
        return std::move(from).erase(static_cast<still::page_index>(key));
    }
    static container take(container& from, int key, std::nullptr_t)
    {
        return std::move(from).erase(static_cast<still::page_index>(key));
    }
    static container put_all(container& from, key_values const& what)
    {
        std::vector<std::pair<still::page_index, int>> entries;
        for (auto const& [key, value] : what)
            if (!from.contains(static_cast<still::page_index>(key)))
                entries.emplace_back(static_cast<still::page_index>(key), value);
        return from.assign_all(entries); // an rvalue may keep a part of them when something throws
    }
    static container unite(container& left, container const& right) { return put_all(left, read(right)); }
    static key_values read(container const& seen)
    {
        key_values found;
        for (auto const& [index, slot] : seen)
            found.emplace(static_cast<int>(index), slot);
        return found;
    }
    static std::vector<difference> changes(container const& before, container const& after)
    {
        std::vector<difference> found;
        auto const of = [](int const* slot) { return slot != nullptr ? std::optional(*slot) : std::nullopt; };
        for (auto const& [first, count, change] : still::diff(before, after))
            for (still::page_index index = first; index < first + count; ++index)
                found.push_back({ static_cast<int>(index), of(change.before), of(change.after) });
        return found;
    }
    static std::size_t check(container const& seen, still::heaps::region_start const* start)
    {
        auto const root = seen.root();
        return root ? check_names(*root, start) : 0;
    }
};

using table_kind = table_kind_of<region_policy>;

/// A value that lies in a box.
struct wide {
    explicit wide(int of = 0)
        : number(of)
    {
        for (auto& each : filling)
            each = of;
    }
    explicit operator int() const
    {
        EXPECT_EQ(filling[29], number);
        return number;
    }
    [[nodiscard]] friend bool operator==(wide const& one, wide const& other) { return one.number == other.number; }

    int number;
    int filling[30];
};

} // namespace still_test

template <>
struct still::relocatable<still_test::wide> : std::true_type { };
