// SPDX-License-Identifier: BSL-1.0
//
// The protocol of pins, step by step as in lib/capability, on a machine with weak memory: open, revoke, reclaim, grant
// anew, and store, on three threads, in every order and with every message that may be read. Each access that the
// protocol rests on is weakened once, and that must be found out.

#include "weak_memory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace still_test::weak_memory;

// Classic shapes first: the machine must be as weak as the language, and no weaker.
task writes_then_reads(machine& on, std::size_t mine, std::size_t other, std::size_t result, order how)
{
    co_await on.store("write", mine, 1, how);
    auto const seen = co_await on.load("read", other, how);
    on.ghost.at(result) = 1 + seen;
    co_return 0;
}

program store_buffering(order how)
{
    return { [](machine&) {},
        { [how](machine& on) { return writes_then_reads(on, 0, 1, 0, how); },
            [how](machine& on) { return writes_then_reads(on, 1, 0, 1, how); } },
        [](machine& on) { on.require(on.ghost[0] != 1 || on.ghost[1] != 1, "both read what was before"); } };
}

TEST(weak_memory, buffers_stores_unless_they_are_sequentially_consistent)
{
    EXPECT_EQ(explore(store_buffering(order::sequential)).fault, "");
    EXPECT_NE(explore(store_buffering(order::ordered)).fault, "");
    EXPECT_NE(explore(store_buffering(order::sequential), { "write" }).fault, "");
    EXPECT_NE(explore(store_buffering(order::sequential), { "read" }).fault, "");
}

task publishes(machine& on, order how)
{
    on.plain_write(0);
    co_await on.store("publish", 1, 1, how);
    co_return 0;
}
task receives(machine& on, order how)
{
    auto const received = co_await on.load("receive", 1, how);
    if (received == 1)
        on.plain_read(0);
    co_return 0;
}

TEST(weak_memory, passes_messages_by_release_and_acquire_alone)
{
    auto const passing = [](order out, order in) {
        return explore(
            { [](machine&) {},
                { [out](machine& on) { return publishes(on, out); }, [in](machine& on) { return receives(on, in); } },
                [](machine&) {} })
            .fault;
    };
    EXPECT_EQ(passing(order::ordered, order::ordered), "");
    EXPECT_NE(passing(order::relaxed, order::ordered), "");
    EXPECT_NE(passing(order::ordered, order::relaxed), "");
}

// The protocol.
enum place : std::size_t {
    generation,
    tag,
    version,
    pins,
    pins_end = pins + 2,
    retired = pins_end,
    ends,
    freed,
    memory,
    shelf,
    finished,
    payer,
    standing,
    data
};
static_assert(data + 3 <= most_locations);

// Versions are 1 and 2, by their addresses; a pin's mark is 4. Beside the program stand what is alive, and what for.
constexpr std::uint64_t mark = 4;
std::uint64_t& alive(machine& on, std::uint64_t which)
{
    return on.ghost.at(which);
}
std::uint64_t& made_for(machine& on, std::uint64_t which)
{
    return on.ghost.at(4 + which);
}

task reclaim(machine& on)
{
    for (auto again = true; again;) {
        again = false;
        auto const before = co_await on.load("reclaim.ends", ends);
        auto const list = co_await on.exchange("reclaim.take", retired, 0);
        for (std::uint64_t which = 1; which <= 2; ++which) {
            if ((list & (std::uint64_t{ 1 } << which)) == 0)
                continue;
            auto named = false;
            for (std::size_t pin = pins; pin < pins_end && !named; ++pin) {
                auto seen = co_await on.load("named.load", pin);
                while (seen == which && !named) {
                    seen = co_await on.compare("named.mark", pin, which, which | mark);
                    named = seen == which;
                }
                named = named || seen == (which | mark);
            }
            if (named) {
                co_await on.add("retire", retired, std::uint64_t{ 1 } << which);
                continue;
            }
            on.require(alive(on, which) == 1, "destroys a version again");
            on.plain_write(data + which);
            alive(on, which) = 0;
            co_await on.exchange("allocator.free", memory, which, order::ordered);
            again = true;
        }
        auto const now = co_await on.load("reclaim.again", ends);
        again = again || (now != before && on.has("reclaim.again"));
    }
    co_return 0;
}

task unpin(machine& on, std::size_t pin)
{
    auto const named = co_await on.exchange("unpin", pin, 0);
    if ((named & mark) != 0 && on.has("unpin.ends")) {
        co_await on.add("unpin.ends", ends, 1);
        co_await reclaim(on);
    }
    co_return 0;
}

task open(machine& on, std::size_t pin, std::uint64_t asked)
{
    auto const incarnation = co_await on.load("look.generation", generation, order::ordered);
    auto const fits = co_await on.load("look.tag", tag, order::ordered);
    if (incarnation != asked || fits != asked)
        co_return 0;
    auto seen = co_await on.load("enter.version", version, order::ordered);
    if (seen == 0)
        co_return 0;
    co_await on.store("pin", pin, seen);
    for (auto awaited = false;;) {
        auto whole = asked;
        if (on.has("follow.generation"))
            whole = co_await on.load("follow.generation", generation);
        std::uint64_t now = 0;
        if (whole == asked)
            now = co_await on.load("enter.check", version);
        if (now != seen && now != 0 && on.has("enter.check")) {
            auto const named = co_await on.exchange("pin.exchange", pin, now);
            awaited = awaited || (named & mark) != 0;
            seen = now;
            continue;
        }
        if (now == 0)
            co_await unpin(on, pin);
        if (awaited && on.has("pin.exchange")) {
            co_await on.add("unpin.ends", ends, 1);
            co_await reclaim(on);
        }
        co_return now != 0 ? seen : 0;
    }
}

/// Opens by a name, reads, and closes.
task use(machine& on, std::size_t pin, std::uint64_t name, bool over, bool cell)
{
    auto const opened = co_await open(on, pin, name);
    if (opened == 0)
        co_return 0;
    on.require(!over, "opens after the revocation has returned");
    on.require(alive(on, opened) == 1, "reads what was destroyed");
    on.require(cell || made_for(on, opened) == name, "opens another version than it names");
    on.plain_read(data + opened);
    co_await unpin(on, pin);
    co_return 1;
}

task reader(machine& on, bool again)
{
    auto const over = co_await on.load("finished", finished, order::ordered);
    co_await use(on, pins, 1, over != 0, !again);
    if (!again)
        co_return 0;
    auto const laid = co_await on.load("shelf", shelf, order::ordered);
    if (laid != 0)
        co_await use(on, pins, 2, false, false);
    co_return 0;
}

task revoker(machine& on)
{
    co_await on.compare("revoke.tag", tag, 1, 0);
    co_await on.compare("revoke.generation", generation, 1, 2);
    auto const granted = co_await on.exchange("revoke.version", version, 0);
    co_await on.exchange("give back", freed, 1, order::ordered);
    co_await on.add("retire", retired, std::uint64_t{ 1 } << granted);
    co_await reclaim(on);
    co_await on.store("finish", finished, 1, order::ordered);
    co_return 0;
}

/// Takes the slot, once it is free, for another version: where the first one's memory is free, at its address.
task granter(machine& on)
{
    auto const there = co_await on.exchange("take", freed, 0, order::ordered);
    if (there == 0)
        co_return 0;
    auto const reused = co_await on.exchange("allocator.take", memory, 0, order::ordered);
    auto const made = reused != 0 ? reused : 2;
    on.plain_write(data + made);
    alive(on, made) = 1;
    made_for(on, made) = 2;
    co_await on.store("publish.version", version, made, order::ordered);
    co_await on.store("publish.tag", tag, 2);
    co_await on.store("lay down", shelf, 1, order::ordered);
    co_return 0;
}

/// Stores another version in a cell, under a lease on the one before.
task storer(machine& on)
{
    auto const before = co_await open(on, pins + 1, 1);
    if (before == 0)
        co_return 0;
    on.plain_write(data + 2);
    alive(on, 2) = 1;
    auto const replaced = co_await on.compare("store", version, before, 2);
    if (replaced == before)
        co_await on.add("retire", retired, std::uint64_t{ 1 } << before);
    else
        alive(on, 2) = 0;
    co_await unpin(on, pins + 1);
    co_await reclaim(on);
    co_return 0;
}

void prepare(machine& on)
{
    on.initially(generation, 1);
    on.initially(tag, 1);
    on.initially(version, 1);
    alive(on, 1) = 1;
    made_for(on, 1) = 1;
}

program open_revoke_and_grant_anew()
{
    return { prepare, { [](machine& on) { return reader(on, true); }, revoker, granter }, [](machine& on) {
                on.require(on.last(retired) == 0, "a version stays retired for good");
                on.require(alive(on, 1) == 0 || made_for(on, 1) == 2, "a version that nobody names is kept");
            } };
}

program open_and_store()
{
    return { prepare, { [](machine& on) { return reader(on, false); }, storer }, [](machine& on) {
                on.require(on.last(retired) == 0, "a version stays retired for good");
                on.require(alive(on, 1) == 0 && alive(on, 2) == 1, "the cell has another version than was stored");
            } };
}

program store_and_revoke()
{
    return { prepare, { revoker, storer }, [](machine& on) {
                on.require(on.last(retired) == 0, "a version stays retired for good");
                on.require(alive(on, 1) == 0 && alive(on, 2) == 0, "a version that nobody names is kept");
            } };
}

/// A grant that is published while its bank is destroyed.
task publisher(machine& on)
{
    co_await on.store("publish.payer", payer, 1);
    co_await on.store("publish.tag", tag, 1);
    auto const destroyed = co_await on.load("publish.standing", standing);
    if (destroyed != 0)
        co_await on.compare("publish.undo", tag, 1, 0);
    co_return 0;
}
task destroyer(machine& on)
{
    co_await on.store("destroy.standing", standing, 1);
    auto const filled = co_await on.load("destroy.tag", tag);
    if (filled == 1) {
        auto const pays = co_await on.load("destroy.payer", payer);
        on.require(pays == 1, "a slot is filled, and nobody pays");
        co_await on.compare("destroy.empty", tag, 1, 0);
    }
    co_return 0;
}

program publish_and_destroy()
{
    return { [](machine&) {}, { publisher, destroyer },
        [](machine& on) { on.require(on.last(tag) == 0, "a grant outlives its bank"); } };
}

void expect_sound(program const& what)
{
    auto const found = explore(what);
    EXPECT_EQ(found.fault, "");
    EXPECT_GT(found.states, 20U);
}

TEST(protocols, of_opening_revoking_and_granting_anew_are_sound)
{
    expect_sound(open_revoke_and_grant_anew());
}
TEST(protocols, of_opening_storing_and_revoking_are_sound)
{
    expect_sound(open_and_store());
    expect_sound(store_and_revoke());
}
TEST(protocols, of_publishing_and_destroying_are_sound)
{
    expect_sound(publish_and_destroy());
}

// With any one of these something breaks.
void expect_found(program const& what, std::vector<planted> const& faults)
{
    for (auto const& fault : faults)
        EXPECT_NE(explore(what, fault).fault, "") << fault.weakened << fault.left_out;
}

TEST(protocols, need_each_order_to_open_and_revoke)
{
    expect_found(open_revoke_and_grant_anew(),
        { { "pin" }, { "follow.generation" }, { "revoke.generation" }, { "named.load" }, { "unpin", order::relaxed } });
}
TEST(protocols, need_each_step_to_open_and_revoke)
{
    expect_found(open_revoke_and_grant_anew(),
        { { .left_out = "follow.generation" }, { .left_out = "unpin.ends" }, { .left_out = "reclaim.again" } });
}
TEST(protocols, need_each_order_and_step_to_store)
{
    expect_found(open_and_store(),
        { { "pin" }, { "enter.check" }, { "store" }, { "named.load" }, { "unpin", order::relaxed },
            { .left_out = "enter.check" }, { .left_out = "pin.exchange" } });
}
TEST(protocols, need_each_order_to_destroy)
{
    expect_found(publish_and_destroy(),
        { { "publish.tag" }, { "publish.standing" }, { "destroy.standing" }, { "destroy.tag" } });
}

} // namespace
