// SPDX-License-Identifier: BSL-1.0
//
// Boost's sorted arrays: mutable, the least memory and fast to read; an insertion moves half of the rest.

#pragma once

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>

#include "rivals/standard.hpp"

namespace benchmarks {

/// A sorted array takes a sorted range as it is, and is told so.
template <class Base>
struct flat : Base {
    static constexpr char const* name = "flat";

    [[nodiscard]] static typename Base::container from_sorted(std::vector<typename Base::element> const& elements)
    {
        return typename Base::container(boost::container::ordered_unique_range, elements.begin(), elements.end());
    }
};

template <class Kind>
using flat_set = flat<standard_set<Kind, boost::container::flat_set<key_of<Kind>>>>;
template <class Kind>
using flat_map = flat<standard_map<Kind, boost::container::flat_map<key_of<Kind>, std::uint64_t>>>;

} // namespace benchmarks
