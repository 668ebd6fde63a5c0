// SPDX-License-Identifier: BSL-1.0
//
// A persistent, sparse, ordered table from page index to slot.
//
//   still::page_table<int> before;
//   before = std::move(before).assign(7, 1);            // edited in place
//   auto const after = before.assign(9, 2);             // a new version; `before` stays as it was
//   for (auto [index, slot] : after) ...                // 7 → 1, 9 → 2
//   for (auto [index, change] : diff(before, after)) ...  // 9: added

#pragma once

#include <boost/throw_exception.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "still/core/hash.hpp"
#include "still/core/policy.hpp"
#include "still/core/report.hpp"
#include "still/radix/assign.hpp"
#include "still/radix/erase.hpp"
#include "still/radix/iterator.hpp"
#include "still/radix/validate.hpp"

namespace still {

template <class Slot, container_policy Policy = default_policy>
class page_table;

/// The changes from one page table to another: a lazy, ordered, forward range of slot_change.
/// Owns nothing: valid as long as both tables are kept and not edited in place. Cheap to copy.
template <class Slot, container_policy Policy>
class page_table_diff {
    using node = radix::node<Slot, Policy>;

public:
    using iterator = radix::diff_iterator<node>;
    using value_type = slot_change<Slot>;

    /// What `diff` makes. Precondition: both trees outlive it.
    page_table_diff(node const* before, node const* after) noexcept
        : before_(before)
        , after_(after)
    {
    }

    /// Finds the first change. Costs the nodes opened up to it, allocates nothing, throws what `==` of
    /// slots does.
    [[nodiscard]] iterator begin() const { return iterator(before_, after_); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// As begin() == end().
    [[nodiscard]] bool empty() const { return begin() == end(); }

private:
    node const* before_;
    node const* after_;
};

/// A version: a regular value, cheap to copy (one count), safe to read from any thread where the
/// policy's counts are. An empty table is a null root and holds no memory.
///
/// Slot      copyable, equality-comparable, its destructor throws nothing. Where its move may throw,
///           leaves are rebuilt instead of edited in place.
/// Indices   0 to 2^52 - 1; a higher one throws std::out_of_range and changes nothing.
/// Errors    std::bad_alloc or what the policy's heap throws, and what slots throw when they are copied
///           or compared. Whatever is thrown, the table is as it was, and no memory is lost.
/// Threads   distinct tables from distinct threads without locks, also when they share nodes; one table
///           by the standard library's rule.
template <class Slot, container_policy Policy>
class page_table {
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
    using diff_type = page_table_diff<Slot, Policy>;

    /// Empty, on a default-made heap handle. Allocates nothing.
    page_table() noexcept(std::is_nothrow_default_constructible_v<heap_type>) = default;
    /// Empty, its nodes to come from `heap`. Allocates nothing.
    explicit page_table(heap_type heap) noexcept
        : heap_(std::move(heap))
    {
    }

    /// Shares all nodes. O(1), allocates nothing.
    page_table(page_table const& other) noexcept
        : heap_(other.heap_)
        , root_(owned<node>::share(other.root_.get()))
    {
    }
    /// Leaves `other` empty.
    page_table(page_table&& other) noexcept = default;
    page_table& operator=(page_table other) noexcept
    {
        swap(other);
        return *this;
    }
    /// O(1) where the nodes are shared, else O(nodes that only this version reaches).
    ~page_table() = default;

    /// Effect: exchanges two versions. O(1).
    void swap(page_table& other) noexcept
    {
        std::swap(heap_, other.heap_);
        root_.swap(other.root_);
    }
    friend void swap(page_table& one, page_table& other) noexcept { one.swap(other); }

    /// The handle that nodes come from.
    [[nodiscard]] heap_type const& heap() const noexcept { return heap_; }
    /// The same version, whose nodes are to come from another handle. O(1), allocates nothing.
    [[nodiscard]] page_table with_heap(heap_type heap) const& noexcept
    {
        return page_table(*this).with_heap(std::move(heap));
    }
    [[nodiscard]] page_table with_heap(heap_type heap) && noexcept
    {
        heap_ = std::move(heap);
        return std::move(*this);
    }

    /// Slots in use. O(1).
    [[nodiscard]] size_type size() const noexcept { return root_ ? root_->size() : 0; }
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

    // Versions. One node a level is copied at most; with `&&`, nodes that only this version reaches are
    // edited in place, so that a batch copies each touched node once.

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
        radix::path<node> const way(root_, index);
        auto const& end = way.end();
        return way.end_is_unshared() && end.is_leaf() && end.covers(index) ? end.slot_of(end.digit_of(index)) : nullptr;
    }

    // For tests and statistics.

    /// What the version is made of, shared nodes counted too. O(nodes).
    [[nodiscard]] radix::inventory inventory() const { return radix::take_inventory(root_.get()); }
    /// The node the version starts at, or null. For code on the engine's own layer and its tests.
    [[nodiscard]] borrowed<node> root() const noexcept { return root_.borrow(); }
    /// Effect: takes the root out; the table is empty from then on. For a reclaimer.
    [[nodiscard]] friend owned<node> give_root(page_table& of) noexcept { return std::move(of.root_); }

private:
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

    template <class Source>
    [[nodiscard]] page_table&& assigned(page_index index, Source&& slot)
    {
        require(index);
        radix::assign(heap_, root_, index, std::forward<Source>(slot));
        return std::move(*this);
    }
    [[nodiscard]] page_table&& erased(page_index index)
    {
        require(index);
        radix::erase(heap_, root_, index);
        return std::move(*this);
    }

    [[no_unique_address]] heap_type heap_;
    owned<node> root_;
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

/// Returns the first broken rule of the table's structure, or soundness. O(nodes).
template <class Slot, class Policy>
[[nodiscard]] report validate(page_table<Slot, Policy> const& table)
{
    return radix::validate(table.root().get());
}

} // namespace still

/// Of slots that have a hash. Tables that are equal hash alike. O(slots); allocates nothing; throws what the
/// slots' hashes do.
template <still::hashable Slot, still::container_policy Policy>
struct std::hash<still::page_table<Slot, Policy>> {
    [[nodiscard]] std::size_t operator()(still::page_table<Slot, Policy> const& seen) const
    {
        still::core::hash_sum sum(seen.size());
        for (auto const [index, slot] : seen) {
            sum.add_hash(index);
            sum.add_hash(slot);
        }
        return sum.value();
    }
};
