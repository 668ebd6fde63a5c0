// SPDX-License-Identifier: BSL-1.0
//
// Bytes as a program over several live segments, each beside its model. Copies between places make versions share
// nodes and frames. Steps go wrong at times: a bank is empty, a keeper refuses, an observer vetoes. After each step
// the version it made is validated and compared; what differs ends the program.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "program_bytes.hpp"
#include "segment_callbacks.hpp"
#include "segment_model.hpp"
#include "still/bank.hpp"
#include "still/core/config.hpp"
#include "still/segment.hpp"
#include "still/segment/hash.hpp"

namespace still_test {

class segment_interpreter {
public:
    segment_interpreter()
    {
        for (unsigned name = 0; name < callbacks; ++name) {
            keepers_[name] = std::make_shared<program_keeper>(conduct_, name);
            observers_[name] = std::make_shared<program_observer>(conduct_, name);
        }
        for (auto& each : places_)
            each.version = still::segment(0, rich_);
    }

    /// Effect: runs a program to its end. At most so many steps, so that no input takes long.
    void run(program_bytes program)
    {
        for (int number = 0; number < 120 && !program.at_end(); ++number) {
            conduct_.reset();
            step(program);
        }
        conduct_.reset();
        for (auto const& last : places_)
            check(last);
        for (auto& last : places_)
            last = place();
        STILL_CHECK(rich_.usage() == 0);
    }

private:
    using bytes = std::vector<std::byte>;

    struct place {
        still::segment version;
        segment_model model;
    };
    /// Bytes in a segment.
    struct range {
        std::size_t offset;
        std::size_t count;
    };

    /// Every step reads the same eight bytes, so that a changed byte leaves the rest of a program as it was.
    void step(program_bytes& program)
    {
        auto const action = program.next();
        auto const names = program.next();
        auto& to = places_[names % places];
        auto const& one = places_[names / places % places];
        auto const& other = places_[names / (places * places) % places];
        auto const how = program.next();
        std::array<unsigned, 5> const numbers{ program.next(), program.next(), program.next(), program.next(),
            program.next() };
        auto const span = range_in(one.model, numbers);
        auto const name = numbers[4] % callbacks;
        auto const detail = numbers[4] / callbacks;
        switch (action % 16) {
        case 0:
        case 1:
        case 2:
            return write(to, one, how, span, detail);
        case 3:
            return resize(to, one, how, numbers[0] % 12 * page_bytes + (detail % 3 == 0 ? numbers[1] * 16 : 0));
        case 4:
            return mount(to, one, other, how, numbers, detail);
        case 5:
            return keep(to, one, how, pages_in(one.model, span), name);
        case 6:
            return fetch(to, one, how, span);
        case 7:
            return freeze(to, one, how);
        case 8:
            return watch(to, one, how, span, name);
        case 9:
            return unwatch(to, one, how, name);
        case 10:
            return compare(one, other);
        case 11:
            return patch(to, one, how, other, places_[detail % places], numbers[3] % 3);
        case 12:
            return hash(one, other, span);
        case 13:
            return meld(to, one, numbers);
        case 14:
            return read(one, how, span);
        default:
            to = one;
            return;
        }
    }

    [[nodiscard]] static range range_in(segment_model const& model, std::array<unsigned, 5> const& numbers)
    {
        auto const offset
            = std::min(model.size(), numbers[0] % 12 * page_bytes + (numbers[1] % 2 == 0 ? 0 : numbers[1] * 16));
        auto const count = numbers[2] % 4 * page_bytes + (numbers[3] % 3 == 0 ? 0 : numbers[3]);
        return { offset, std::min(model.size() - offset, count) };
    }
    /// The range, made to be of whole pages.
    [[nodiscard]] static range pages_in(segment_model const& model, range span)
    {
        auto const offset = span.offset / page_bytes * page_bytes;
        auto const end = std::min(model.size(), (span.offset + span.count + page_bytes - 1) / page_bytes * page_bytes);
        return { offset, end - offset };
    }
    /// Some bytes that often are those that are there, or zeros.
    [[nodiscard]] static bytes source_for(segment_model const& model, range span, unsigned detail)
    {
        bytes source(span.count, static_cast<std::byte>(detail % 4));
        if (detail % 8 == 7)
            std::copy_n(model.bytes.begin() + static_cast<std::ptrdiff_t>(span.offset), span.count, source.begin());
        if (detail % 8 >= 5 && !source.empty())
            source[detail % source.size()] = static_cast<std::byte>(detail);
        return source;
    }

    static void check_report(still::segment const& seen) { STILL_CHECK(validate(seen).sound()); }
    static void check(place const& seen)
    {
        check_report(seen.version);
        STILL_CHECK(seen.version.size() == seen.model.size());
        STILL_CHECK(seen.version.frames_only() == seen.model.frames_only());
        bytes all(seen.model.size());
        seen.version.read(0, all);
        STILL_CHECK(all == seen.model.bytes);
    }

    /// Effect: `to` becomes what `run` makes of `one`, and `wanted`; no model: the step must fail. What goes wrong
    /// leaves the version as it was.
    template <class Run>
    void attempt(place& to, place const& one, unsigned how, Run&& run, std::optional<segment_model> wanted)
    {
        auto const poor = how % 8 == 4;
        if (how % 8 == 5)
            conduct_.asks_until_fault = 1 + how / 8 % 6;
        if (how % 8 == 6)
            conduct_.tells_until_veto = 1 + how / 8 % 6;
        conduct_.fault = how / 64;
        auto const in_place = &to == &one && how % 2 == 1;
        auto given = in_place ? std::move(to.version) : one.version;
        if (poor)
            given = std::move(given).paid_by(rich_.child(std::size_t{ how / 8 } * 200));
        std::optional<still::segment> made;
        auto excused = conduct_.misbehaved;
        try {
            made = run(std::move(given));
        } catch (std::bad_alloc const&) {
            excused = poor;
        } catch (still::mount_too_deep const&) {
            excused = true;
        } catch (std::exception const&) {
            excused = conduct_.misbehaved || !wanted;
        }
        conduct_.asks_until_fault = 0;
        conduct_.tells_until_veto = 0;
        if (!made) {
            STILL_CHECK(excused);
            if (in_place)
                to.version = std::move(given).paid_by(rich_); // NOLINT(bugprone-use-after-move): promised
            else
                STILL_CHECK(given.same_root(one.version)); // NOLINT(bugprone-use-after-move): promised
            return check(in_place ? to : one);
        }
        STILL_CHECK(wanted.has_value());
        if (!in_place && one.model.bytes == wanted->bytes && one.model.pages == wanted->pages && one.model.frames_only()
            && wanted->frames_only())
            STILL_CHECK(made->same_root(one.version));
        place next{ std::move(*made).paid_by(rich_), std::move(*wanted) };
        check(next);
        to = std::move(next);
    }

    /// What observers must be told of an access.
    [[nodiscard]] static std::vector<conduct::note> notes_of(
        segment_model const& model, range span, bytes const* source)
    {
        std::vector<conduct::note> notes;
        for (auto const& one : model.watches) {
            auto const first = std::max(one.first, span.offset);
            auto const end = std::min(one.end, span.offset + span.count);
            if (first >= end)
                continue;
            auto const part = [&](bytes const& of, std::size_t start) {
                return bytes(of.begin() + static_cast<std::ptrdiff_t>(first - start),
                    of.begin() + static_cast<std::ptrdiff_t>(end - start));
            };
            notes.push_back({ one.observer, first, part(model.bytes, 0),
                source == nullptr ? bytes() : part(*source, span.offset) });
        }
        return notes;
    }
    /// Precondition: nothing has been told but of one access. Less may have been, where it went wrong.
    void check_notes(std::vector<conduct::note> const& wanted, bool all) const
    {
        STILL_CHECK(all ? conduct_.notes.size() == wanted.size() : conduct_.notes.size() <= wanted.size());
        STILL_CHECK(std::equal(conduct_.notes.begin(), conduct_.notes.end(), wanted.begin()));
    }

    void write(place& to, place const& one, unsigned how, range span, unsigned detail)
    {
        auto const source = source_for(one.model, span, detail);
        auto const notes = notes_of(one.model, span, &source);
        auto wanted = std::optional(one.model);
        if (!wanted->write(span.offset, source))
            wanted.reset();
        auto const run = [&](still::segment&& of) {
            auto made = std::move(of).write(span.offset, source);
            check_notes(notes, true);
            conduct_.notes.clear();
            return made;
        };
        attempt(to, one, how, run, std::move(wanted));
    }
    void resize(place& to, place const& one, unsigned how, std::size_t size)
    {
        auto wanted = one.model;
        wanted.resize(size);
        attempt(to, one, how, [&](still::segment&& of) { return std::move(of).resize(size); }, std::move(wanted));
    }
    void mount(place& to, place const& one, place const& other, unsigned how, std::array<unsigned, 5> const& numbers,
        unsigned detail)
    {
        auto const there = pages_in(other.model, range_in(other.model, numbers));
        auto const offset = std::min(one.model.size() / page_bytes, std::size_t{ detail % 12 }) * page_bytes;
        auto const count = std::min(there.count, one.model.size() - offset);
        auto const read_only = detail / 12 % 2 != 0;
        auto wanted = std::optional(one.model);
        if (count % page_bytes != 0 && there.offset + count != other.model.size())
            wanted.reset();
        else if (count != 0)
            wanted->mount(offset, other.model, there.offset, count, read_only);
        auto const inner = other.version;
        attempt(
            to, one, how,
            [&](still::segment&& of) {
                return std::move(of).mount(offset, inner, there.offset, count,
                    read_only ? still::mount_rights::read_only : still::mount_rights::copy_on_write);
            },
            std::move(wanted));
    }
    void keep(place& to, place const& one, unsigned how, range span, unsigned name)
    {
        auto wanted = one.model;
        wanted.keep(span.offset, span.count, name);
        attempt(
            to, one, how,
            [&](still::segment&& of) { return std::move(of).keep(span.offset, span.count, keepers_[name]); },
            std::move(wanted));
    }
    void fetch(place& to, place const& one, unsigned how, range span)
    {
        auto wanted = one.model;
        wanted.fetch(span.offset, span.count);
        attempt(
            to, one, how, [&](still::segment&& of) { return std::move(of).fetch(span.offset, span.count); },
            std::move(wanted));
    }
    void freeze(place& to, place const& one, unsigned how)
    {
        auto wanted = one.model;
        wanted.freeze();
        attempt(to, one, how, [&](still::segment&& of) { return std::move(of).freeze(); }, std::move(wanted));
    }
    void watch(place& to, place const& one, unsigned how, range span, unsigned name)
    {
        auto wanted = one.model;
        if (span.count != 0)
            wanted.watch(span.offset, span.count, name);
        attempt(
            to, one, how,
            [&](still::segment&& of) { return std::move(of).watch(span.offset, span.count, observers_[name]); },
            std::move(wanted));
    }
    void unwatch(place& to, place const& one, unsigned how, unsigned name)
    {
        auto wanted = one.model;
        wanted.unwatch(name);
        attempt(
            to, one, how, [&](still::segment&& of) { return std::move(of).unwatch(*observers_[name]); },
            std::move(wanted));
    }

    void read(place const& one, unsigned how, range span)
    {
        auto const untouched = bytes(span.count, std::byte{ 0xee });
        auto target = untouched;
        auto const notes = notes_of(one.model, span, nullptr);
        if (how % 4 == 1)
            conduct_.asks_until_fault = 1 + how / 8 % 6;
        if (how % 4 == 2)
            conduct_.tells_until_veto = 1 + how / 8 % 6;
        try {
            one.version.read(span.offset, target);
            check_notes(notes, true);
            STILL_CHECK(std::equal(
                target.begin(), target.end(), one.model.bytes.begin() + static_cast<std::ptrdiff_t>(span.offset)));
        } catch (std::exception const&) {
            STILL_CHECK(conduct_.misbehaved);
            check_notes(notes, false);
            STILL_CHECK(target == untouched);
        }
    }

    static std::size_t pages_of_both(segment_model const& one, segment_model const& other)
    {
        return std::max(one.pages.size(), other.pages.size());
    }
    static bool differ_in_keepers(segment_model const& one, segment_model const& other, std::size_t pages)
    {
        for (std::size_t page = 0; page < pages; ++page) {
            if (one.differs_in_keepers(other, page))
                return true;
        }
        return false;
    }
    template <class Run, class Runs>
    static std::vector<Run> listed(Runs const& runs)
    {
        std::vector<Run> all;
        for (auto const run : runs)
            all.push_back(run);
        return all;
    }

    /// Nobody is told or asked.
    void compare(place const& one, place const& other)
    {
        conduct_.asks_until_fault = 1;
        auto const count = pages_of_both(one.model, other.model);
        auto const pages = runs_where<still::page_run>(
            count, [&](std::size_t page) { return one.model.differs(other.model, page); });
        STILL_CHECK(listed<still::page_run>(diff(one.version, other.version)) == pages);
        STILL_CHECK((one.version == other.version) == (pages.empty() && one.model.size() == other.model.size()));
        auto const refused = differ_in_keepers(one.model, other.model, count);
        try {
            auto const runs = listed<still::byte_run>(diff_bytes(one.version, other.version));
            STILL_CHECK(!refused);
            auto const at = [](segment_model const& model, std::size_t i) {
                return i < model.size() ? model.bytes[i] : std::byte{ 0 };
            };
            STILL_CHECK(runs
                == runs_where<still::byte_run>(std::max(one.model.size(), other.model.size()),
                    [&](std::size_t i) { return at(one.model, i) != at(other.model, i); }));
        } catch (still::not_present const&) {
            STILL_CHECK(refused);
        }
        STILL_CHECK(!conduct_.misbehaved && conduct_.notes.empty());
    }

    void patch(place& to, place const& base, unsigned how, place const& before, place const& after, unsigned kind)
    {
        auto const one = before; // `to` may be any of them
        auto const other = after;
        auto const count = pages_of_both(one.model, other.model);
        auto const in_size = other.model.pages.size();
        auto wanted = std::optional(base.model);
        wanted->resize(other.model.size());
        if (kind == 0) {
            for (std::size_t page = 0; page < in_size; ++page) {
                if (one.model.differs(other.model, page))
                    wanted->adopt(other.model, page);
            }
        } else if (differ_in_keepers(one.model, other.model, in_size)) {
            wanted.reset();
        } else {
            for (std::size_t page = 0; page < in_size && wanted; ++page) {
                if (one.model.differs(other.model, page) && !write_bytes(*wanted, one.model, other.model, page))
                    wanted.reset();
            }
        }
        // Keepers past the end of the second are looked at where a patch is made.
        if (kind == 2 && differ_in_keepers(one.model, other.model, count))
            conduct_.misbehaved = true;
        attempt(
            to, base, how & ~1U,
            [&](still::segment&& of) {
                auto made = kind == 0 ? still::patch(of, diff(one.version, other.version))
                    : kind == 1       ? still::patch(of, diff_bytes(one.version, other.version))
                                      : still::patch(of, make_patch(one.version, other.version));
                return made;
            },
            std::move(wanted));
    }
    /// Effect: writes the bytes of a page that differ. Returns whether they may be written.
    static bool write_bytes(segment_model& to, segment_model const& one, segment_model const& other, std::size_t page)
    {
        auto const before = one.page(page);
        auto const after = other.page(page);
        auto const start = page * page_bytes;
        for (auto const run : runs_where<still::byte_run>(
                 std::min(page_bytes, other.size() - start), [&](std::size_t i) { return before[i] != after[i]; })) {
            if (!to.write(start + run.offset, std::span(after).subspan(run.offset, run.count)))
                return false;
        }
        return true;
    }

    void hash(place const& one, place const& other, range span)
    {
        auto const refused = one.model.has_keepers(span.offset, span.count);
        try {
            auto const found = still::hash(one.version, span.offset, span.count);
            STILL_CHECK(!refused);
            STILL_CHECK(found
                == still::hash(still::segment(one.model.size()).write(0, one.model.bytes), span.offset, span.count));
        } catch (still::not_present const&) {
            STILL_CHECK(refused);
        }
        auto const kept = one.model.has_keepers(0, one.model.size()) || other.model.has_keepers(0, other.model.size());
        try {
            std::vector<still::page_run> runs;
            auto const all
                = diff_by_content(one.version, other.version, [&](still::page_run run) { runs.push_back(run); });
            STILL_CHECK(!kept && all);
            STILL_CHECK(runs == listed<still::page_run>(diff(one.version, other.version)));
        } catch (still::not_present const&) {
            STILL_CHECK(kept);
        }
        STILL_CHECK(conduct_.notes.empty());
    }

    /// A transaction beside its model, and beside each byte that it read or wrote.
    struct modelled_transaction {
        still::transaction changes;
        segment_model model;
        bool exact;
        std::vector<bool> reads;
        std::vector<bool> writes;

        modelled_transaction(place const& base, bool by_bytes)
            : changes(base.version, by_bytes ? still::tracking::bytes : still::tracking::pages)
            , model(base.model)
            , exact(by_bytes)
            , reads(base.model.size())
            , writes(base.model.size())
        {
        }
        void note(std::vector<bool>& set, range span) const
        {
            if (span.count == 0)
                return;
            auto first = span.offset;
            auto end = span.offset + span.count;
            if (!exact) {
                first = first / page_bytes * page_bytes;
                end = std::min(model.size(), (end + page_bytes - 1) / page_bytes * page_bytes);
            }
            std::fill(
                set.begin() + static_cast<std::ptrdiff_t>(first), set.begin() + static_cast<std::ptrdiff_t>(end), true);
        }
        void access(range span, unsigned detail)
        {
            if (detail % 4 == 0) {
                bytes target(span.count);
                note(reads, span);
                changes.read(span.offset, target);
                STILL_CHECK(std::equal(
                    target.begin(), target.end(), model.bytes.begin() + static_cast<std::ptrdiff_t>(span.offset)));
                return;
            }
            auto const source = source_for(model, span, detail);
            note(writes, span);
            auto const allowed = model.write(span.offset, source);
            try {
                changes.write(span.offset, source);
                STILL_CHECK(allowed);
            } catch (still::read_only_mount const&) {
                STILL_CHECK(!allowed);
            }
        }
    };

    void meld(place& to, place const& base, std::array<unsigned, 5> const& numbers)
    {
        modelled_transaction first(base, numbers[4] % 2 != 0);
        modelled_transaction second(base, numbers[4] / 2 % 2 != 0);
        // Four accesses of the numbers, turned round.
        for (unsigned i = 0; i < 4; ++i) {
            std::array<unsigned, 5> const turned{ numbers[i % 4] / (i + 1), numbers[(i + 1) % 4],
                numbers[(i + 2) % 4] % 3 == 0 ? 1U : 0U, numbers[(i + 3) % 4], 0 };
            auto const span = range_in(base.model, turned);
            (i % 2 == 0 ? first : second).access(span, numbers[(i + 3) % 4] / 3);
        }
        auto const count = base.model.size();
        auto const runs = [&](std::vector<bool> const& one, std::vector<bool> const& two) {
            return runs_where<still::byte_run>(count, [&](std::size_t i) { return one[i] && two[i]; });
        };
        STILL_CHECK(first.changes.read_set() == runs(first.reads, first.reads));
        STILL_CHECK(second.changes.write_set() == runs(second.writes, second.writes));
        std::vector<still::meld_conflict> conflicts;
        auto const add = [&](std::vector<still::byte_run> const& found, still::conflict_kind kind) {
            for (auto const run : found)
                conflicts.push_back({ run, kind });
        };
        add(runs(first.writes, second.writes), still::conflict_kind::both_wrote);
        add(runs(first.reads, second.writes), still::conflict_kind::first_read);
        add(runs(second.reads, first.writes), still::conflict_kind::second_read);
        auto const melded = still::meld(base.version, first.changes, second.changes);
        STILL_CHECK(melded.conflicts() == conflicts);
        if (!melded)
            return;
        place next{ melded.version(), first.model };
        for (std::size_t page = 0; page < base.model.pages.size(); ++page) {
            if (base.model.differs(second.model, page))
                next.model.pages[page] = {};
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (second.writes[i])
                next.model.bytes[i] = second.model.bytes[i];
        }
        check(next);
        to = std::move(next);
    }

    static constexpr std::size_t places = 5;
    static constexpr unsigned callbacks = 3;
    still::bank rich_{ std::size_t{ 1 } << 30 };
    conduct conduct_;
    std::array<std::shared_ptr<still::keeper>, callbacks> keepers_;
    std::array<std::shared_ptr<still::observer>, callbacks> observers_;
    std::array<place, places> places_;
};

inline void run_segment_program(std::span<std::uint8_t const> bytes)
{
    segment_interpreter().run(program_bytes(bytes));
}

} // namespace still_test
