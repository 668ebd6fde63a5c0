// SPDX-License-Identifier: BSL-1.0
//
// A vector against its model, a std::vector: policies with small chunks and nodes, scripts of random steps, and the
// comparison of everything that can be read.

#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

#include "still/vector.hpp"
#include "test_heap.hpp"

namespace still_test {

/// Chunks and nodes so small that a few elements make a high table.
template <class Base, std::size_t Chunk = 4>
struct small_chunks : Base {
    static constexpr std::size_t chunk_capacity = Chunk;
    static constexpr unsigned digit_bits = 2;
};
using tiny_policy = small_chunks<test_policy>;

/// One step of a script on a vector.
struct vector_step {
    enum class action { push, append, assign, update, alter, pop, take };
    action what = action::push;
    bool in_place = false;
    bool keeps_version = false;
    std::size_t number = 0; ///< an index or a count, modulo what there is
    int value = 0;

    friend std::ostream& operator<<(std::ostream& out, vector_step const& step)
    {
        constexpr char const* names[] = { "push", "append", "assign", "update", "alter", "pop", "take" };
        return out << names[static_cast<int>(step.what)] << ' ' << step.number << ' ' << step.value
                   << (step.in_place ? " in place" : "") << (step.keeps_version ? ", keep" : "");
    }
};

inline rc::Gen<std::vector<vector_step>> any_vector_script()
{
    using action = vector_step::action;
    return rc::gen::container<std::vector<vector_step>>(rc::gen::build<vector_step>(
        rc::gen::set(&vector_step::what,
            rc::gen::weightedElement<action>({ { 4, action::push }, { 4, action::append }, { 3, action::assign },
                { 2, action::update }, { 2, action::alter }, { 3, action::pop }, { 1, action::take } })),
        rc::gen::set(&vector_step::in_place), rc::gen::set(&vector_step::keeps_version),
        rc::gen::set(&vector_step::number, rc::gen::inRange<std::size_t>(0, 1'000)),
        rc::gen::set(&vector_step::value, rc::gen::inRange<int>(0, 4))));
}

/// Effect: fails the running property where vector and model differ in anything that can be read.
template <class Vector, class T>
void check_equal(Vector const& seen, std::vector<T> const& model)
{
    auto const structure = validate(seen);
    if (!structure)
        RC_LOG() << structure;
    RC_ASSERT(structure.sound());
    RC_ASSERT(seen.size() == model.size());
    RC_ASSERT(seen.empty() == model.empty());
    for (std::size_t index = 0; index < model.size(); ++index)
        RC_ASSERT(seen[index] == model[index]);
    RC_ASSERT(std::equal(seen.begin(), seen.end(), model.begin(), model.end()));
    RC_ASSERT(std::equal(seen.rbegin(), seen.rend(), model.rbegin(), model.rend()));
    std::vector<T> in_chunks;
    seen.for_each_chunk(
        [&](std::span<T const> chunk) { in_chunks.insert(in_chunks.end(), chunk.begin(), chunk.end()); });
    RC_ASSERT(in_chunks == model);
}

/// Effect: makes one step on a vector and its model. make(value) gives the element that stands for a number.
/// Returns whether the elements changed.
template <class Vector, class T, class Make>
bool make_step(Vector& seen, std::vector<T>& model, vector_step const& step, Make make)
{
    using action = vector_step::action;
    auto const act
        = [&](auto const& change) { seen = step.in_place ? change(std::move(seen)) : change(std::as_const(seen)); };
    auto const before = model;
    auto const index = model.empty() ? 0 : step.number % model.size();
    T const element = make(step.value);
    switch (step.what) {
    case action::push:
        act([&](auto&& from) { return std::forward<decltype(from)>(from).push_back(element); });
        model.push_back(element);
        break;
    case action::append: {
        std::vector<T> const more(step.number % 30, element);
        act([&](auto&& from) { return std::forward<decltype(from)>(from).append_range(more); });
        model.insert(model.end(), more.begin(), more.end());
        break;
    }
    case action::assign:
        if (model.empty())
            break;
        act([&](auto&& from) { return std::forward<decltype(from)>(from).assign(index, element); });
        model[index] = element;
        break;
    case action::update:
        if (model.empty())
            break;
        act([&](auto&& from) {
            return std::forward<decltype(from)>(from).update(index, [&](T const& held) {
                RC_ASSERT(held == before[index]);
                return make(step.value);
            });
        });
        model[index] = element;
        break;
    case action::alter:
        if (model.empty())
            break;
        act([&](auto&& from) {
            return std::forward<decltype(from)>(from).alter(index, [&](T&& held) {
                RC_ASSERT(held == before[index]);
                return make(step.value);
            });
        });
        model[index] = element;
        break;
    case action::pop:
        if (model.empty())
            break;
        act([](auto&& from) { return std::forward<decltype(from)>(from).pop_back(); });
        model.pop_back();
        break;
    case action::take:
        act([&](auto&& from) { return std::forward<decltype(from)>(from).take(step.number % 200); });
        if (model.size() > step.number % 200)
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(step.number % 200), model.end());
        break;
    }
    return model != before;
}

/// Effect: runs a script on a vector and its model side by side; validates after each step, keeps the versions that
/// steps ask for, compares each with the one before, and checks all of them at the end.
template <class Vector, class Make>
void run_vector_script(Vector seen, std::vector<vector_step> const& script, Make make)
{
    std::vector<typename Vector::value_type> model;
    std::vector<std::pair<Vector, std::vector<typename Vector::value_type>>> versions;
    for (auto const& step : script) {
        // Holding the version makes its nodes shared; otherwise the step may edit them in place.
        auto const before = step.keeps_version ? seen : Vector();
        auto const changed = make_step(seen, model, step, make);
        auto const structure = validate(seen);
        if (!structure)
            RC_LOG() << structure;
        RC_ASSERT(structure.sound());
        RC_ASSERT(seen.size() == model.size());
        if (!model.empty())
            RC_ASSERT(seen[step.number % model.size()] == model[step.number % model.size()]);
        if (step.keeps_version) {
            RC_ASSERT(seen.same_root(before) == !changed);
            RC_ASSERT((seen == before) == !changed);
            versions.emplace_back(seen, model);
        }
    }
    check_equal(seen, model);
    for (auto const& [version, wanted] : versions)
        check_equal(version, wanted);
}

} // namespace still_test
