// SPDX-License-Identifier: BSL-1.0
//
// What a tree adds up over its elements, node by node, beside their number: the policy's Measure.
// See Note: measures.

#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace still {

/// A monoid over elements. `combine` is associative, and `identity()` changes nothing on either side; a
/// tree's shape then doesn't show. `of` measures one element: `of(key)` for sets, `of(key, value)` for
/// maps. None of them throws, and a value of the measure is copied without throwing: they run in the
/// middle of updates.
template <class Measure>
concept measure = std::default_initializable<typename Measure::value_type>
    && std::is_nothrow_default_constructible_v<typename Measure::value_type>
    && std::is_nothrow_copy_constructible_v<typename Measure::value_type>
    && std::is_nothrow_copy_assignable_v<typename Measure::value_type>
    && std::is_nothrow_destructible_v<typename Measure::value_type>
    && requires(typename Measure::value_type const& one) {
           { Measure::identity() } noexcept -> std::same_as<typename Measure::value_type>;
           { Measure::combine(one, one) } noexcept -> std::same_as<typename Measure::value_type>;
       };

/// A policy with a measure: as `Base` in all else.
template <measure Measure, class Base>
struct measured : Base {
    using measure = Measure;
};

} // namespace still

namespace still::tree {

/// What trees without a measure add up.
struct no_measure {
    struct value_type {
        [[nodiscard]] friend constexpr bool operator==(value_type, value_type) noexcept { return true; }
    };
    [[nodiscard]] static constexpr value_type identity() noexcept { return {}; }
    [[nodiscard]] static constexpr value_type combine(value_type, value_type) noexcept { return {}; }
};

template <class Policy>
struct measure_of_policy {
    using type = no_measure;
};
template <class Policy>
    requires requires { typename Policy::measure; }
struct measure_of_policy<Policy> {
    using type = typename Policy::measure;
};

/// What a branch keeps of a child: the number of elements below it, and their measure.
template <class Schema>
struct summary {
    std::uint64_t size = 0;
    [[no_unique_address]] typename Schema::measure::value_type measured = Schema::measure::identity();
};

/// The measure of one element.
template <class Schema>
[[nodiscard]] auto measure_of(
    typename Schema::key_type const& key, [[maybe_unused]] typename Schema::value_type const& value) noexcept
{
    using measure = typename Schema::measure;
    if constexpr (!Schema::has_values) {
        static_assert(noexcept(measure::of(key)), "still: a measure's functions don't throw");
        return typename measure::value_type(measure::of(key));
    } else {
        static_assert(noexcept(measure::of(key, value)), "still: a measure's functions don't throw");
        return typename measure::value_type(measure::of(key, value));
    }
}

/// Room for the measures of a branch's children; none where nothing is measured.
template <class Measure, unsigned Capacity>
struct measures {
    [[nodiscard]] typename Measure::value_type const& at(std::size_t slot) const noexcept { return values[slot]; }
    void set(std::size_t slot, typename Measure::value_type const& measured) noexcept { values[slot] = measured; }

    typename Measure::value_type values[Capacity];
};
template <unsigned Capacity>
struct measures<no_measure, Capacity> {
    [[nodiscard]] no_measure::value_type at(std::size_t) const noexcept { return {}; }
    void set(std::size_t, no_measure::value_type) noexcept { }
};

} // namespace still::tree
