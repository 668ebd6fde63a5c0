// SPDX-License-Identifier: BSL-1.0
//
// A container in a heap that is used up at each allocation of a script in turn: whatever throws, the container holds
// what it held, no byte is lost, and the heap goes on.

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <random>
#include <string>
#include <type_traits>

#include "container_subject.hpp"
#include "use_up.hpp"

namespace still_test {

/// A container of a kind that takes memory from where it can be used up.
template <class Container>
class exhaustible_subject : public subject_of<Container> {
public:
    explicit exhaustible_subject(still::heap& in)
        : from_(in)
    {
    }

private:
    [[nodiscard]] std::pmr::memory_resource* resource(still::heap&) const final { return &from_; }

    mutable exhaustible_resource from_;
};

/// One script: each step is tried with the heap used up at its first allocation, at its second, and so on, until it
/// has so many no longer.
class exhaustion_script {
public:
    exhaustion_script(still::heap& heap, container_subject const& subject)
        : heap_(heap)
        , subject_(subject)
    {
    }

    /// Returns how many allocations failed. `exact`: nothing but the container takes memory, not even pools.
    [[nodiscard]] int run(int steps, bool exact)
    {
        std::mt19937 random(1);
        auto const below = [&](std::uint_fast32_t end) { return random() % end; };
        auto const at_first = in_use();
        at_each_allocation([&] { subject_.construct(heap_, name); }, [] {});
        auto const first = heap_.snapshot();
        for (auto step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step) {
            auto const what = below(20);
            edit const next{ what < 15 ? edit::kind::put
                    : what < 18        ? edit::kind::take
                                       : edit::kind::alter,
                static_cast<int>(below(200)), static_cast<int>(below(1'000)), below(1'000) };
            SCOPED_TRACE(step);
            at_each_allocation([&] { subject_.apply(next, heap_, name, model_); },
                [&] { EXPECT_EQ(subject_.read(heap_, name), model_); });
            check();
        }
        auto const last = heap_.snapshot();
        heap_.restore(first);
        EXPECT_TRUE(subject_.read(heap_, name).empty());
        heap_.restore(last);
        check();
        EXPECT_TRUE(subject_.destroy(heap_, name));
        EXPECT_TRUE(heap_.validate()) << heap_.validate();
        if (exact) {
            EXPECT_EQ(in_use(), at_first);
        }
        return failed_;
    }

private:
    static constexpr auto name = "data";

    template <class Attempt, class Check>
    void at_each_allocation(Attempt&& attempt, Check&& check_failed)
    {
        for (auto n = 1; n < 100; ++n) {
            auto done = false;
            {
                auto const guard = heap_.mutate();
                used_up_at const point(heap_, n);
                try {
                    attempt();
                    done = true;
                } catch (std::bad_alloc const&) {
                    ++failed_;
                }
                EXPECT_EQ(done, !point.reached()) << "the heap wasn't used up, or something else was";
                if (!done)
                    check_failed(); // also while nothing is free
                EXPECT_TRUE(heap_.validate()) << heap_.validate();
            }
            if (done)
                return;
        }
        FAIL() << "one step allocates a hundred times";
    }
    void check()
    {
        EXPECT_EQ(subject_.read(heap_, name), model_);
        EXPECT_TRUE(heap_.validate()) << heap_.validate();
    }
    [[nodiscard]] std::size_t in_use() const { return heap_.bytes().size() - heap_.statistics().free_bytes; }

    still::heap& heap_;
    container_subject const& subject_;
    contents model_;
    int failed_ = 0;
};

template <class Container>
class exhausted_containers : public ::testing::Test { };
TYPED_TEST_SUITE_P(exhausted_containers);

TYPED_TEST_P(exhausted_containers, are_as_they_were_at_each_allocation_that_fails)
{
    for (auto const pools : { false, true }) {
        SCOPED_TRACE(pools);
        still::heap heap{ { .capacity = std::size_t{ 1 } << 17U, .pools = pools } };
        exhaustible_subject<TypeParam> const subject(heap);
        EXPECT_GT(exhaustion_script(heap, subject).run(250, !pools), 2);
    }
}

REGISTER_TYPED_TEST_SUITE_P(exhausted_containers, are_as_they_were_at_each_allocation_that_fails);

} // namespace still_test
