// SPDX-License-Identifier: BSL-1.0
//
// A version beside its model, and the steps of a program that make one version of one other: parts of it, or
// the same keys with other values. After each the version it made is validated and compared.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "still/core/config.hpp"
#include "still/map.hpp"
#include "still/set.hpp"

namespace still_test {

template <class Container>
class part_steps {
protected:
    static constexpr bool has_values = requires { typename Container::mapped_type; };
    using model = std::map<int, int>;

    struct slot {
        Container version;
        model expected;
    };

    static void put(slot& to, slot made)
    {
        check(made);
        to = std::move(made);
    }

    /// The same for what is made of one version alone: it is the same where nothing has changed.
    static void put_part(slot& to, slot const& one, slot made)
    {
        STILL_CHECK(made.version.same_root(one.version) == (made.expected == one.expected));
        put(to, std::move(made));
    }

    static void check(slot const& seen)
    {
        STILL_CHECK(validate(seen.version).sound());
        STILL_CHECK(seen.version.size() == seen.expected.size());
        STILL_CHECK(std::ranges::equal(seen.version, seen.expected, [](auto const& element, auto const& entry) {
            if constexpr (has_values)
                return element.first == entry.first && element.second == entry.second;
            else
                return element == entry.first;
        }));
    }

    /// Some keys, in runs or scattered.
    struct selection {
        int seed;
        int stride;
        int length;
        [[nodiscard]] bool operator()(int key) const
        {
            auto const number = key / stride;
            return length < 8     ? key != seed
                : length % 2 == 0 ? number * 7 % length < length / 2
                                  : number % 32 < length % 32;
        }
        [[nodiscard]] bool operator()(int key, int) const { return (*this)(key); }
    };

    static void slice(slot& to, slot const& one, int first, int length)
    {
        auto const size = static_cast<int>(one.expected.size());
        first %= size + 2; // past the end by one, too
        auto const last = first + length % (size + 2);
        auto const end = one.expected.end();
        auto const from = first < size ? std::next(one.expected.begin(), first) : end;
        auto const to_here = last < size ? std::next(one.expected.begin(), last) : end;
        auto const version = one.version.slice(static_cast<std::size_t>(first), static_cast<std::size_t>(last));
        put_part(to, one, { version, model(from, to_here) });
    }
    static void take(slot& to, slot const& one, int count)
    {
        auto const size = static_cast<int>(one.expected.size());
        count %= size + 2;
        put_part(to, one,
            { one.version.take(static_cast<std::size_t>(count)),
                model(one.expected.begin(), std::next(one.expected.begin(), std::min(count, size))) });
    }
    static void drop(slot& to, slot const& one, int count)
    {
        auto const size = static_cast<int>(one.expected.size());
        count %= size + 2;
        put_part(to, one,
            { one.version.drop(static_cast<std::size_t>(count)),
                model(std::next(one.expected.begin(), std::min(count, size)), one.expected.end()) });
    }
    static void erase_range(slot& to, slot const& one, int low, int high)
    {
        auto made = slot{ one.version.erase_range(low, high), one.expected };
        made.expected.erase(made.expected.lower_bound(low), made.expected.lower_bound(high));
        put_part(to, one, std::move(made));
    }
    static void filter(slot& to, slot const& one, selection const& stays)
    {
        auto made = slot{ one.version.filter(stays), one.expected };
        std::erase_if(made.expected, [&](auto const& entry) { return !stays(entry.first); });
        put_part(to, one, std::move(made));
    }
    /// What stays of one version comes in `to`, and the rest of it in its own place.
    static void part(slot& to, slot& one, slot const& other, selection const& stays)
    {
        auto const whole = one;
        auto parts = whole.version.partition(stays);
        auto matching = slot{ std::move(parts.matching), {} };
        auto rest = slot{ std::move(parts.rest), {} };
        for (auto const& entry : whole.expected)
            (stays(entry.first) ? matching : rest).expected.insert(entry);
        STILL_CHECK(disjoint(matching.version, rest.version));
        STILL_CHECK(includes(whole.version, matching.version) && includes(whole.version, rest.version));
        STILL_CHECK(includes(other.version, rest.version) == std::ranges::all_of(rest.expected, [&](auto const& entry) {
            return other.expected.contains(entry.first);
        }));
        put_part(one, whole, std::move(rest));
        put_part(to, whole, std::move(matching));
    }
    /// Of a map the selected values become another, or those entries go; of a set the selected keys are halved.
    static void transform(slot& to, slot const& one, selection const& changes, int value)
    {
        auto made = slot();
        if constexpr (has_values) {
            auto const changed = [&](int key, int now) {
                return !changes(key) ? std::optional(now) : value == 3 ? std::nullopt : std::optional(value);
            };
            if (value == 3)
                made.version = one.version.filter_transform(changed);
            else
                made.version = one.version.transform([&](int key, int now) { return *changed(key, now); });
            for (auto const& [key, now] : one.expected) {
                if (auto const after = changed(key, now))
                    made.expected.emplace(key, *after);
            }
        } else {
            auto const changed = [&](int key) { return changes(key) ? key / 2 : key; };
            made.version = one.version.transform(changed);
            for (auto const& entry : one.expected)
                made.expected.emplace(changed(entry.first), 0);
        }
        put_part(to, one, std::move(made));
    }
    static void alter(slot& to, slot const& one, int key, int value, bool in_place)
    {
        auto made = slot{ one.version, one.expected };
        auto const present = one.expected.find(key);
        auto const now = present == one.expected.end() ? std::nullopt : std::optional(present->second);
        auto const wanted = value == 3 ? std::nullopt : std::optional(value);
        auto const altered = [&](std::optional<int> seen) {
            STILL_CHECK(seen == now);
            return wanted;
        };
        if (wanted)
            made.expected[key] = *wanted;
        else
            made.expected.erase(key);
        if (in_place && &to == &one) {
            made.version = Container();
            to.version = std::move(to.version).alter(key, altered);
            to.expected = std::move(made.expected);
            check(to);
        } else {
            made.version = one.version.alter(key, altered);
            put_part(to, one, std::move(made));
        }
    }
    static void update(slot& to, int key, int value)
    {
        auto const at = to.expected.find(key);
        auto const changes = at != to.expected.end() && at->second != value;
        auto const updated = [&](int) { return value; };
        if (value > 1) {
            auto made = slot{ to.version.update(key, updated), to.expected };
            if (changes)
                made.expected[key] = value;
            put_part(to, to, std::move(made));
        } else { // in place, where nobody shares
            to.version = std::move(to.version).update(key, updated);
            if (changes)
                at->second = value;
            check(to);
        }
    }
};

} // namespace still_test
