// SPDX-License-Identifier: BSL-1.0
//
// A set or map of ints against its model, std::map<int, int>, under random scripts that keep many
// versions alive and check them all at the end. A set is a map whose values are all the same.

#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <ostream>
#include <random>
#include <utility>
#include <vector>

#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace still_test {

using tree_model = std::map<int, int>;

template <class Container>
inline constexpr bool is_map = requires { typename Container::mapped_type; };

enum class tree_action { insert, assign, erase, unite, intersect, subtract, exclude, split, drop_half };

/// One step of a script. `other` picks an earlier version where the action wants a second operand.
struct tree_step {
    tree_action action = tree_action::insert;
    int key = 0;
    int value = 0;
    unsigned other = 0;
    bool in_place = false;

    friend std::ostream& operator<<(std::ostream& out, tree_step const& step)
    {
        static char const* const names[]
            = { "insert", "assign", "erase", "unite", "intersect", "subtract", "exclude", "split", "drop_half" };
        return out << names[static_cast<int>(step.action)] << ' ' << step.key << '=' << step.value << " with "
                   << step.other << (step.in_place ? " in place" : "");
    }
};

inline rc::Gen<std::vector<tree_step>> any_tree_script()
{
    using enum tree_action;
    return rc::gen::container<std::vector<tree_step>>(rc::gen::build<tree_step>(
        rc::gen::set(&tree_step::action,
            rc::gen::weightedElement<tree_action>({ { 6, insert }, { 3, assign }, { 6, erase }, { 2, unite },
                { 1, intersect }, { 1, subtract }, { 1, exclude }, { 2, split }, { 1, drop_half } })),
        rc::gen::set(&tree_step::key, rc::gen::inRange(0, 120)),
        rc::gen::set(&tree_step::value, rc::gen::inRange(0, 3)),
        rc::gen::set(&tree_step::other, rc::gen::inRange(0u, 1000u)), rc::gen::set(&tree_step::in_place)));
}

template <class Container>
[[nodiscard]] int key_of(Container const&, typename Container::reference element)
{
    if constexpr (is_map<Container>)
        return element.first;
    else
        return element;
}

/// Everything that can be read, from the container and from its view.
template <class Container>
[[nodiscard]] ::testing::AssertionResult reads_as(Container const& seen, tree_model const& model)
{
    auto const failed = [](char const* what) { return ::testing::AssertionFailure() << what; };
    if (auto const sound = validate(seen); !sound)
        return ::testing::AssertionFailure() << sound;
    if (seen.size() != model.size() || seen.empty() != model.empty())
        return failed("size");
    auto const equal_to_model = [&](auto const& container) {
        return std::ranges::equal(container, model, [&](auto const& element, auto const& entry) {
            if constexpr (is_map<Container>)
                return element.first == entry.first && element.second == entry.second;
            else
                return element == entry.first;
        });
    };
    auto const view = seen.view();
    if (!equal_to_model(seen) || !equal_to_model(view))
        return failed("iteration");
    auto backwards = model.rbegin();
    for (auto at = seen.rbegin(); at != seen.rend(); ++at, ++backwards) {
        if (key_of(seen, *at) != backwards->first)
            return failed("iteration backwards");
    }
    std::size_t in_chunks = 0;
    seen.for_each_chunk([&](auto keys, auto const&...) { in_chunks += keys.size(); });
    if (in_chunks != model.size())
        return failed("for_each_chunk");
    std::size_t number = 0;
    for (auto const& [key, value] : model) {
        if (key_of(seen, *seen.nth(number)) != key
            || seen.nth(number) - seen.begin() != static_cast<std::ptrdiff_t>(number))
            return failed("nth");
        if (seen.rank(key) != number || view.rank(key) != number)
            return failed("rank");
        ++number;
    }
    for (int key = -1; key <= 121; ++key) {
        auto const found = model.find(key);
        if (seen.contains(key) != (found != model.end()) || view.contains(key) != seen.contains(key))
            return failed("contains");
        if (auto const* const at = seen.find(key); at != nullptr) {
            if constexpr (is_map<Container>) {
                if (*at != found->second || seen.at(key) != *at)
                    return failed("find");
            }
        }
        auto const number_of = [&](auto position) { return std::distance(model.begin(), position); };
        if (seen.lower_bound(key) - seen.begin() != number_of(model.lower_bound(key))
            || seen.upper_bound(key) - seen.begin() != number_of(model.upper_bound(key)))
            return failed("bounds");
    }
    if (!model.empty()
        && (key_of(seen, seen.front()) != model.begin()->first || key_of(seen, seen.back()) != model.rbegin()->first))
        return failed("front and back");
    return ::testing::AssertionSuccess();
}

/// The difference of two models, in order: the key, and its value before and after, -1 where absent.
[[nodiscard]] inline std::vector<std::array<int, 3>> model_diff(tree_model const& before, tree_model const& after)
{
    std::map<int, std::array<int, 3>> all;
    for (auto const& [key, value] : before)
        all[key] = { key, value, -1 };
    for (auto const& [key, value] : after) {
        auto& entry = all.try_emplace(key, std::array{ key, -1, -1 }).first->second;
        entry[2] = value;
    }
    std::vector<std::array<int, 3>> changes;
    for (auto const& [key, entry] : all) {
        if (entry[1] != entry[2])
            changes.push_back(entry);
    }
    return changes;
}

/// One change of a set or map of ints in the same form, checked to be told as the kind it is.
template <class Container, class Change>
[[nodiscard]] std::array<int, 3> told_change(Change const& change)
{
    auto const value = [](auto const& pointer) {
        if (!pointer)
            return -1;
        if constexpr (is_map<Container>)
            return pointer->second;
        else
            return 0;
    };
    auto const key = [](auto const& pointer) {
        if constexpr (is_map<Container>)
            return pointer->first;
        else
            return *pointer;
    };
    auto const kind = !change.before ? still::change_kind::added
        : !change.after              ? still::change_kind::removed
                                     : still::change_kind::changed;
    EXPECT_EQ(change.kind, kind);
    return { change.before ? key(change.before) : key(change.after), value(change.before), value(change.after) };
}

/// The difference of two versions in the same form.
template <class Container>
[[nodiscard]] std::vector<std::array<int, 3>> told_diff(Container const& before, Container const& after)
{
    std::vector<std::array<int, 3>> changes;
    for (auto const& change : diff(before, after))
        changes.push_back(told_change<Container>(change));
    return changes;
}

template <class Container>
[[nodiscard]] Container take_step(Container now, tree_step const& step, Container const& other)
{
    auto const value = is_map<Container> ? step.value : 0;
    switch (step.action) {
    case tree_action::insert:
        if constexpr (is_map<Container>)
            return step.in_place ? std::move(now).insert(step.key, value) : now.insert(step.key, value);
        else
            return step.in_place ? std::move(now).insert(step.key) : now.insert(step.key);
    case tree_action::assign:
        if constexpr (is_map<Container>)
            return step.in_place ? std::move(now).insert_or_assign(step.key, value)
                                 : now.insert_or_assign(step.key, value);
        else
            return now.insert(step.key);
    case tree_action::erase:
        return step.in_place ? std::move(now).erase(step.key) : now.erase(step.key);
    case tree_action::unite:
        return set_union(now, other);
    case tree_action::intersect:
        return set_intersection(now, other);
    case tree_action::subtract:
        return set_difference(now, other);
    case tree_action::exclude:
        return set_symmetric_difference(now, other);
    case tree_action::split: {
        auto const parts = now.split(step.key);
        EXPECT_EQ(parts.found.has_value(), now.contains(step.key));
        EXPECT_TRUE(validate(parts.below)) << validate(parts.below);
        EXPECT_TRUE(validate(parts.above)) << validate(parts.above);
        return join(parts.below, parts.above);
    }
    case tree_action::drop_half: {
        auto parts = now.split(step.key);
        return step.in_place ? std::move(parts.below) : std::move(parts.above);
    }
    }
    return now;
}

inline void take_step(tree_model& now, tree_step const& step, tree_model const& other, bool has_values)
{
    auto const value = has_values ? step.value : 0;
    auto const erase_where
        = [&](auto gone) { std::erase_if(now, [&](auto const& entry) { return gone(entry.first); }); };
    switch (step.action) {
    case tree_action::insert:
        now.try_emplace(step.key, value);
        break;
    case tree_action::assign:
        now[step.key] = value;
        break;
    case tree_action::erase:
    case tree_action::split:
        now.erase(step.key);
        break;
    case tree_action::unite:
        now.insert(other.begin(), other.end());
        break;
    case tree_action::intersect:
        erase_where([&](int key) { return !other.contains(key); });
        break;
    case tree_action::subtract:
        erase_where([&](int key) { return other.contains(key); });
        break;
    case tree_action::exclude: {
        auto const before = now;
        erase_where([&](int key) { return other.contains(key); });
        for (auto const& entry : other) {
            if (!before.contains(entry.first))
                now.insert(entry);
        }
        break;
    }
    case tree_action::drop_half:
        erase_where([&](int key) { return step.in_place ? key >= step.key : key <= step.key; });
        break;
    }
}

/// Effect: runs a script on a tree of random legal shape, with a check after each step, and checks every
/// version, and the differences between versions, at the end.
template <class Container>
void run_tree_script(std::vector<tree_step> const& script, unsigned seed)
{
    std::mt19937 random(seed);
    tree_model model;
    for (auto wanted = random() % 100; wanted > 0; --wanted)
        model.emplace(static_cast<int>(random() % 120), is_map<Container> ? static_cast<int>(random() % 3) : 0);
    struct kept {
        Container version;
        tree_model model;
    };
    std::vector<kept> versions;
    auto now = any_shape<Container>(model, random);
    versions.push_back({ now, model });
    for (auto const& step : script) {
        auto const other = versions[step.other % versions.size()];
        now = take_step(std::move(now), step, other.version);
        take_step(model, step, other.model, is_map<Container>);
        auto const sound = validate(now);
        RC_ASSERT(sound.sound());
        if (step.other % 2 == 0) // the others are edited in place by the steps that follow
            versions.push_back({ now, model });
    }
    versions.push_back({ now, model });
    for (auto const& version : versions) {
        auto const read = reads_as(version.version, version.model);
        RC_ASSERT(read);
    }
    for (std::size_t one = 0; one < versions.size(); one += 3) {
        auto const& before = versions[one];
        auto const& after = versions[random() % versions.size()];
        RC_ASSERT(told_diff(before.version, after.version) == model_diff(before.model, after.model));
        RC_ASSERT((before.version == after.version) == (before.model == after.model));
    }
}

} // namespace still_test
