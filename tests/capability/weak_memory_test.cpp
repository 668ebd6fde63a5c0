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
    epoch,
    version,
    pins,
    pins_end = pins + 2,
    awaited = pins_end,
    awaited_end = awaited + 2,
    retired = awaited_end,
    pinned,
    ends,
    freed,
    memory,
    shelf,
    finished,
    data,
    data_end = data + 3,
    // Of another program.
    payer = epoch,
    standing = version
};
static_assert(data_end <= most_locations);

enum who : std::size_t { first_thread, second_thread };

// Versions are 1 and 2, by their addresses. Beside the program stand what is alive, and what for.
std::uint64_t& alive(machine& on, std::uint64_t which)
{
    return on.ghost.at(which);
}
std::uint64_t& made_for(machine& on, std::uint64_t which)
{
    return on.ghost.at(4 + which);
}
constexpr std::size_t awaited_at(std::uint64_t which)
{
    return awaited + which - 1;
}

/// Who executes the fences. The third is the first with readers that look after their versions whether those wait or
/// not, so that nothing is left to find but what a lease is for.
enum class ordering : std::uint8_t { by_revoker, by_both, by_revoker_and_all_look };
constexpr order of_reader(ordering how)
{
    return how == ordering::by_both ? order::sequential : order::ordered;
}
/// By what a reader finds that the way is whole: anywhere; at a grant itself; on a way that it came before, when the
/// table had epoch 0.
enum class proof : std::uint8_t { generations, tag, epoch };

task reclaim(machine& on, ordering how)
{
    for (auto again = true; again;) {
        again = false;
        auto const before = co_await on.load("reclaim.ends", ends);
        auto const fresh = co_await on.exchange("reclaim.take", retired, 0);
        auto const seen_pinned = co_await on.exchange("reclaim.take", pinned, 0);
        auto const list = fresh | seen_pinned;
        if (list == 0)
            break;
        // Of all threads, one alone can have a pin besides the caller.
        if (how != ordering::by_both && fresh != 0 && on.has("order"))
            co_await on.fence("order", on.running() == first_thread ? second_thread : first_thread);
        auto kept = false;
        for (std::uint64_t which = 1; which <= 2; ++which) {
            if ((list & (std::uint64_t{ 1 } << which)) == 0)
                continue;
            auto named = false;
            for (std::size_t pin = pins; pin < pins_end && !named; ++pin) {
                auto const seen = co_await on.load("named", pin);
                named = seen == which;
            }
            if (named) {
                co_await on.add("put back", pinned, std::uint64_t{ 1 } << which);
                kept = true;
                continue;
            }
            if (on.has("retire.awaited"))
                co_await on.add("destroy", awaited_at(which), ~std::uint64_t{ 0 });
            on.require(alive(on, which) == 1, "destroys a version again");
            on.plain_write(data + which);
            alive(on, which) = 0;
            co_await on.exchange("allocator.free", memory, which, order::ordered);
            again = true;
        }
        auto const now = co_await on.load("reclaim.again", ends);
        again = again || (kept && now != before && on.has("reclaim.again"));
    }
    co_return 0;
}

task retire(machine& on, std::uint64_t which)
{
    if (on.has("retire.awaited"))
        co_await on.add("retire.awaited", awaited_at(which), 1);
    co_await on.add("retire", retired, std::uint64_t{ 1 } << which);
    co_return 0;
}

task look_after(machine& on, std::uint64_t which, ordering how)
{
    auto const waits = co_await on.load("look after", awaited_at(which), of_reader(how));
    if (waits != 0 || how == ordering::by_revoker_and_all_look) {
        if (on.has("look after.ends"))
            co_await on.add("look after.ends", ends, 1);
        co_await reclaim(on, how);
    }
    co_return 0;
}

task name_version(machine& on, char const* site, std::size_t pin, std::uint64_t which, ordering how)
{
    if (how == ordering::by_both)
        co_await on.exchange(site, pin, which);
    else
        co_await on.store(site, pin, which, order::ordered);
    co_return 0;
}

task unpin(machine& on, std::size_t pin, std::uint64_t which, ordering how)
{
    co_await name_version(on, "unpin", pin, 0, how);
    co_await look_after(on, which, how);
    co_return 0;
}

/// True where the way is whole, as far as that proof goes.
task look(machine& on, std::uint64_t asked, proof by, ordering how)
{
    if (!on.has("look"))
        co_return 1;
    if (by == proof::generations) {
        auto const seen = co_await on.load("look", generation, of_reader(how));
        co_return seen == asked;
    }
    if (by == proof::tag) {
        auto const seen = co_await on.load("look", tag, of_reader(how));
        co_return seen == asked;
    }
    auto const seen = co_await on.load("look", epoch, of_reader(how));
    co_return seen == asked - 1;
}

task open(machine& on, std::size_t pin, std::uint64_t asked, proof by, ordering how)
{
    auto const fits = co_await on.load("enter.tag", tag, order::ordered);
    auto const incarnation = co_await on.load("enter.generation", generation, order::ordered);
    if (incarnation != asked || fits != asked)
        co_return 0;
    auto seen = co_await on.load("enter.version", version, order::ordered);
    if (seen == 0)
        co_return 0;
    co_await name_version(on, "pin", pin, seen, how);
    for (;;) {
        auto const whole = co_await look(on, asked, by, how);
        std::uint64_t now = 0;
        if (whole != 0)
            now = co_await on.load("enter.check", version, of_reader(how));
        if (now == 0 || now == seen || !on.has("enter.check")) {
            if (now == 0)
                co_await unpin(on, pin, seen, how);
            co_return now != 0 ? seen : 0;
        }
        auto const missed = seen;
        seen = now;
        co_await name_version(on, "pin", pin, seen, how);
        if (on.has("enter.missed"))
            co_await look_after(on, missed, how);
    }
}

/// Opens by a name, reads, and closes.
task use(machine& on, std::size_t pin, std::uint64_t name, bool over, bool cell, proof by, ordering how)
{
    auto const opened = co_await open(on, pin, name, by, how);
    if (opened == 0)
        co_return 0;
    on.require(!over, "opens after the revocation has returned");
    on.require(alive(on, opened) == 1, "reads what was destroyed");
    on.require(cell || made_for(on, opened) == name, "opens another version than it names");
    co_await on.load("work", pin, order::relaxed); // a fence may come before the reading
    on.plain_read(data + opened);
    co_await unpin(on, pin, opened, how);
    co_return 1;
}

task reader(machine& on, bool again, proof by, ordering how)
{
    auto const over = co_await on.load("finished", finished, order::ordered);
    co_await use(on, pins, 1, over != 0, !again, by, how);
    if (!again)
        co_return 0;
    auto const laid = co_await on.load("shelf", shelf, order::ordered);
    if (laid != 0)
        co_await use(on, pins, 2, false, false, by, how);
    co_return 0;
}

task revoker(machine& on, ordering how)
{
    co_await on.compare("revoke.tag", tag, 1, 0);
    co_await on.compare("revoke.generation", generation, 1, 2);
    co_await on.add("revoke.epoch", epoch, 1);
    auto const granted = co_await on.exchange("revoke.version", version, 0);
    co_await on.exchange("give back", freed, 1, order::ordered);
    co_await retire(on, granted);
    co_await reclaim(on, how);
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
task storer(machine& on, ordering how)
{
    auto const before = co_await open(on, pins + 1, 1, proof::generations, how);
    if (before == 0)
        co_return 0;
    on.plain_write(data + 2);
    alive(on, 2) = 1;
    auto const replaced = co_await on.compare("store", version, before, 2);
    if (replaced == before)
        co_await retire(on, before);
    else
        alive(on, 2) = 0;
    co_await unpin(on, pins + 1, before, how);
    co_await reclaim(on, how);
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

program open_revoke_and_grant_anew(proof by, ordering how)
{
    return { prepare,
        { [=](machine& on) { return reader(on, true, by, how); }, [=](machine& on) { return revoker(on, how); },
            granter },
        [](machine& on) {
            on.require(on.last(retired) == 0 && on.last(pinned) == 0, "a version stays retired for good");
            on.require(alive(on, 1) == 0 || made_for(on, 1) == 2, "a version that nobody names is kept");
            on.require(on.last(awaited) == 0 && on.last(awaited + 1) == 0, "somebody is awaited for good");
        } };
}

program open_and_store(proof by, ordering how)
{
    return { prepare,
        { [=](machine& on) { return reader(on, false, by, how); }, [=](machine& on) { return storer(on, how); } },
        [](machine& on) {
            on.require(on.last(retired) == 0 && on.last(pinned) == 0, "a version stays retired for good");
            on.require(alive(on, 1) == 0 && alive(on, 2) == 1, "the cell has another version than was stored");
        } };
}

program store_and_revoke(ordering how)
{
    return { prepare, { [=](machine& on) { return storer(on, how); }, [=](machine& on) { return revoker(on, how); } },
        [](machine& on) {
            on.require(on.last(retired) == 0 && on.last(pinned) == 0, "a version stays retired for good");
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

constexpr std::array both{ ordering::by_revoker, ordering::by_both };
constexpr std::array all_proofs{ proof::generations, proof::tag, proof::epoch };

void expect_sound(program const& what)
{
    auto const found = explore(what);
    EXPECT_EQ(found.fault, "");
    EXPECT_GT(found.states, 20U);
}

TEST(protocols, of_opening_revoking_and_granting_anew_are_sound)
{
    for (auto const how : both)
        for (auto const by : all_proofs)
            expect_sound(open_revoke_and_grant_anew(by, how));
}
TEST(protocols, of_opening_storing_and_revoking_are_sound)
{
    for (auto const how : both) {
        for (auto const by : all_proofs)
            expect_sound(open_and_store(by, how));
        expect_sound(store_and_revoke(how));
    }
}
TEST(protocols, of_publishing_and_destroying_are_sound)
{
    expect_sound(publish_and_destroy());
}

// With any one of these something breaks.
void expect_found(program const& what, std::vector<planted> const& faults)
{
    for (auto const& fault : faults) {
        auto const found = explore(what, fault).fault;
        EXPECT_NE(found, "") << fault.weakened << fault.left_out;
        EXPECT_NE(found, too_many_states) << fault.weakened << fault.left_out;
    }
}

TEST(protocols, need_each_order_to_open_and_revoke)
{
    expect_found(open_revoke_and_grant_anew(proof::generations, ordering::by_both),
        { { "pin" }, { "look" }, { "named" }, { "unpin" }, { "look after" }, { "retire.awaited" },
            { "revoke.generation" } });
    expect_found(open_revoke_and_grant_anew(proof::tag, ordering::by_both), { { "revoke.tag" } });
    expect_found(open_revoke_and_grant_anew(proof::epoch, ordering::by_both), { { "revoke.epoch" } });
}
TEST(protocols, need_the_fence_in_all_threads)
{
    for (auto const by : all_proofs) {
        expect_found(open_revoke_and_grant_anew(by, ordering::by_revoker),
            { { .left_out = "order" }, { "unpin", order::relaxed }, { "named", order::relaxed } });
        expect_found(open_and_store(by, ordering::by_revoker), { { .left_out = "order" } });
    }
    // Without the fence a version also goes under a lease, not only astray.
    auto const harm
        = explore(open_revoke_and_grant_anew(proof::tag, ordering::by_revoker_and_all_look), { .left_out = "order" });
    EXPECT_EQ(harm.fault, writes_too_early);
}
TEST(protocols, need_each_step_to_open_and_revoke)
{
    for (auto const how : both)
        expect_found(open_revoke_and_grant_anew(proof::generations, how),
            { { .left_out = "look" }, { .left_out = "look after.ends" }, { .left_out = "reclaim.again" },
                { .left_out = "retire.awaited" } });
}
TEST(protocols, need_each_order_and_step_to_store)
{
    expect_found(open_and_store(proof::generations, ordering::by_both),
        { { "pin" }, { "enter.check" }, { "store" }, { "named" }, { "unpin" } });
    for (auto const how : both)
        expect_found(open_and_store(proof::generations, how),
            { { "unpin", order::relaxed }, { .left_out = "enter.check" }, { .left_out = "enter.missed" } });
}
TEST(protocols, need_each_order_to_destroy)
{
    expect_found(publish_and_destroy(),
        { { "publish.tag" }, { "publish.standing" }, { "destroy.standing" }, { "destroy.tag" } });
}

} // namespace
