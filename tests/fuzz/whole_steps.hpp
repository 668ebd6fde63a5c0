// SPDX-License-Identifier: BSL-1.0
//
// The steps of a program that make one version of several others, or of a batch: set algebra, differences,
// patches, merges. After each the version it made is validated and compared.

#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "part_steps.hpp"

namespace still_test {

template <class Container>
class whole_steps : protected part_steps<Container> {
protected:
    using steps = part_steps<Container>;
    using steps::has_values;
    using steps::put;
    using typename steps::model;
    using typename steps::slot;

    /// A batch comes in any order, and with repeated keys: of those the first counts.
    static void insert_batch(slot& to, slot const& one, int key, int length, int stride, int value)
    {
        auto made = slot{ one.version, one.expected };
        if constexpr (has_values) {
            std::vector<std::pair<int, int>> entries;
            for (int index = 0; index < length; ++index)
                entries.emplace_back(key + index * 7 % (length + 3) * stride, (value + index) % 4);
            made.version = one.version.insert_range(entries);
            made.expected.insert(entries.begin(), entries.end());
        } else {
            std::vector<int> keys;
            for (int index = 0; index < length; ++index)
                keys.push_back(key + index * 7 % (length + 3) * stride);
            made.version = one.version.insert_range(keys);
            for (auto const added : keys)
                made.expected.try_emplace(added, 0);
        }
        STILL_CHECK(made.version.same_root(one.version) == (made.expected.size() == one.expected.size()));
        put(to, std::move(made));
    }
    static void erase_batch(slot& to, slot const& one, int key, int length, int stride)
    {
        std::vector<int> keys;
        for (int index = 0; index < length; ++index)
            keys.push_back(key + index * 7 % (length + 3) * stride);
        auto made = slot{ one.version.erase_keys(keys), one.expected };
        for (auto const gone : keys)
            made.expected.erase(gone);
        STILL_CHECK(made.version.same_root(one.version) == (made.expected.size() == one.expected.size()));
        put(to, std::move(made));
    }

    static void patch_other(slot& to, slot const& one, slot const& other)
    {
        auto made = slot{ patch(one.version, diff(one.version, other.version)), other.expected };
        STILL_CHECK(made.version == other.version);
        put(to, std::move(made));
    }

    /// Of keys that both changed, to different values, the greater value stays; one that is gone loses.
    static void merge_three(slot& to, slot const& base, slot const& ours, slot const& theirs)
    {
        auto const value_in = [](model const& seen, int key) {
            auto const at = seen.find(key);
            return at == seen.end() ? std::optional<int>() : std::optional<int>(at->second);
        };
        auto made = slot();
        auto merged = ours.expected;
        merged.insert(theirs.expected.begin(), theirs.expected.end());
        merged.insert(base.expected.begin(), base.expected.end());
        for (auto const& entry : merged) {
            auto const key = entry.first;
            auto const before = value_in(base.expected, key);
            auto const one = value_in(ours.expected, key);
            auto const other = value_in(theirs.expected, key);
            auto const after = one == before ? other : other == before ? one : std::max(one, other);
            if (after)
                made.expected.emplace(key, *after);
        }
        if constexpr (has_values) {
            made.version = merge3(
                base.version, ours.version, theirs.version, [](int, int const*, int const* one, int const* other) {
                    auto const at = [](int const* value) { return value ? std::optional<int>(*value) : std::nullopt; };
                    return std::max(at(one), at(other));
                });
        } else {
            made.version = merge3(base.version, ours.version, theirs.version);
        }
        put(to, std::move(made));
    }

    static void unite(slot& to, slot const& one, slot const& other)
    {
        auto made = slot{ set_union(one.version, other.version), one.expected };
        made.expected.insert(other.expected.begin(), other.expected.end());
        STILL_CHECK(made.version.same_root(one.version) == (made.expected.size() == one.expected.size()));
        put(to, std::move(made));
    }
    static void intersect(slot& to, slot const& one, slot const& other)
    {
        auto made = slot{ set_intersection(one.version, other.version), one.expected };
        std::erase_if(made.expected, [&](auto const& entry) { return !other.expected.contains(entry.first); });
        STILL_CHECK(made.version.same_root(one.version) == (made.expected.size() == one.expected.size()));
        put(to, std::move(made));
    }
    static void subtract(slot& to, slot const& one, slot const& other)
    {
        auto made = slot{ set_difference(one.version, other.version), one.expected };
        std::erase_if(made.expected, [&](auto const& entry) { return other.expected.contains(entry.first); });
        STILL_CHECK(made.version.same_root(one.version) == (made.expected.size() == one.expected.size()));
        put(to, std::move(made));
    }
    static void exclude(slot& to, slot const& one, slot const& other)
    {
        auto made = slot{ set_symmetric_difference(one.version, other.version), one.expected };
        for (auto const& entry : other.expected) {
            if (made.expected.erase(entry.first) == 0)
                made.expected.insert(entry);
        }
        put(to, std::move(made));
    }
    static void put_together(slot& to, slot const& one, slot const& other)
    {
        if (!one.expected.empty() && !other.expected.empty()
            && one.expected.rbegin()->first >= other.expected.begin()->first)
            return;
        auto made = slot{ join(one.version, other.version), one.expected };
        made.expected.insert(other.expected.begin(), other.expected.end());
        put(to, std::move(made));
    }

    /// Both ways round: what is told turns one model into the other, key by key in order.
    static void follow_changes(slot const& one, slot const& other)
    {
        auto remade = one.expected;
        auto last = std::optional<int>();
        for (auto const& change : diff(one.version, other.version)) {
            auto const key = key_of(change.before ? change.before : change.after);
            STILL_CHECK(!last || *last < key);
            last = key;
            STILL_CHECK(static_cast<bool>(change.before) == remade.contains(key));
            if (change.before)
                STILL_CHECK(remade.at(key) == value_of(change.before));
            if (change.after) {
                STILL_CHECK(!change.before || value_of(change.after) != value_of(change.before));
                remade[key] = value_of(change.after);
            } else {
                remade.erase(key);
            }
        }
        STILL_CHECK(remade == other.expected);
        STILL_CHECK((one.version == other.version) == (one.expected == other.expected));
    }

    template <class Pointer>
    [[nodiscard]] static int key_of(Pointer const& element)
    {
        if constexpr (has_values)
            return element->first;
        else
            return *element;
    }
    template <class Pointer>
    [[nodiscard]] static int value_of(Pointer const& element)
    {
        if constexpr (has_values)
            return element->second;
        else
            return 0;
    }
};

} // namespace still_test
