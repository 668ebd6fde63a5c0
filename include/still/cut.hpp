// SPDX-License-Identifier: BSL-1.0
//
// One instant of several things that change: heaps, cells, and lists of capabilities.
//
//   auto const [data, index, known] = still::cut(heap, atom, clist);   // a snapshot, a version, a list

#pragma once

#include <boost/throw_exception.hpp>

#include <chrono>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/capability/clist.hpp"
#include "still/capability/seen_cell.hpp"
#include "still/heap.hpp"
#include "still/heap/joint_cut.hpp"

namespace still {

namespace cuts {

/// Cells that are stored to again and again while all of them are looked at are given up after so many looks.
inline constexpr int most_looks = 10'000;

/// What a cut shows of one thing: seen, once or more, then kept, then taken.
template <class Part>
class part;

/// A heap, which the snapshots that are taken together show.
template <>
class part<heap> {
public:
    using shown = snapshot;
    /// Precondition, as of the others: the thing outlives this.
    explicit part(heap& of) noexcept
        : heap_(&of)
    {
    }
    /// Effect: adds the heap to those that are cut.
    void add_to(std::vector<heap*>& regions) const { regions.push_back(heap_); }
    /// Nothing is to be seen: no writer is inside.
    void see() const noexcept { }
    /// True: it shows what it showed.
    [[nodiscard]] bool is_shown() const noexcept { return true; }
    /// Nothing is to be kept: the snapshot is.
    void keep() const noexcept { }
    /// The next of the snapshots.
    [[nodiscard]] snapshot take(snapshot*& next) const { return std::move(*next++); }

private:
    heap* heap_;
};

/// A cell, which is looked at twice.
template <class T>
class part<atom<T>> {
public:
    using shown = T;
    /// Precondition: as above.
    explicit part(atom<T> const& of) noexcept
        : cell_(of)
    {
    }
    /// No heap.
    void add_to(std::vector<heap*>&) const noexcept { }
    /// Effect: looks at the cell. Throws as atom::load.
    void see() { seen_.emplace(cell_); }
    /// True when the cell shows what was seen. Precondition: seen.
    [[nodiscard]] bool is_shown() const noexcept { return seen_->is_shown(); }
    /// Effect: copies what was seen. Precondition: seen.
    void keep()
    {
        version_.emplace(seen_->version());
        seen_.reset();
    }
    /// What was kept.
    [[nodiscard]] T take(snapshot*&) { return std::move(*version_); }

private:
    atom<T> const& cell_;
    std::optional<seen_cell<T>> seen_;
    std::optional<T> version_;
};

/// A list, which nobody changes meanwhile.
template <>
class part<clist> {
public:
    using shown = clist;
    /// Precondition: as above.
    explicit part(clist const& of) noexcept
        : list_(of)
    {
    }
    /// No heap.
    void add_to(std::vector<heap*>&) const noexcept { }
    /// Nothing is to be seen.
    void see() const noexcept { }
    /// True: it shows what it showed.
    [[nodiscard]] bool is_shown() const noexcept { return true; }
    /// Effect: copies the list. O(1).
    void keep() { version_ = list_; }
    /// What was kept.
    [[nodiscard]] clist take(snapshot*&) { return std::move(version_); }

private:
    clist const& list_;
    clist version_;
};

/// What a cut can be of: heaps, atoms, lists of capabilities.
template <class T>
concept can_be_cut = requires(T& thing) { part<std::remove_const_t<T>>(thing); };

/// Effect: sees all cells as they are at one time: looked at once more, none has changed. Throws as atom::load;
/// std::system_error (resource_unavailable_try_again).
template <class... Parts>
void see_at_once(Parts&... parts)
{
    for (int looks = 0; looks < most_looks; ++looks) {
        (parts.see(), ...);
        if ((parts.is_shown() && ...)) {
            (parts.keep(), ...);
            return;
        }
    }
    boost::throw_exception(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
        "still: cells of a cut were stored to faster than they can be read (store to them under a guard of one of "
        "the heaps that are cut with them, or store less often)"));
}

/// As `cut`, until a deadline or without one.
template <class... Things>
[[nodiscard]] auto cut_until(std::optional<std::chrono::steady_clock::time_point> until, Things&... things)
    -> std::tuple<typename part<std::remove_const_t<Things>>::shown...>
{
    std::tuple<part<std::remove_const_t<Things>>...> parts(things...);
    return std::apply(
        [&](auto&... each) -> std::tuple<typename part<std::remove_const_t<Things>>::shown...> {
            std::vector<heap*> regions;
            (each.add_to(regions), ...);
            auto snapshots = heaps::snapshots_at_once(regions, until, [&] { see_at_once(each...); });
            auto* next = snapshots.data();
            return { each.take(next)... };
        },
        parts);
}

} // namespace cuts

/// Returns each thing as it is at one instant: of a heap a snapshot, of an atom its version, of a list of capabilities
/// a copy, in the order of the arguments, as a tuple. In that instant no writer is in any of the heaps. So what is
/// stored to an atom, or changed in a list, under a guard of one of them belongs to what is written under that guard:
/// the cut has all of it or nothing. Atoms alone show one instant too, whoever stores to them. A list that other
/// threads change is changed under such a guard, or lives in an atom.
///
/// Costs what the snapshots and loads cost; the writers of all heaps wait for as long as the residues of all take, and
/// the guards in progress. Guards of several heaps may nest in any order. Copies of versions keep their nodes, as
/// atom::load.
/// Throws as heap::snapshot and atom::load; std::invalid_argument (a heap that is there twice); std::system_error
/// (resource_unavailable_try_again: atoms that are never at rest). Nothing changed then.
/// Thread contract: any thread that holds no guard of the heaps.
template <cuts::can_be_cut... Things>
    requires(sizeof...(Things) > 0)
[[nodiscard]] auto cut(Things&... things)
{
    return cuts::cut_until(std::nullopt, things...);
}
/// As above; throws std::system_error (timed_out) if guards are in progress until the deadline.
template <cuts::can_be_cut... Things>
    requires(sizeof...(Things) > 0)
[[nodiscard]] auto cut(std::chrono::steady_clock::time_point deadline, Things&... things)
{
    return cuts::cut_until(deadline, things...);
}

} // namespace still
