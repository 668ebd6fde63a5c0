// SPDX-License-Identifier: BSL-1.0
//
// Faults at every allocation, copy, comparison and move: what goes in stays as it was, nothing is lost.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;
using model = std::vector<int>;

template <class T>
using vector_of = still::vector<T, tiny_policy>;
/// Chunks that grow before they are full.
template <class T>
using growing = still::vector<T, small_chunks<test_policy, 16>>;

/// Sizes at which updates take every way: nothing, a last chunk that grows, is full, chunks in a table of one node and
/// of several levels, and the edges where a level comes or goes.
constexpr std::size_t sizes[] = { 0, 1, 3, 4, 5, 8, 9, 16, 20, 21, 24, 65, 68, 69, 85 };

/// Numbers in [0, size) near the edges of chunks and nodes.
std::vector<std::size_t> interesting(std::size_t size)
{
    std::vector<std::size_t> all;
    for (std::size_t const index : { 0U, 3U, 4U, 15U, 16U, 19U, 63U, 64U, 67U })
        if (index < size)
            all.push_back(index);
    if (size > 0)
        all.push_back(size - 1);
    return all;
}

template <class Vector>
Vector build(model const& wanted)
{
    Vector result;
    for (auto const key : wanted)
        result = std::move(result).push_back(typename Vector::value_type(key));
    return result;
}

template <class Vector>
model contents(Vector const& seen)
{
    EXPECT_TRUE(validate(seen)) << validate(seen);
    model all;
    for (auto const& element : seen)
        all.push_back(element.key());
    EXPECT_EQ(all.size(), seen.size());
    return all;
}

enum class form { copying, in_place, in_place_on_shared_nodes };

/// Effect: runs `update(vector, number)` in every form, at every size and number, with the n-th event of one kind
/// failing, for every n. Whatever was thrown, operands and other versions must be as they were.
/// Returns the number of faults that were thrown.
template <class Vector, class Fault, class Update, class Model>
int survive(Update const& update, Model const& update_model)
{
    int thrown_faults = 0;
    for (auto const size : sizes) {
        model wanted(size);
        for (std::size_t i = 0; i < size; ++i)
            wanted[i] = static_cast<int>(i) + 10;
        for (auto const number : interesting(size)) {
            for (auto const how : { form::copying, form::in_place, form::in_place_on_shared_nodes }) {
                live_count const seen;
                auto changed = wanted;
                update_model(changed, number);
                auto fired = true;
                for (std::int64_t n = 1; fired; ++n) {
                    SCOPED_TRACE(std::to_string(size) + " elements, number " + std::to_string(number) + ", form "
                        + std::to_string(static_cast<int>(how)) + ", fault " + std::to_string(n));
                    auto mine = build<Vector>(wanted);
                    auto const other = how == form::in_place_on_shared_nodes ? mine : Vector();
                    Vector result;
                    auto thrown = false;
                    {
                        Fault const faults(n);
                        try {
                            result = how == form::copying ? update(std::as_const(mine), number)
                                                          : update(std::move(mine), number);
                        } catch (injected_fault const&) {
                            thrown = true;
                        } catch (std::bad_alloc const&) {
                            thrown = true;
                        }
                        fired = faults.fired();
                    }
                    EXPECT_EQ(thrown, fired);
                    thrown_faults += thrown ? 1 : 0;
                    if (thrown || how == form::copying) {
                        // NOLINTNEXTLINE(bugprone-use-after-move): a throw undoes the move
                        EXPECT_EQ(contents(mine), wanted);
                    }
                    if (!thrown) {
                        EXPECT_EQ(contents(result), changed);
                    }
                    if (how == form::in_place_on_shared_nodes) {
                        EXPECT_EQ(contents(other), wanted);
                    }
                }
                EXPECT_TRUE(seen.balanced());
            }
        }
    }
    return thrown_faults;
}

/// Runs all updates with faults of one kind. Returns how many were thrown.
template <class Vector, class Fault>
int survive_all()
{
    using T = typename Vector::value_type;
    T const two(2);
    std::vector<T> const many(23, two);
    auto const assign_in = [](model& wanted, std::size_t number) { wanted[number] = 2; };
    int thrown = survive<Vector, Fault>(
        [&](auto&& seen, std::size_t) { return std::forward<decltype(seen)>(seen).push_back(two); },
        [](model& wanted, std::size_t) { wanted.push_back(2); });
    thrown += survive<Vector, Fault>(
        [&](auto&& seen, std::size_t number) { return std::forward<decltype(seen)>(seen).push_back(T(seen[number])); },
        [](model& wanted, std::size_t number) { wanted.push_back(wanted[number]); });
    thrown += survive<Vector, Fault>(
        [&](auto&& seen, std::size_t number) { return std::forward<decltype(seen)>(seen).assign(number, two); },
        assign_in);
    thrown += survive<Vector, Fault>(
        [&](auto&& seen, std::size_t number) {
            return std::forward<decltype(seen)>(seen).update(number, [&](T const&) { return two; });
        },
        assign_in);
    thrown += survive<Vector, Fault>(
        [&](auto&& seen, std::size_t) { return std::forward<decltype(seen)>(seen).pop_back(); },
        [](model& wanted, std::size_t) { wanted.pop_back(); });
    thrown += survive<Vector, Fault>(
        [&](auto&& seen, std::size_t number) { return std::forward<decltype(seen)>(seen).take(number); },
        [](model& wanted, std::size_t number) { wanted.resize(number); });
    thrown += survive<Vector, Fault>(
        [&](auto&& seen, std::size_t) { return std::forward<decltype(seen)>(seen).append_range(many); },
        [](model& wanted, std::size_t) { wanted.resize(wanted.size() + 23, 2); });
    return thrown;
}

TEST(vector_faults, allocations)
{
    EXPECT_GT((survive_all<vector_of<faulty_value>, fail_at>()), 1'000);
    EXPECT_GT((survive_all<vector_of<faulty_moving_value>, fail_at>()), 1'000);
    EXPECT_GT((survive_all<growing<faulty_value>, fail_at>()), 500);
}
TEST(vector_faults, copies)
{
    EXPECT_GT((survive_all<vector_of<faulty_value>, fail_at_copy>()), 1'000);
    EXPECT_GT((survive_all<vector_of<faulty_moving_value>, fail_at_copy>()), 1'000);
    EXPECT_GT((survive_all<growing<faulty_value>, fail_at_copy>()), 1'000);
}
TEST(vector_faults, comparisons)
{
    EXPECT_GT((survive_all<vector_of<faulty_value>, fail_at_comparison>()), 100);
}
TEST(vector_faults, moves)
{
    EXPECT_GT((survive_all<vector_of<faulty_moving_value>, fail_at_move>()), 100);
}

/// The callback of an edit in place that throws leaves what it left; a copy's that does leaves all as it was.
TEST(vector_faults, callbacks)
{
    live_count const live;
    {
        auto mine = build<vector_of<faulty_value>>({ 10, 11, 12, 13, 14, 15 });
        auto const throwing = [](faulty_value&& element) -> faulty_value {
            faulty_value const taken(std::move(element));
            element = faulty_value(taken.key() + 100);
            boost::throw_exception(injected_fault());
        };
        for (std::size_t const index : { 1U, 5U }) {
            EXPECT_THROW(static_cast<void>(mine.alter(index, throwing)), injected_fault);
            EXPECT_EQ(contents(mine), (model{ 10, 11, 12, 13, 14, 15 }));
            auto const other = mine;
            EXPECT_THROW(static_cast<void>(std::move(mine).alter(index, throwing)), injected_fault);
            EXPECT_EQ(contents(mine), (model{ 10, 11, 12, 13, 14, 15 })); // NOLINT(bugprone-use-after-move)
            EXPECT_EQ(contents(other), (model{ 10, 11, 12, 13, 14, 15 }));
        }
        EXPECT_THROW(static_cast<void>(std::move(mine).alter(1, throwing)), injected_fault);
        EXPECT_EQ(contents(mine), (model{ 10, 111, 12, 13, 14, 15 })); // NOLINT(bugprone-use-after-move)
        EXPECT_THROW(static_cast<void>(std::move(mine).update(
                         2, [](faulty_value const&) -> faulty_value { boost::throw_exception(injected_fault()); })),
            injected_fault);
        EXPECT_EQ(contents(mine), (model{ 10, 111, 12, 13, 14, 15 })); // NOLINT(bugprone-use-after-move)
    }
    EXPECT_TRUE(live.balanced());
}

/// An element that moves without throwing goes in last, so that it survives what is thrown before.
TEST(vector_faults, leave_the_element_that_was_to_be_moved_in)
{
    for (auto const number : { 0U, 5U, 20U }) {
        for (auto const shares : { false, true }) {
            at_each_allocation([&](auto) {
                model const wanted(21, 10);
                faulty_value element(2);
                vector_of<faulty_value> mine;
                vector_of<faulty_value> other;
                try {
                    mine = build<vector_of<faulty_value>>(wanted);
                } catch (std::bad_alloc const&) {
                    return;
                }
                if (shares)
                    other = mine;
                try {
                    mine = std::move(mine).assign(number, std::move(element));
                } catch (std::bad_alloc const&) {
                    EXPECT_EQ(element.key(), 2); // NOLINT(bugprone-use-after-move)
                    EXPECT_EQ(contents(mine), wanted); // NOLINT(bugprone-use-after-move)
                }
            });
        }
    }
}

} // namespace
