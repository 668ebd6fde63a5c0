// SPDX-License-Identifier: BSL-1.0
//
// What a page table shows as ranges, beside its slots: its runs, and its changes since another.

#pragma once

#include <iterator>

#include "still/radix/iterator.hpp"

namespace still {

/// A page table by runs: a lazy, ordered, forward range of slot_run. A span that has one slot all over comes as one
/// run, other slots come one by one; so neighbouring runs may have equal slots where the spans that they fill don't
/// make up a greater one. Owns nothing: valid as long as the table is kept and not edited in place. Cheap to copy.
template <class Slot, container_policy Policy>
class page_table_runs {
    using node = radix::node<Slot, Policy>;

public:
    using iterator = radix::run_iterator<node>;
    using value_type = slot_run<Slot>;

    /// Those that begin at `first` or later, or hold it. Precondition: the tree outlives it.
    page_table_runs(node const* root, page_index first) noexcept
        : root_(root)
        , first_(first)
    {
    }

    /// O(levels). Nothing here allocates or throws.
    [[nodiscard]] iterator begin() const noexcept { return { root_, radix::at_or_after(root_, first_) }; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// As begin() == end().
    [[nodiscard]] bool empty() const noexcept { return begin() == end(); }

private:
    node const* root_;
    page_index first_;
};

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

} // namespace still
