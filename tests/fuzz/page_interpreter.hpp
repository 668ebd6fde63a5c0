// SPDX-License-Identifier: BSL-1.0
//
// Bytes as a program over several live page tables, each beside its model, an interval map. Copies between places
// make versions share nodes. After each step the version it made is validated and compared; what differs ends the
// program.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "program_bytes.hpp"
#include "run_model.hpp"
#include "still/core/config.hpp"
#include "still/page_table.hpp"
#include "still/reclaimer.hpp"

namespace still_test {

template <class Table>
class page_interpreter {
public:
    /// Effect: runs a program to its end. At most so many steps, so that no input takes long.
    void run(program_bytes program)
    {
        for (int number = 0; number < 300 && !program.at_end(); ++number)
            step(program);
        for (auto const& last : places_)
            check(last);
    }

private:
    struct place {
        Table version;
        run_model expected;
    };

    /// Every step reads the same eight bytes, so that a changed byte leaves the rest of a program as it was.
    void step(program_bytes& program)
    {
        auto const action = program.next();
        auto const names = program.next();
        auto& to = places_[names % places];
        auto const& one = places_[names / places % places];
        auto const& other = places_[names / (places * places) % places];
        auto const first = index_of(program.next(), program.next());
        auto const run = run_from(first, program.next(), program.next());
        auto const slot = static_cast<int>(program.next() % 3);
        auto const detail = program.next();
        switch (action % 14) {
        case 0:
            return assign(to, one, first, slot);
        case 1:
            return erase(to, one, first);
        case 2:
        case 3:
            return assign_run(to, one, run, slot);
        case 4:
            return erase_run(to, one, run);
        case 5:
            return in_place(to, run, slot, detail);
        case 6:
            return without_memory(to, run, slot, 1 + static_cast<int>(detail % 40));
        case 7:
            return assign_all(to, one, run, slot, detail);
        case 8:
            return merge_three(to, one, other, places_[detail % places]);
        case 9:
            return follow_changes(one, other);
        case 10:
            return walk(one, first);
        case 11:
            return let_go(to, detail);
        case 12:
            return rebuild(to);
        default:
            to = one;
            return;
        }
    }

    /// An index near a place of one of many sizes.
    [[nodiscard]] static page_index index_of(unsigned where, unsigned near)
    {
        auto const far = where % 8 == 0 ? page_index{ 0 } : page_index{ where / 8 } << (where % 8 * 7);
        return (far + near + (where % 8 == 7 ? still::radix::index_end - 128 : 0)) % still::radix::index_end;
    }
    [[nodiscard]] static still::index_run run_from(page_index first, unsigned bits, unsigned more)
    {
        auto const aligned = bits % 4 == 0 ? first & ~((page_index{ 1 } << (bits / 4 % 52)) - 1) : first;
        auto const wanted = (page_index{ 1 } << (bits / 4 % 52)) + more % 8;
        return { aligned,
            std::min(wanted - std::min(wanted, page_index{ more / 8 % 4 }), still::radix::index_end - aligned) };
    }

    static void check(place const& seen)
    {
        STILL_CHECK(validate(seen.version).sound());
        STILL_CHECK(runs_of(seen.version) == runs_of(seen.expected));
        STILL_CHECK(seen.version.size() == boost::icl::cardinality(seen.expected));
    }
    static void put(place& to, place const& one, place made)
    {
        STILL_CHECK(made.version.same_root(one.version) == (made.expected == one.expected));
        check(made);
        to = std::move(made);
    }

    static void assign(place& to, place const& one, page_index index, int slot)
    {
        auto made = place{ one.version.assign(index, slot), one.expected };
        set_run(made.expected, index, 1, slot);
        put(to, one, std::move(made));
    }
    static void erase(place& to, place const& one, page_index index)
    {
        auto made = place{ one.version.erase(index), one.expected };
        still_test::erase_run(made.expected, index, 1);
        put(to, one, std::move(made));
    }
    static void assign_run(place& to, place const& one, still::index_run run, int slot)
    {
        auto made = place{ one.version.assign(run.first, run.count, slot), one.expected };
        set_run(made.expected, run.first, run.count, slot);
        put(to, one, std::move(made));
    }
    static void erase_run(place& to, place const& one, still::index_run run)
    {
        auto made = place{ one.version.erase(run.first, run.count), one.expected };
        still_test::erase_run(made.expected, run.first, run.count);
        put(to, one, std::move(made));
    }
    /// Some neighbouring indices, one by one.
    static void in_place(place& to, still::index_run run, int slot, unsigned detail)
    {
        for (page_index i = 0; i < detail && run.first + i < still::radix::index_end; ++i) {
            if (slot == 0) {
                to.version = std::move(to.version).erase(run.first + i);
                still_test::erase_run(to.expected, run.first + i, 1);
            } else {
                to.version = std::move(to.version).assign(run.first + i, slot);
                set_run(to.expected, run.first + i, 1, slot);
            }
        }
        to.version = std::move(to.version).assign(run.first, run.count, slot);
        set_run(to.expected, run.first, run.count, slot);
        check(to);
    }
    /// A throw leaves the version as it was, or the update happens.
    static void without_memory(place& to, still::index_run run, int slot, int nth)
    {
        auto made = to.expected;
        try {
            fail_at const faults(nth);
            if (slot == 0) {
                to.version = std::move(to.version).erase(run.first, run.count);
                still_test::erase_run(made, run.first, run.count);
            } else {
                to.version = std::move(to.version).assign(run.first, run.count, slot);
                set_run(made, run.first, run.count, slot);
            }
            to.expected = std::move(made);
        } catch (std::bad_alloc const&) { // NOLINT(bugprone-empty-catch): what was thrown is done
        }
        check(to);
    }
    static void assign_all(place& to, place const& one, still::index_run run, int slot, unsigned detail)
    {
        std::vector<std::pair<page_index, int>> batch;
        auto const stride = 1 + detail / 16;
        for (unsigned i = 0; i < detail % 128; ++i)
            batch.emplace_back((run.first + page_index{ i } * 7 % 64 * stride) % still::radix::index_end,
                (slot + static_cast<int>(i / 9)) % 3);
        auto made = place{ one.version.assign_all(batch), one.expected };
        for (auto const& [index, given] : batch)
            set_run(made.expected, index, 1, given);
        // Assigned and assigned back shares no root.
        check(made);
        STILL_CHECK(!made.version.same_root(one.version) || made.expected == one.expected);
        to = std::move(made);
    }

    /// Of runs that both changed the greater slot stays; one that is gone loses.
    static void merge_three(place& to, place const& base, place const& ours, place const& theirs)
    {
        auto made = place{ merge3(base.version, ours.version, theirs.version,
                               [](still::index_run, int const*, int const* our, int const* their) {
                                   return std::max(at(our), at(their));
                               }),
            {} };
        std::vector<page_index> edges;
        for (auto const* model : { &base.expected, &ours.expected, &theirs.expected }) {
            for (auto const& [first, count, slot] : runs_of(*model))
                edges.insert(edges.end(), { first, first + count });
        }
        std::ranges::sort(edges);
        for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
            auto const before = slot_in(base.expected, edges[i]);
            auto const our = slot_in(ours.expected, edges[i]);
            auto const their = slot_in(theirs.expected, edges[i]);
            auto const after = their == before ? our : our == before ? their : std::max(our, their);
            if (after)
                set_run(made.expected, edges[i], edges[i + 1] - edges[i], *after);
        }
        check(made);
        to = std::move(made);
    }

    /// What is told turns one model into the other, in order and without overlaps.
    static void follow_changes(place const& one, place const& other)
    {
        auto remade = one.expected;
        page_index reached = 0;
        for (auto const& [first, count, change] : diff(one.version, other.version)) {
            STILL_CHECK(first >= reached && count > 0);
            reached = first + count;
            STILL_CHECK(at(change.before) == slot_in(one.expected, first));
            STILL_CHECK(at(change.after) == slot_in(other.expected, reached - 1));
            STILL_CHECK(at(change.before) != at(change.after));
            if (change.after != nullptr)
                set_run(remade, first, count, *change.after);
            else
                still_test::erase_run(remade, first, count);
        }
        STILL_CHECK(remade == other.expected);
        STILL_CHECK((one.version == other.version) == (one.expected == other.expected));
    }

    /// From an index up and down, a few steps; and by numbers.
    static void walk(place const& one, page_index index)
    {
        auto const& seen = one.version;
        STILL_CHECK(at(seen.find(index)) == slot_in(one.expected, index));
        auto here = seen.lower_bound(index);
        auto const rank = seen.rank(index);
        STILL_CHECK(seen.nth(rank) == here);
        for (std::uint64_t passed = 0; passed < 70 && here != seen.end(); ++passed, ++here) {
            STILL_CHECK(slot_in(one.expected, here->index) == here->slot);
            STILL_CHECK(seen.rank(here->index) == rank + passed);
            STILL_CHECK(seen.nth(rank + passed) == here);
        }
        here = seen.lower_bound(index);
        for (std::uint64_t passed = 1; passed < 70 && here != seen.begin(); ++passed) {
            --here;
            STILL_CHECK(slot_in(one.expected, here->index) == here->slot);
            STILL_CHECK(seen.rank(here->index) == rank - passed);
        }
        auto const runs = seen.runs(index);
        auto const first = runs.begin();
        STILL_CHECK((first == runs.end()) == (rank == seen.size()));
        STILL_CHECK(first == runs.end() || first->first + first->count > index);
    }

    void let_go(place& to, unsigned detail)
    {
        bin_.take(std::move(to.version));
        STILL_CHECK(to.version.empty());
        to = place();
        bin_.step(detail);
    }
    /// However it came about, its shape is one.
    static void rebuild(place& to)
    {
        auto const kept = to.version;
        to.version = Table();
        for (auto const& [first, count, slot] : runs_of(to.expected))
            to.version = std::move(to.version).assign(first, count, slot);
        check(to);
        STILL_CHECK(kept == to.version);
        STILL_CHECK(kept.inventory().leaves == to.version.inventory().leaves);
        STILL_CHECK(kept.inventory().uniforms == to.version.inventory().uniforms);
        STILL_CHECK(kept.inventory().branches == to.version.inventory().branches);
    }

    [[nodiscard]] static std::optional<int> at(int const* slot)
    {
        return slot == nullptr ? std::nullopt : std::optional<int>(*slot);
    }
    [[nodiscard]] static std::optional<int> slot_in(run_model const& model, page_index index)
    {
        auto const found = model.find(index);
        return found == model.end() ? std::nullopt : std::optional<int>(found->second);
    }

    static constexpr std::size_t places = 6;
    std::array<place, places> places_;
    still::reclaimer bin_;
};

/// Effect: the first byte picks the policy; the rest is the program. Nothing is left behind.
inline void run_page_program(std::span<std::uint8_t const> bytes)
{
    live_count const seen;
    program_bytes program(bytes);
    switch (program.next() % 3) {
    case 0:
        page_interpreter<still::page_table<int, test_policy>>().run(program);
        break;
    case 1:
        page_interpreter<still::page_table<int, local_test_policy>>().run(program);
        break;
    default:
        page_interpreter<still::page_table<int, offset_test_policy>>().run(program);
        break;
    }
    STILL_CHECK(seen.balanced());
}

} // namespace still_test
