// SPDX-License-Identifier: BSL-1.0
//
// Bytes as a program over several live versions of one container, each beside its model, a std::map. Copies
// between slots make versions share nodes. After each step the version it made is validated and compared;
// what differs ends the program.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "program_bytes.hpp"
#include "still/core/config.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"
#include "whole_steps.hpp"

namespace still_test {

template <class Container>
class tree_interpreter : whole_steps<Container> {
public:
    /// Effect: runs a program to its end. At most so many steps, so that no input takes long.
    void run(program_bytes program)
    {
        for (int number = 0; number < 400 && !program.at_end(); ++number)
            step(program);
        for (auto const& last : slots_)
            check(last);
    }

private:
    using steps = whole_steps<Container>;
    using steps::check;
    using steps::has_values;
    using steps::put;
    using typename steps::model;
    using typename steps::slot;

    /// Every step reads the same five bytes, so that a changed byte leaves the rest of a program as it was.
    void step(program_bytes& program)
    {
        auto const action = program.next();
        auto const places = program.next();
        auto& to = slots_[places % slots];
        auto const& one = slots_[places / slots % slots];
        auto const& other = slots_[places / (slots * slots) % slots];
        auto const low_byte = static_cast<int>(program.next());
        auto const detail = program.next();
        auto const key = low_byte + 256 * static_cast<int>(detail % 3);
        auto const value = has_values ? static_cast<int>(detail / 3 % 4) : 0;
        auto const length = static_cast<int>(program.next());
        auto const stride = 1 + static_cast<int>(detail / 16 % 4);
        switch (action % 30) {
        case 0:
            return insert(to, one, key, value);
        case 1:
            return insert_run(to, key, length, stride, value);
        case 2:
            return erase(to, one, key);
        case 3:
            return erase_run(to, key, length, stride);
        case 4:
            return assign(to, key, value);
        case 5:
            return this->unite(to, one, other);
        case 6:
            return this->intersect(to, one, other);
        case 7:
            return this->subtract(to, one, other);
        case 8:
            return this->exclude(to, one, other);
        case 9:
            return keep_below(to, one, key);
        case 10:
            return keep_above(to, one, key);
        case 11:
            return this->put_together(to, one, other);
        case 12:
            to = one;
            return;
        case 13:
            return this->follow_changes(one, other);
        case 14:
            return pack(to);
        case 15:
            return look_up(one, key);
        case 16:
            return insert_without_memory(to, key, value, 1 + length % 8);
        case 17:
            return this->insert_batch(to, one, key, length, stride, value);
        case 18:
            return this->erase_batch(to, one, key, length, stride);
        case 19:
            return this->patch_other(to, one, other);
        case 20:
            return this->merge_three(to, one, other, slots_[static_cast<std::size_t>(length) % slots]);
        case 21:
            return this->slice(to, one, key, length);
        case 22:
            return this->take(to, one, length);
        case 23:
            return this->drop(to, one, length);
        case 24:
            return this->erase_range(to, one, key, key + length * stride);
        case 25:
            return this->filter(to, one, { key, stride, length });
        case 26:
            return this->part(to, slots_[places / slots % slots], other, { key, stride, length });
        case 27:
            return this->transform(to, one, { key, stride, length }, value);
        case 28:
            if constexpr (has_values)
                return this->alter(to, one, key, value, length % 2 == 0);
            else
                return erase(to, one, key);
        case 29:
            if constexpr (has_values)
                return this->update(to, key, value);
            else
                return insert_run(to, key, 1, 1, value);
        default:
            return;
        }
    }

    /// Forwards, so that an update in place that throws leaves the version with its owner.
    template <class Version>
    [[nodiscard]] static Container with(Version&& now, int key, int value)
    {
        if constexpr (has_values)
            return std::forward<Version>(now).insert(key, value);
        else
            return std::forward<Version>(now).insert(key);
    }

    void insert(slot& to, slot const& one, int key, int value)
    {
        auto const was = one.expected.contains(key);
        auto made = slot{ with(one.version, key, value), one.expected };
        STILL_CHECK(made.version.same_root(one.version) == was);
        made.expected.try_emplace(key, value);
        put(to, std::move(made));
    }
    void insert_run(slot& to, int key, int length, int stride, int value)
    {
        for (int index = 0; index < length; ++index) {
            to.version = with(std::move(to.version), key + index * stride, value);
            to.expected.try_emplace(key + index * stride, value);
        }
        check(to);
    }
    void erase(slot& to, slot const& one, int key)
    {
        auto made = slot{ one.version.erase(key), one.expected };
        STILL_CHECK((made.expected.erase(key) == 0) == made.version.same_root(one.version));
        put(to, std::move(made));
    }
    void erase_run(slot& to, int key, int length, int stride)
    {
        for (int index = 0; index < length; ++index) {
            to.version = std::move(to.version).erase(key + index * stride);
            to.expected.erase(key + index * stride);
        }
        check(to);
    }
    void assign(slot& to, int key, int value)
    {
        if constexpr (has_values) {
            auto const before = to.version;
            to.version = std::move(to.version).insert_or_assign(key, value);
            auto const at = to.expected.find(key);
            STILL_CHECK(before.same_root(to.version) == (at != to.expected.end() && at->second == value));
            to.expected[key] = value;
            check(to);
        } else {
            insert_run(to, key, 1, 1, value);
        }
    }

    /// A throw leaves the version as it was, or the insert happens.
    void insert_without_memory(slot& to, int key, int value, int nth)
    {
        try {
            fail_at const faults(nth);
            to.version = with(std::move(to.version), key, value);
            to.expected.try_emplace(key, value);
        } catch (std::bad_alloc const&) {
        }
        check(to);
    }

    void keep_below(slot& to, slot const& one, int key)
    {
        auto parts = one.version.split(key);
        STILL_CHECK(parts.found.has_value() == one.expected.contains(key));
        put(to, { std::move(parts.below), model(one.expected.begin(), one.expected.lower_bound(key)) });
    }
    void keep_above(slot& to, slot const& one, int key)
    {
        auto parts = one.version.split(key);
        put(to, { std::move(parts.above), model(one.expected.upper_bound(key), one.expected.end()) });
    }
    void pack(slot& to)
    {
        if constexpr (has_values) {
            to.version = Container::from_sorted(to.expected);
        } else {
            std::vector<int> keys;
            for (auto const& entry : to.expected)
                keys.push_back(entry.first);
            to.version = Container::from_sorted(keys);
        }
        check(to);
    }

    void look_up(slot const& one, int key)
    {
        auto const& seen = one.version;
        auto const at = one.expected.lower_bound(key);
        auto const rank = static_cast<std::size_t>(std::distance(one.expected.begin(), at));
        auto const present = at != one.expected.end() && at->first == key;
        STILL_CHECK(seen.contains(key) == present);
        STILL_CHECK((seen.find(key) != nullptr) == present);
        STILL_CHECK(seen.rank(key) == rank);
        STILL_CHECK(seen.nth(rank) == seen.lower_bound(key));
        STILL_CHECK((seen.nth(rank) == seen.end()) == (at == one.expected.end()));
        STILL_CHECK(seen.upper_bound(key) == seen.nth(rank + (present ? 1 : 0)));
    }

    static constexpr std::size_t slots = 6;
    std::array<slot, slots> slots_;
};

/// Effect: the first byte picks the container; the rest is its program. Nothing is left behind.
inline void run_tree_program(std::span<std::uint8_t const> bytes)
{
    live_count const seen;
    program_bytes program(bytes);
    switch (program.next() % 5) {
    case 0:
        tree_interpreter<still::set<int, std::less<>, tiny_policy>>().run(program);
        break;
    case 1:
        tree_interpreter<still::map<int, int, std::less<>, tiny_policy>>().run(program);
        break;
    case 2:
        tree_interpreter<still::map<int, int, std::less<>, tiny_local_policy>>().run(program);
        break;
    case 3:
        tree_interpreter<still::set<int, std::less<>, tiny_offset_policy>>().run(program);
        break;
    default:
        tree_interpreter<still::map<int, int, std::less<>, test_policy>>().run(program);
        break;
    }
    STILL_CHECK(seen.balanced());
}

} // namespace still_test
