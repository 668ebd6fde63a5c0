// SPDX-License-Identifier: BSL-1.0
//
// A component's own table of the capabilities that it holds.
//
//   still::clist known(bank);                        // the bank pays for the table
//   auto const there = known.hold(offered);          // at the lowest free place
//   if (auto const index = known.get<map>(there).open()) ...
//   known.move(there, 7);
//   for (auto const [place, capability] : known) ...

#pragma once

#include <boost/throw_exception.hpp>

#include <cstdint>
#include <stdexcept>
#include <utility>

#include "still/capability/any_capability.hpp"
#include "still/capability/grantable.hpp"
#include "still/core/charged_heap.hpp"
#include "still/page_table.hpp"

namespace still {

/// Places, numbered from 0, each with a capability or none. A regular value: a copy is O(1), shares what doesn't
/// change, and is paid for by the same bank. It keeps nothing alive that its capabilities name.
/// Cost of a change: O(log n), one node a level; the bank pays. Throws quota_exceeded, bank_destroyed,
/// std::bad_alloc; std::out_of_range past the last place there may be; std::logic_error without a bank. Then nothing
/// is changed. Nothing to change: no allocation.
/// Thread contract: a version: distinct objects from any threads.
class clist {
    using table = page_table<any_capability, charged_policy>;

public:
    using place = page_index;

    /// One entry of a list.
    struct entry {
        clist::place place;
        still::any_capability capability;
    };
    class iterator;

    /// Empty, and nobody pays: nothing can be put in it.
    clist() noexcept = default;
    /// Empty. Allocates nothing.
    explicit clist(bank payer) noexcept
        : table_(charged_heap(std::move(payer)))
    {
    }

    /// The places that are taken. O(1).
    [[nodiscard]] std::uint64_t size() const noexcept { return table_.size(); }
    [[nodiscard]] bool empty() const noexcept { return table_.empty(); }
    /// The bank that pays.
    [[nodiscard]] bank const& payer() const noexcept { return table_.heap().payer(); }

    /// The capability at a place; null where there is none. O(log n).
    [[nodiscard]] any_capability at(place from) const
    {
        auto const* const found = table_.find(from);
        return found != nullptr ? *found : any_capability();
    }
    /// The capability at a place, where it is one for T; else null. O(log n).
    template <can_be_granted T>
    [[nodiscard]] capability<T> get(place from) const
    {
        return at(from).template as<T>();
    }

    /// Effect: puts a capability at the lowest free place, and returns that. O(log^2 n).
    place hold(any_capability const& held)
    {
        place low = 0; // all below it are taken
        for (place high = size(); low < high;) { // one of those up to it is free
            auto const middle = low + (high - low) / 2;
            if (table_.rank(middle + 1) == middle + 1)
                low = middle + 1;
            else
                high = middle;
        }
        put(low, held);
        return low;
    }
    /// Effect: puts a capability at a place, instead of what is there. A null one empties the place.
    void put(place to, any_capability const& held) { table_ = held ? table_.assign(to, held) : table_.erase(to); }
    /// Effect: empties a place.
    void drop(place from) { table_ = table_.erase(from); }
    /// Effect: puts what is at `from` at `to` as well; where there is nothing, empties `to`.
    void copy(place from, place to) { put(to, at(from)); }
    /// Effect: puts what is at `from` at `to`, and empties `from`. From a place to itself: nothing.
    void move(place from, place to)
    {
        if (from == to)
            return;
        auto moved = *this;
        moved.copy(from, to);
        moved.drop(from);
        *this = std::move(moved);
    }

    /// The places that are taken, ascending, with what is there.
    [[nodiscard]] iterator begin() const& noexcept;
    iterator begin() const&& = delete;
    [[nodiscard]] iterator end() const& noexcept;
    iterator end() const&& = delete;

    /// The same capabilities at the same places. Pruned by what both share.
    [[nodiscard]] friend bool operator==(clist const& one, clist const& other) { return one.table_ == other.table_; }
    /// True when both are one version.
    [[nodiscard]] bool same_root(clist const& other) const noexcept { return table_.same_root(other.table_); }

private:
    table table_;
};

/// Goes over a list's entries. The list must outlive it.
class clist::iterator {
public:
    using value_type = entry;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    [[nodiscard]] entry operator*() const noexcept
    {
        auto const found = *at_;
        return { found.index, found.slot };
    }
    iterator& operator++()
    {
        ++at_;
        return *this;
    }
    iterator operator++(int)
    {
        auto const before = *this;
        ++at_;
        return before;
    }
    [[nodiscard]] friend bool operator==(iterator const&, iterator const&) noexcept = default;

private:
    friend class clist;
    explicit iterator(table::iterator at) noexcept
        : at_(at)
    {
    }
    table::iterator at_;
};

inline clist::iterator clist::begin() const& noexcept
{
    return iterator(table_.begin());
}
inline clist::iterator clist::end() const& noexcept
{
    return iterator(table_.end());
}

/// Reads a list under a lease. Through a weak capability, each capability comes out weak, and null where it can't be
/// weakened.
class clist_view {
public:
    /// A view of a list, which must outlive it. O(1).
    explicit clist_view(clist const& seen, bool weak = false) noexcept
        : seen_(&seen)
        , weak_(weak)
    {
    }

    /// Each as the list's own, with its cost and its errors.
    [[nodiscard]] std::uint64_t size() const noexcept { return seen_->size(); }
    [[nodiscard]] bool empty() const noexcept { return seen_->empty(); }
    [[nodiscard]] any_capability at(clist::place from) const { return shown(seen_->at(from)); }
    template <can_be_granted T>
    [[nodiscard]] capability<T> get(clist::place from) const
    {
        return at(from).template as<T>();
    }
    /// Effect: calls visit(place, capability) for each, ascending. Throws what it throws.
    template <class Visit>
    void for_each(Visit visit) const
    {
        for (auto const [place, held] : *seen_)
            visit(place, shown(held));
    }

private:
    [[nodiscard]] any_capability shown(any_capability const& held) const noexcept
    {
        return weak_ ? held.weaken() : held;
    }
    clist const* seen_;
    bool weak_;
};

template <>
struct grantable<clist> {
    using view = clist_view;
    /// What a lease shows of the list, by a capability that has lost that. O(1).
    [[nodiscard]] static view view_of(clist const& version, std::uint32_t lost = 0) noexcept
    {
        return view(version, (lost & slots::losses::strength) != 0);
    }
};

template <>
inline constexpr bool slots::weakens<clist> = true;
template <>
inline constexpr bool slots::holds_capabilities<clist> = true;

} // namespace still
