// SPDX-License-Identifier: BSL-1.0
//
// The difference of two versions, in order of index, one change at a time; equality and order, which stop at the
// first.

#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <type_traits>
#include <utility>

#include "still/core/change.hpp"
#include "still/radix/iterator.hpp"
#include "still/sequence/pairs.hpp"
#include "still/sequence/version.hpp"

namespace still {

/// What a difference of vectors yields: `change.before` and `change.after` point to elements, or are null where the
/// index is past the end.
template <class T>
struct element_change {
    std::size_t index;
    still::change<T const*> change;

    [[nodiscard]] friend bool operator==(element_change const& one, element_change const& other) noexcept
    {
        return one.index == other.index && one.change.kind == other.change.kind
            && one.change.before == other.change.before && one.change.after == other.change.after;
    }
};

namespace sequence {

/// A change, in order of index; a forward iterator that owns nothing. A step costs the nodes that it opens and the
/// elements that it compares, and throws what their `==` does. Elements without `==` count as changed unless they lie
/// in one chunk.
template <class Schema>
class diff_iterator {
    using T = typename Schema::element_type;

public:
    using value_type = element_change<T>;
    using reference = value_type;
    using pointer = radix::arrow<value_type>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag; // its reference is a value
    using iterator_concept = std::forward_iterator_tag;

    diff_iterator() noexcept = default;
    /// At the first change. Throws what `==` of elements does.
    diff_iterator(borrowed_version<Schema> before, borrowed_version<Schema> after)
        : pairs_(before, after)
    {
        settle();
    }

    /// Precondition: not at the end.
    [[nodiscard]] reference operator*() const noexcept
    {
        STILL_ASSERT(!pairs_.at_end());
        auto const* const before = element(pairs_.before());
        auto const* const after = element(pairs_.after());
        using change_type = change<T const*>;
        return { pairs_.number() * Schema::chunk_capacity + position_,
            before == nullptr      ? change_type::added(after)
                : after == nullptr ? change_type::removed(before)
                                   : change_type::changed(before, after) };
    }
    [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }

    diff_iterator& operator++()
    {
        STILL_ASSERT(!pairs_.at_end());
        ++position_;
        settle();
        return *this;
    }
    diff_iterator operator++(int)
    {
        auto const before = *this;
        ++*this;
        return before;
    }

    [[nodiscard]] friend bool operator==(diff_iterator const& one, diff_iterator const& other) noexcept
    {
        return one.pairs_.before() == other.pairs_.before() && one.pairs_.after() == other.pairs_.after()
            && (one.pairs_.at_end() || one.position_ == other.position_);
    }
    [[nodiscard]] friend bool operator==(diff_iterator const& one, std::default_sentinel_t) noexcept
    {
        return one.pairs_.at_end();
    }

private:
    [[nodiscard]] static std::size_t size_of(chunk<Schema> const* seen) noexcept
    {
        return seen == nullptr ? 0 : seen->size();
    }
    [[nodiscard]] T const* element(chunk<Schema> const* in) const noexcept
    {
        return position_ < size_of(in) ? in->data() + position_ : nullptr;
    }

    /// Effect: goes on to the first position, from this one on, where the two differ.
    void settle()
    {
        for (; !pairs_.at_end(); pairs_.advance(), position_ = 0) {
            auto const both = std::min(size_of(pairs_.before()), size_of(pairs_.after()));
            pass_equal_bytes(both);
            for (; position_ < both; ++position_) {
                if (!same_element(pairs_.before()->data()[position_], pairs_.after()->data()[position_]))
                    return;
            }
            if (position_ < std::max(size_of(pairs_.before()), size_of(pairs_.after())))
                return;
        }
    }

    /// Effect: passes blocks of integers that are equal, which one comparison of bytes tells.
    void pass_equal_bytes(std::size_t both) noexcept
    {
        if constexpr (std::is_integral_v<T>) {
            constexpr std::size_t block = 16;
            while (position_ + block <= both
                && std::memcmp(
                       pairs_.before()->data() + position_, pairs_.after()->data() + position_, block * sizeof(T))
                    == 0)
                position_ += block;
        }
    }

    chunk_pairs<Schema> pairs_;
    std::size_t position_ = 0;
};

/// True when both have equal elements. O(1) for one root or different sizes; else what both share is not looked at,
/// and the first difference ends it. Allocates nothing.
template <class Schema>
[[nodiscard]] bool equal(borrowed_version<Schema> one, borrowed_version<Schema> other)
{
    if (one.size() != other.size())
        return false;
    return one == other || diff_iterator<Schema>(one, other) == std::default_sentinel;
}

/// What has an order: by `<=>`, or else by `<`.
template <class T>
concept orderable = std::three_way_comparable<T> || requires(T const& one) {
    { one < one } -> std::convertible_to<bool>;
};

/// The order of two elements: by `<=>` where they have it, else made from `<`.
template <orderable T>
[[nodiscard]] auto order_of(T const& one, T const& other)
{
    if constexpr (std::three_way_comparable<T>)
        return one <=> other;
    else
        return one < other ? std::weak_ordering::less
            : other < one  ? std::weak_ordering::greater
                           : std::weak_ordering::equivalent;
}

template <class T>
using order_between = decltype(order_of(std::declval<T const&>(), std::declval<T const&>()));

/// The lexicographic order of two versions. Elements in chunks that both share count as equal; otherwise as equal().
template <class Schema>
    requires orderable<typename Schema::element_type>
[[nodiscard]] auto order_of(borrowed_version<Schema> one, borrowed_version<Schema> other)
{
    using order = order_between<typename Schema::element_type>;
    for (chunk_pairs<Schema> pairs(one, other); !pairs.at_end(); pairs.advance()) {
        if (pairs.before() == nullptr || pairs.after() == nullptr)
            break;
        auto const before = pairs.before()->elements();
        auto const after = pairs.after()->elements();
        for (std::size_t position = 0; position < std::min(before.size(), after.size()); ++position) {
            if (order const here = order_of(before[position], after[position]); here != 0)
                return here;
        }
    }
    return order(one.size() <=> other.size()); // the shorter one first
}

} // namespace sequence
} // namespace still
