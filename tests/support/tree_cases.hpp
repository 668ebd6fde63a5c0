// SPDX-License-Identifier: BSL-1.0
//
// Cases for tests of one operation: containers of random legal shape beside their models, and checks of the
// promises that every operation makes.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <new>
#include <random>
#include <utility>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace still_test {

using model_map = std::map<int, int>;
using shaped_set = still::set<int, std::less<>, tiny_policy>;
using shaped_map = still::map<int, int, std::less<>, tiny_policy>;

/// A model of up to `most` random entries with keys in [0, 2 · most).
[[nodiscard]] inline model_map any_model(std::mt19937& random, unsigned most = 60)
{
    model_map made;
    for (auto wanted = random() % (most + 1); wanted > 0; --wanted)
        made.emplace(static_cast<int>(random() % (2 * most)), static_cast<int>(random() % 5));
    return made;
}

/// True when a container is sound and holds the model's elements: a set, the keys.
template <class Container>
[[nodiscard]] ::testing::AssertionResult holds(Container const& seen, model_map const& model)
{
    if (auto const sound = validate(seen); !sound)
        return ::testing::AssertionFailure() << sound;
    auto const same = std::ranges::equal(seen, model, [](auto const& element, auto const& entry) {
        if constexpr (requires { element.first; })
            return element.first == entry.first && element.second == entry.second;
        else
            return element == entry.first;
    });
    if (!same || seen.size() != model.size())
        return ::testing::AssertionFailure() << "other elements than the model's " << model.size();
    return ::testing::AssertionSuccess();
}

/// Effect: calls `check(container, model, random)` for containers of many random legal shapes; afterwards
/// nothing is live.
template <class Container, class Check>
void for_any_shape(Check check, unsigned cases = 200, unsigned seed = std::random_device()())
{
    live_count const seen;
    for (unsigned number = 0; number < cases && !::testing::Test::HasFailure(); ++number) {
        std::mt19937 random(seed + number);
        auto const model = any_model(random);
        auto const container = any_shape<Container>(model, random);
        check(container, model, random);
        EXPECT_TRUE(holds(container, model)) << "the operand changed";
        if (::testing::Test::HasFailure())
            ADD_FAILURE() << "seed " << seed + number;
    }
    EXPECT_TRUE(seen.balanced());
}

/// Allocations of test heaps so far.
[[nodiscard]] inline std::uint64_t allocations()
{
    return heap_ledger::allocations.events();
}

/// A set or map of faulty values, in tiny nodes: keys `from`, `from + stride`, ..., with values 0, 1, ...
template <class Key, class Value, class Policy = tiny_policy>
struct faulty_trees {
    using set = still::set<Key, std::less<>, Policy>;
    using map = still::map<Key, Value, std::less<>, Policy>;

    [[nodiscard]] static Key key(int number) { return Key(number); }
    [[nodiscard]] static set make_set(int count, int stride = 1, int from = 0)
    {
        set made;
        for (int index = 0; index < count; ++index)
            made = std::move(made).insert(Key(from + index * stride));
        return made;
    }
    [[nodiscard]] static map make_map(int count, int stride = 1, int from = 0)
    {
        map made;
        for (int index = 0; index < count; ++index)
            made = std::move(made).insert(Key(from + index * stride), Value(index));
        return made;
    }
    [[nodiscard]] static bool intact(set const& seen, int count, int stride = 1, int from = 0)
    {
        auto number = 0;
        for (auto const& key : seen) {
            if (key.key() != from + number++ * stride)
                return false;
        }
        return number == count && validate(seen);
    }
    [[nodiscard]] static bool intact(map const& seen, int count, int stride = 1, int from = 0)
    {
        auto number = 0;
        for (auto const& [key, value] : seen) {
            if (value.key() != number || key.key() != from + number++ * stride)
                return false;
        }
        return number == count && validate(seen);
    }
};

using faulty_by_copy = faulty_trees<faulty_value, faulty_value>;
using faulty_by_move = faulty_trees<faulty_moving_value, faulty_moving_value>;

/// Runs `act` with the n-th event of `kind` failing, for every n; after each, with nothing failing any more,
/// runs `check`. Returns the number of faults injected.
template <class Act, class Check>
std::int64_t at_every_event(schedule& kind, Act& act, Check& check)
{
    for (std::int64_t n = 1;; ++n) {
        auto thrown = false;
        auto fired = false;
        {
            schedule::scope const faults(kind, n);
            try {
                act();
            } catch (std::bad_alloc const&) {
                thrown = true;
            } catch (injected_fault const&) {
                thrown = true;
            }
            fired = faults.fired();
        }
        EXPECT_EQ(thrown, fired) << "a fault was swallowed";
        check();
        if (!fired || ::testing::Test::HasFailure())
            return n - 1;
    }
}

/// Faults that callbacks of a test inject: they ask for each call.
inline schedule callback_calls;
inline void count_callback()
{
    if (callback_calls.step())
        boost::throw_exception(injected_fault());
}

/// The same for each kind of event in turn. Afterwards nothing is live. Returns the number of faults injected.
template <class Act, class Check>
std::int64_t at_every_fault(Act act, Check check)
{
    return at_every_event(value_ledger::copies, act, check) + at_every_event(value_ledger::moves, act, check)
        + at_every_event(value_ledger::comparisons, act, check) + at_every_event(callback_calls, act, check)
        + at_every_event(heap_ledger::allocations, act, check);
}

} // namespace still_test
