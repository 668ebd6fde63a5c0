// SPDX-License-Identifier: BSL-1.0
//
// Mutable ordered containers that have the standard library's interface, as subjects of ordered/.

#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "ordered/elements.hpp"

namespace benchmarks {

/// What a set's subject and a map's share. `Element` is what ranges give it.
template <class Kind, class Container, class Element>
struct standard_subject {
    using kind = Kind;
    using key = key_of<Kind>;
    using container = Container;
    using element = Element;

    [[nodiscard]] static container make() { return {}; }
    static void erase(container& from, key const& what) { from.erase(what); }
    [[nodiscard]] static container from_sorted(std::vector<element> const& elements)
    {
        return container(elements.begin(), elements.end());
    }
    [[nodiscard]] static container unite(container const& left, container const& right)
    {
        container made;
        std::set_union(
            left.begin(), left.end(), right.begin(), right.end(), std::inserter(made, made.end()), left.value_comp());
        return made;
    }
    [[nodiscard]] static container intersect(container const& left, container const& right)
    {
        container made;
        std::set_intersection(
            left.begin(), left.end(), right.begin(), right.end(), std::inserter(made, made.end()), left.value_comp());
        return made;
    }
    [[nodiscard]] static container subtract(container const& left, container const& right)
    {
        container made;
        std::set_difference(
            left.begin(), left.end(), right.begin(), right.end(), std::inserter(made, made.end()), left.value_comp());
        return made;
    }
};

template <class Kind, class Container>
struct standard_set : standard_subject<Kind, Container, key_of<Kind>> {
    static void insert(Container& into, key_of<Kind> const& what) { into.insert(what); }
    [[nodiscard]] static bool contains(Container const& in, key_of<Kind> const& what) { return in.contains(what); }
    [[nodiscard]] static key_of<Kind> element_of(key_of<Kind> const& what) { return what; }
    [[nodiscard]] static std::uint64_t weight(key_of<Kind> const& what) { return key_kind<Kind>::weight(what); }
};

/// Values are of 8 bytes, and odd: finding one reads it.
template <class Kind, class Container>
struct standard_map : standard_subject<Kind, Container, std::pair<key_of<Kind>, std::uint64_t>> {
    [[nodiscard]] static std::pair<key_of<Kind>, std::uint64_t> element_of(key_of<Kind> const& what)
    {
        return { what, key_kind<Kind>::weight(what) | 1U };
    }
    static void insert(Container& into, key_of<Kind> const& what) { into.insert(element_of(what)); }
    [[nodiscard]] static bool contains(Container const& in, key_of<Kind> const& what)
    {
        auto const found = in.find(what);
        return found != in.end() && (found->second & 1U) != 0;
    }
    template <class Entry>
    [[nodiscard]] static std::uint64_t weight(Entry const& entry)
    {
        return entry.second;
    }
};

} // namespace benchmarks
