// SPDX-License-Identifier: BSL-1.0
//
// A persistent, sparse, ordered table from page index to slot.
//
//   still::page_table<int> before;
//   before = std::move(before).assign(7, 1);            // edited in place
//   auto const after = before.assign(9, 2);             // a new version; `before` stays as it was
//   for (auto [index, slot] : after) ...                // 7 → 1, 9 → 2
//   for (auto [index, count, change] : diff(before, after)) ...  // 9: added
//   auto const wide = after.assign(1024, 1 << 20, 3);   // a million indices at the cost of the run's ends
//   for (auto [first, count, slot] : wide.runs()) ...

#pragma once

#include <boost/throw_exception.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "still/core/hash.hpp"
#include "still/core/kept_root.hpp"
#include "still/core/policy.hpp"
#include "still/core/report.hpp"
#include "still/radix/assign.hpp"
#include "still/radix/batch.hpp"
#include "still/radix/copy.hpp"
#include "still/radix/erase.hpp"
#include "still/radix/find.hpp"
#include "still/radix/merge3.hpp"
#include "still/radix/position.hpp"
#include "still/radix/ranges.hpp"
#include "still/radix/run.hpp"
#include "still/radix/validate.hpp"

namespace still {

/// A version: a regular value, cheap to copy (one count), safe to read from any thread where the
/// policy's counts are. An empty table is a null root and holds no memory.
///
/// Slot      copyable, equality-comparable, its destructor throws nothing. Where its move may throw,
///           leaves are rebuilt instead of edited in place. Where equal slots fill a whole span of indices, one
///           of them stands for all (see Note: runs of slots), so that `find` may give one object for several
///           indices.
/// Indices   0 to 2^52 - 1; a higher one throws std::out_of_range and changes nothing.
/// Errors    std::bad_alloc or what the policy's heap throws, and what slots throw when they are copied
///           or compared. Whatever is thrown, the table is as it was, and no memory is lost.
/// Threads   distinct tables from distinct threads without locks, also when they share nodes; one table
///           by the standard library's rule.
///
/// Over a heap whose handles name a place, a region's say, a table keeps its heap for life, as a standard container
/// keeps an allocator that doesn't propagate. Assignment from one of another heap, by move too, copies the slots,
/// O(nodes), and throws what that does; so does `swap`, for both. One without a heap takes over that of what it is
/// assigned.
template <class Slot, container_policy Policy = default_policy>
class page_table : public allocator_of_elements<typename Policy::heap> {
    using node = radix::node<Slot, Policy>;

public:
    using slot_type = Slot;
    using policy_type = Policy;
    using heap_type = typename Policy::heap;
    using value_type = page_entry<Slot>;
    using reference = value_type;
    using const_reference = value_type;
    using size_type = std::uint64_t;
    using difference_type = std::ptrdiff_t;
    using iterator = radix::iterator<node>;
    using const_iterator = iterator;
    using runs_type = page_table_runs<Slot, Policy>;
    using diff_type = page_table_diff<Slot, Policy>;

    /// Empty, on a default-made heap handle. Allocates nothing.
    page_table() noexcept(std::is_nothrow_default_constructible_v<heap_type>) = default;
    /// Empty, its nodes to come from `heap`. Allocates nothing.
    explicit page_table(heap_type heap) noexcept
        : heap_(std::move(heap))
    {
    }

    /// Shares all nodes. O(1), allocates nothing. Throws only where the policy's heap says that this one may be in
    /// memory that can't be written, and it is.
    page_table(page_table const& other) noexcept(!readable_elsewhere<heap_type>)
        : heap_(writable(other.heap_))
        , root_(owned<node>::share(other.root_.get()))
    {
    }
    /// Leaves `other` empty.
    page_table(page_table&& other) noexcept = default;
    /// The same slots in a heap's place: shared where they are there, else copied. The second form leaves `other`
    /// empty.
    page_table(page_table const& other, heap_type heap)
        requires placing_heap<heap_type>
        : heap_(std::move(heap))
        , root_(root_in(heap_, other))
    {
    }
    page_table(page_table&& other, heap_type heap)
        requires placing_heap<heap_type>
        : heap_(std::move(heap))
    {
        take_from(other);
    }
    page_table& operator=(page_table other) noexcept
        requires(!placing_heap<heap_type>)
    {
        swap(other);
        return *this;
    }
    page_table& operator=(page_table const& other)
        requires placing_heap<heap_type>
    {
        if (keeps_apart(heap_, other.heap_))
            root_ = kept(root_in(heap_, other));
        else
            *this = page_table(other);
        return *this;
    }
    // NOLINTNEXTLINE(performance-noexcept-move-constructor): it copies what is in another place
    page_table& operator=(page_table&& other)
        requires placing_heap<heap_type>
    {
        if (this != &other)
            take_from(other);
        return *this;
    }
    /// O(1) where the nodes are shared, else O(nodes that only this version reaches).
    ~page_table() = default;

    /// Effect: exchanges two versions. O(1). Where they are in two places, each gets a copy of the other's slots in its
    /// own; if anything throws, both are as they were.
    void swap(page_table& other) noexcept(!placing_heap<heap_type>)
    {
        if constexpr (placing_heap<heap_type>) {
            if (heap_.has_place() && other.heap_.has_place() && !(heap_ == other.heap_)) {
                auto here = kept(root_in(heap_, other));
                auto there = kept(root_in(other.heap_, *this));
                root_.swap(here);
                other.root_.swap(there);
                return;
            }
        }
        exchange(other);
    }
    friend void swap(page_table& one, page_table& other) noexcept(!placing_heap<heap_type>) { one.swap(other); }

    /// The handle that nodes come from.
    [[nodiscard]] heap_type const& heap() const noexcept { return heap_; }
    /// The same version, whose nodes are to come from another handle. O(1), allocates nothing, unless the two name
    /// different places: then it is a copy, O(nodes).
    [[nodiscard]] page_table with_heap(heap_type heap) const& noexcept(!readable_elsewhere<heap_type>)
    {
        if constexpr (placing_heap<heap_type>)
            return page_table(*this, std::move(heap));
        else
            return page_table(*this).with_heap(std::move(heap));
    }
    [[nodiscard]] page_table with_heap(heap_type heap) && noexcept(!placing_heap<heap_type>)
    {
        if constexpr (placing_heap<heap_type>) {
            return page_table(std::move(*this), std::move(heap));
        } else {
            heap_ = std::move(heap);
            return std::move(*this);
        }
    }

    /// Slots in use. O(1).
    [[nodiscard]] size_type size() const noexcept { return root_ ? root_.get()->size() : 0; }
    [[nodiscard]] bool empty() const noexcept { return !root_; }

    // Reading. Pointers and iterators own nothing: valid as long as some version that reaches the same
    // slot is kept and not edited in place. Nothing here allocates.

    /// The slot of an index, or null. O(levels).
    [[nodiscard]] Slot const* find(page_index index) const&
    {
        require(index);
        return radix::find(root_.get(), index);
    }
    Slot const* find(page_index) const&& = delete;

    /// True when the index has a slot. O(levels).
    [[nodiscard]] bool contains(page_index index) const
    {
        require(index);
        return radix::find(root_.get(), index) != nullptr;
    }

    /// The slot of an index. Throws std::out_of_range where there is none. O(levels).
    [[nodiscard]] Slot const& at(page_index index) const& { return present(find(index), index); }
    [[nodiscard]] Slot at(page_index index) && { return static_cast<page_table const&>(*this).at(index); }

    /// Slots in use, in ascending order of index.
    [[nodiscard]] iterator begin() const& noexcept { return { root_.get(), radix::lowest(root_.get()) }; }
    [[nodiscard]] iterator end() const& noexcept { return { root_.get(), {} }; }
    iterator begin() const&& = delete;
    iterator end() const&& = delete;

    /// The lowest slot in use at `index` or above. O(levels). 2^52 is taken too, and gives end().
    [[nodiscard]] iterator lower_bound(page_index index) const&
    {
        if (index == radix::index_end)
            return end();
        require(index);
        return { root_.get(), radix::at_or_after(root_.get(), index) };
    }
    iterator lower_bound(page_index) const&& = delete;

    /// The slot in use with this number, counted from 0 in order of index, or the end where there are no more.
    /// O(levels) in a dense table, O(levels · fan-out) in any.
    [[nodiscard]] iterator nth(size_type number) const& noexcept
    {
        return number < size() ? iterator(root_.get(), radix::nth(root_.get(), number)) : end();
    }
    iterator nth(size_type) const&& = delete;

    /// The number of slots in use below `index`, which may be 2^52 too. Costs as nth.
    [[nodiscard]] size_type rank(page_index index) const
    {
        if (index != radix::index_end)
            require(index);
        return radix::rank(root_.get(), index);
    }

    /// The slots in use as runs, in ascending order: a span of indices that has one slot all over is one. A lazy
    /// range that owns nothing. With an index, from the run on that holds it, or else the next. O(levels), and a
    /// step O(1) within a leaf. The index may be 2^52 too.
    [[nodiscard]] runs_type runs() const& noexcept { return { root_.get(), 0 }; }
    [[nodiscard]] runs_type runs(page_index from) const&
    {
        if (from != radix::index_end)
            require(from);
        return { root_.get(), from };
    }
    runs_type runs() const&& = delete;
    runs_type runs(page_index) const&& = delete;

    // Versions. One node a level is copied at most; with `&&`, nodes that only this version reaches are
    // edited in place. Where an update cuts a run, fan-out small nodes a level are made beside it.

    /// Returns the version in which `index` has `slot`. If it has an equal one already, the same root is
    /// returned, the slot that was there stays, and nothing is allocated. O(levels · fan-out).
    [[nodiscard]] page_table assign(page_index index, Slot const& slot) const&
    {
        return page_table(*this).assigned(index, slot);
    }
    [[nodiscard]] page_table assign(page_index index, Slot&& slot) const&
    {
        return page_table(*this).assigned(index, std::move(slot));
    }
    [[nodiscard]] page_table assign(page_index index, Slot const& slot) && { return assigned(index, slot); }
    [[nodiscard]] page_table assign(page_index index, Slot&& slot) && { return assigned(index, std::move(slot)); }

    /// Returns the version in which `index` has no slot. If it has none already, the same root is
    /// returned and nothing is allocated. O(levels · fan-out).
    [[nodiscard]] page_table erase(page_index index) const& { return page_table(*this).erased(index); }
    [[nodiscard]] page_table erase(page_index index) && { return erased(index); }

    /// Returns the version in which the indices from `first` up to `first` + `count` have `slot`. Equal slots that
    /// are there stay where spans don't become one. If all have an equal one already, or the run is empty, the same
    /// root is returned and nothing is allocated. Costs the run's ends and not the run: O(levels · fan-out) and the
    /// release of what goes. Throws std::out_of_range where the run reaches past 2^52.
    [[nodiscard]] page_table assign(page_index first, size_type count, Slot const& slot) const&
    {
        return page_table(*this).written(first, count, &slot);
    }
    [[nodiscard]] page_table assign(page_index first, size_type count, Slot const& slot) &&
    {
        return written(first, count, &slot);
    }

    /// Returns the version in which the indices from `first` up to `first` + `count` have no slot. Otherwise as
    /// assigning a run.
    [[nodiscard]] page_table erase(page_index first, size_type count) const&
    {
        return page_table(*this).written(first, count, nullptr);
    }
    [[nodiscard]] page_table erase(page_index first, size_type count) && { return written(first, count, nullptr); }

    /// Returns the version in which the indices of a batch have their slots: of a range of what binds as
    /// `auto const& [index, slot]`, in any order; of several slots for one index the last counts. If all are there
    /// already, the same root is returned and nothing is allocated.
    /// Each node on the way to an index is copied once at most, whatever the order; neighbours in ascending order
    /// are found together. O(n · levels · fan-out) at most. The slots of the range are copied. A throw leaves an lvalue
    /// as it was; an rvalue holds part of the batch then, unless an index is past the end and the range can be read
    /// twice.
    template <std::ranges::input_range Range>
    [[nodiscard]] page_table assign_all(Range&& batch) const&
    {
        return page_table(*this).all_assigned(batch);
    }
    template <std::ranges::input_range Range>
    [[nodiscard]] page_table assign_all(Range&& batch) &&
    {
        return all_assigned(batch);
    }

    // Comparing.

    /// True when both are one version, known without looking: then they are equal. O(1).
    [[nodiscard]] bool same_root(page_table const& other) const noexcept { return root_.get() == other.root_.get(); }

    /// True when the same indices have equal slots. Prunes what is shared: O(nodes of one version only).
    [[nodiscard]] friend bool operator==(page_table const& one, page_table const& other)
    {
        return radix::equal(one.root_.get(), other.root_.get());
    }

    /// The slot of an index where no other version reaches it, and it alone stands for it, so that what it names may
    /// be edited; else null. O(levels). Precondition: whoever edits leaves the slot itself as it is.
    [[nodiscard]] Slot const* unshared(page_index index) & noexcept
    {
        if (index >= radix::index_end || !root_)
            return nullptr;
        auto&& hand = root_.in_hand(heap_);
        owned<node>& root = hand;
        radix::path<node> const way(root, index);
        auto& end = way.end();
        if (!way.end_is_unshared() || !end.is_leaf() || !end.covers(index))
            return nullptr;
        for (unsigned i = 0; i < way.length(); ++i)
            way.branch(i).forget_content();
        end.forget_content();
        return end.slot_of(end.digit_of(index));
    }

    // For tests and statistics.

    /// What the version is made of, shared nodes counted too. O(nodes).
    [[nodiscard]] radix::inventory inventory() const { return radix::take_inventory(root_.get()); }
    /// The node the version starts at, or null. For code on the engine's own layer and its tests.
    [[nodiscard]] borrowed<node> root() const noexcept { return root_.borrow(); }
    /// Effect: takes the root out; the table is empty from then on. For a reclaimer; not where the nodes are a
    /// region's, since a rollback would take them from it.
    [[nodiscard]] friend owned<node> give_root(page_table& of) noexcept
        requires(!readable_elsewhere<heap_type>)
    {
        return of.root_.give();
    }

    /// What merge3 gives.
    template <class Resolve>
    [[nodiscard]] static page_table merged(
        page_table const& base, page_table const& ours, page_table const& theirs, Resolve& resolve)
    {
        auto const one_heap = ours.heap_ == theirs.heap_;
        if (one_heap && base == ours)
            return base == theirs ? ours : theirs;
        auto result = ours;
        heap_in_use_t<heap_type> heap(result.heap_);
        radix::three_way<node, Resolve> walk(heap, one_heap, resolve);
        result.root_ = kept(walk.run(base.root_.get(), ours.root_.get(), theirs.root_.get()));
        return result;
    }

private:
    using kept = core::kept_root<Policy, node>;

    /// Another table's root as one in a heap's place: shared where it is there, else copied. Where there is none to
    /// copy, the place may be gone.
    [[nodiscard]] static owned<node> root_in(heap_type const& heap, page_table const& other)
    {
        auto const is_there = heap == other.heap_;
        if (!is_there && !other.root_)
            return {};
        require_writable(heap);
        if (is_there)
            return owned<node>::share(other.root_.get());
        heap_in_use_t<heap_type> used(heap);
        return radix::copy_of(used, other.root_.get());
    }
    /// Effect: becomes what another is, which is empty then. One that has a place keeps it: what is elsewhere is
    /// copied.
    void take_from(page_table& other)
    {
        if (keeps_apart(heap_, other.heap_)) {
            root_ = kept(root_in(heap_, other));
            other.root_ = kept();
        } else {
            heap_ = other.heap_;
            root_ = std::move(other.root_);
        }
    }
    /// Precondition: in one place, or one of them in none.
    void exchange(page_table& other) noexcept
    {
        if constexpr (placing_heap<heap_type>) {
            if (!heap_.has_place())
                heap_ = other.heap_;
            if (!other.heap_.has_place())
                other.heap_ = heap_;
        } else {
            std::swap(heap_, other.heap_);
        }
        root_.swap(other.root_);
    }

    static void require(page_index index)
    {
        if (index >= radix::index_end)
            boost::throw_exception(std::out_of_range("still: page index " + std::to_string(index)
                + " is past the end of the address space (give one below 2^52; a byte offset is divided by "
                  "4096 first)"));
    }
    static Slot const& present(Slot const* found, page_index index)
    {
        if (found == nullptr)
            boost::throw_exception(std::out_of_range("still: no slot at page index " + std::to_string(index)
                + " (ask with find or contains where it may be absent)"));
        return *found;
    }

    [[nodiscard]] static heap_type const& writable(heap_type const& heap) noexcept(!readable_elsewhere<heap_type>)
    {
        require_writable(heap);
        return heap;
    }

    template <class Source>
    [[nodiscard]] page_table&& assigned(page_index index, Source&& slot)
    {
        require(index);
        auto&& hand = root_.in_hand(heap_);
        owned<node>& root = hand;
        radix::assign(heap_, root, index, std::forward<Source>(slot));
        return std::move(*this);
    }
    [[nodiscard]] page_table&& erased(page_index index)
    {
        require(index);
        auto&& hand = root_.in_hand(heap_);
        owned<node>& root = hand;
        radix::erase(heap_, root, index);
        return std::move(*this);
    }
    [[nodiscard]] page_table&& written(page_index first, size_type count, Slot const* slot)
    {
        if (first > radix::index_end || count > radix::index_end - first)
            boost::throw_exception(std::out_of_range("still: a run of " + std::to_string(count)
                + " indices from page index " + std::to_string(first)
                + " reaches past the end of the address space (first + count is 2^52 at most)"));
        if (count > 0) {
            auto&& hand = root_.in_hand(heap_);
            owned<node>& root = hand;
            radix::write_run(heap_, root, first, first + (count - 1), slot);
        }
        return std::move(*this);
    }
    template <class Range>
    [[nodiscard]] page_table&& all_assigned(Range& batch)
    {
        if constexpr (std::ranges::forward_range<Range>) {
            for (auto const& [index, slot] : batch)
                require(index);
        }
        auto&& hand = root_.in_hand(heap_);
        owned<node>& root = hand;
        if constexpr (radix::groups_by_leaf<Range>) {
            radix::assign_all(heap_, root, batch);
        } else {
            for (auto const& [index, slot] : batch) {
                require(index);
                radix::assign(heap_, root, index, slot);
            }
        }
        return std::move(*this);
    }

    [[no_unique_address]] heap_type heap_;
    kept root_;
};

/// The changes from `before` to `after`, in ascending order of index; right for any two tables, at the
/// cost of the nodes they don't share. A lazy range that owns nothing: both tables must outlive it. Slots
/// that compare equal are no change.
template <class Slot, class Policy>
[[nodiscard]] page_table_diff<Slot, Policy> diff(
    page_table<Slot, Policy> const& before, page_table<Slot, Policy> const& after) noexcept
{
    return { before.root().get(), after.root().get() };
}
template <class Slot, class Policy>
void diff(page_table<Slot, Policy> const&& before, page_table<Slot, Policy> const& after) = delete;
template <class Slot, class Policy>
void diff(page_table<Slot, Policy> const& before, page_table<Slot, Policy> const&& after) = delete;
template <class Slot, class Policy>
void diff(page_table<Slot, Policy> const&& before, page_table<Slot, Policy> const&& after) = delete;

/// Effect: calls `visit(slot_change)` for each change, in order, until it returns false; a visitor that
/// returns nothing sees all. Returns whether all were seen. Otherwise as the range.
template <class Slot, class Policy, std::invocable<slot_change<Slot> const&> Visit>
bool diff(page_table<Slot, Policy> const& before, page_table<Slot, Policy> const& after, Visit&& visit)
{
    return visit_changes(diff(before, after), visit);
}

/// Effect: what both sides made of `base`, in one version: each change that one side made is taken, and one that
/// both made alike is taken once. Where both gave indices different slots, by `==`, or one gave and the other took
/// away, `resolve(run, base, ours, theirs)` gives the slot, or an optional where none leaves the run without: it gets
/// an index_run and pointers to the slots before, in ours and in theirs, null where there is none, and at most one of
/// ours and theirs is null. A run is longer than one index where each of the three has one slot, or none, in a
/// whole span. A slot that equals ours leaves our slot as it is.
/// The root of `ours` where theirs brings nothing that it hasn't; the root of `theirs` where ours changed nothing
/// and the heaps are one; nothing is allocated for these. Otherwise the nodes in which one side changed nothing are
/// shared with the other: theirs where the heaps are one, else copied.
/// O(changes of both sides · levels · fan-out) when both descend from `base`; correct for any three versions.
/// Throws what the heap, slots and `resolve` throw, which is called in ascending order of indices.
template <class Slot, class Policy, class Resolve>
[[nodiscard]] page_table<Slot, Policy> merge3(page_table<Slot, Policy> const& base,
    std::type_identity_t<page_table<Slot, Policy>> const& ours,
    std::type_identity_t<page_table<Slot, Policy>> const& theirs, Resolve resolve)
{
    return page_table<Slot, Policy>::merged(base, ours, theirs, resolve);
}

/// Returns the first broken rule of the table's structure, or soundness. O(nodes). Throws what `==` of slots does.
template <class Slot, class Policy>
[[nodiscard]] report validate(page_table<Slot, Policy> const& table)
{
    return radix::validate(table.root().get());
}

} // namespace still

/// Of slots that have a hash. Tables that are equal hash alike. O(runs); allocates nothing; throws what the
/// slots' hashes do.
template <still::hashable Slot, still::container_policy Policy>
struct std::hash<still::page_table<Slot, Policy>> {
    [[nodiscard]] std::size_t operator()(still::page_table<Slot, Policy> const& seen) const
    {
        still::core::hash_sum sum(seen.size());
        for (auto const [first, count, slot] : seen.runs()) {
            sum.add_hash(first);
            sum.add_hash(count);
            sum.add_hash(slot);
        }
        return sum.value();
    }
};
