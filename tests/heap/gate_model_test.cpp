// SPDX-License-Identifier: BSL-1.0
//
// The protocol of the gate, step by step as in still/heap/gate.hpp, on a machine with weak memory: two writers that
// come and go, and a cut, in every order and with every message that may be read. Each step that the protocol rests on
// is weakened or left out once, and that must be found out.

#include "weak_memory.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace still_test::weak_memory;

enum place : std::size_t { state, inside, inside_end = inside + 2, data = inside_end };
enum who : std::size_t { first_writer, second_writer, cut_thread };
constexpr std::uint64_t closed = 1;

enum class ordering : std::uint8_t { cheapest, locked };

task writer(machine& on, std::size_t number, ordering how)
{
    for (int time = 0; time < 2; ++time) {
        auto seen = closed;
        if (how == ordering::cheapest) {
            co_await on.store("announce", inside + number, 1, order::relaxed);
            seen = co_await on.load("admit", state, order::ordered);
        } else {
            co_await on.exchange("announce", inside + number, 1);
            seen = co_await on.load("admit", state);
        }
        if (seen != closed) {
            co_await on.load("work", inside + number, order::relaxed); // a fence may come before the writing
            on.plain_write(data + number);
        }
        co_await on.store("leave", inside + number, 0, order::ordered);
    }
    co_return 0;
}

/// Gives up where a writer is inside, as at its deadline.
task cut(machine& on, ordering how)
{
    co_await on.store("close", state, closed);
    if (how == ordering::cheapest && on.has("synchronize")) {
        co_await on.fence("synchronize", first_writer);
        co_await on.fence("synchronize", second_writer);
    }
    auto others = co_await on.load("look", inside);
    others |= co_await on.load("look", inside + 1);
    if (others == 0) {
        on.plain_read(data);
        on.plain_read(data + 1);
        ++on.ghost[0];
    }
    co_await on.store("open", state, 0);
    co_return 0;
}

findings explored(ordering how, planted const& fault = {})
{
    return explore(
        { [](machine&) {},
            { [how](machine& on) { return writer(on, 0, how); }, [how](machine& on) { return writer(on, 1, how); },
                [how](machine& on) { return cut(on, how); } },
            [](machine&) {} },
        fault);
}

TEST(gate_model, lets_a_cut_and_writers_in_one_after_the_other)
{
    for (auto const how : { ordering::cheapest, ordering::locked }) {
        auto const found = explored(how);
        EXPECT_EQ(found.fault, "");
        EXPECT_GT(found.states, 1000U);
    }
}

TEST(gate_model, needs_the_fence_in_all_threads)
{
    EXPECT_NE(explored(ordering::cheapest, { .left_out = "synchronize" }).fault, "");
}

TEST(gate_model, needs_the_order_of_each_step)
{
    for (std::string const site : { "admit", "leave", "look", "open" })
        EXPECT_NE(explored(ordering::cheapest, { .weakened = site, .weakest = order::relaxed }).fault, "") << site;
    for (std::string const site : { "announce", "admit", "close", "look" })
        EXPECT_NE(explored(ordering::locked, { .weakened = site, .weakest = order::ordered }).fault, "") << site;
}

} // namespace
