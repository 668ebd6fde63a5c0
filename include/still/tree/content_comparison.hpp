// SPDX-License-Identifier: BSL-1.0
//
// The difference of two trees that share nothing: by the measures of key intervals, halved where they
// differ. Shapes don't matter, so that trees of different histories are compared as well.
// See Note: content hashes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/core/change.hpp"
#include "still/tree/aggregate.hpp"
#include "still/tree/compare.hpp"
#include "still/tree/iterator.hpp"

namespace still::tree {

/// Elements [first, last) of a tree, by their numbers.
template <class Schema>
struct stretch {
    borrowed<node<Schema>> root;
    std::uint64_t first;
    std::uint64_t last;

    [[nodiscard]] std::uint64_t size() const noexcept { return last - first; }
    [[nodiscard]] auto measured() const noexcept { return measure_between(root, first, last); }
};

/// Compares two stretches with the same bounds of keys. Access tells how an element is pointed to.
template <class Access, class Less, class Visitor>
class content_comparison {
    using schema = typename Access::schema;

public:
    using change_type = change<typename Access::pointer>;

    content_comparison(Less const& less, Visitor& visitor) noexcept
        : less_(less)
        , visitor_(visitor)
    {
    }

    /// Effect: tells the visitor what differs, in order. Returns false where it asked to stop.
    /// Precondition: the measures of equal elements are equal, and those of others differ.
    bool compare(stretch<schema> before, stretch<schema> after)
    {
        if (before.size() == after.size() && before.measured() == after.measured())
            return true;
        if (before.size() + after.size() <= small)
            return merge(before, after);
        auto const& larger = before.size() >= after.size() ? before : after;
        // The middle is not the first, so that both halves are smaller than the whole.
        auto const middle = position<schema>(larger.root, larger.first + larger.size() / 2);
        auto const cut = [&](stretch<schema> const& whole) {
            auto const number = &whole == &larger ? middle.number() : rank(whole.root, middle.key(), less_);
            return std::pair{ stretch<schema>{ whole.root, whole.first, number },
                stretch<schema>{ whole.root, number, whole.last } };
        };
        auto const parts_before = cut(before);
        auto const parts_after = cut(after);
        return compare(parts_before.first, parts_after.first) && compare(parts_before.second, parts_after.second);
    }

private:
    /// Below this many elements a walk is cheaper than asking for measures.
    static constexpr std::uint64_t small = 64;

    bool merge(stretch<schema> before, stretch<schema> after)
    {
        auto one = position<schema>(before.root, before.first);
        auto other = position<schema>(after.root, after.first);
        while (before.first < before.last || after.first < after.last) {
            auto const only_before
                = before.first < before.last && (after.first == after.last || less_(one.key(), other.key()));
            auto const only_after = !only_before && (before.first == before.last || less_(other.key(), one.key()));
            if (only_before) {
                if (!visit_change(change_type::removed(Access::point(one.at())), visitor_))
                    return false;
            } else if (only_after) {
                if (!visit_change(change_type::added(Access::point(other.at())), visitor_))
                    return false;
            } else if (!same_value(one.value(), other.value())) {
                if (!visit_change(change_type::changed(Access::point(one.at()), Access::point(other.at())), visitor_))
                    return false;
            }
            if (!only_after) {
                one.step_forward();
                ++before.first;
            }
            if (!only_before) {
                other.step_forward();
                ++after.first;
            }
        }
        return true;
    }

    Less const& less_;
    Visitor& visitor_;
};

} // namespace still::tree
