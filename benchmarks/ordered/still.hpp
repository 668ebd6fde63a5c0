// SPDX-License-Identifier: BSL-1.0
//
// Still's sets and maps as subjects, one for each policy that is measured.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "huge_page_heap.hpp"
#include "ordered/elements.hpp"
#include "still/bank.hpp"
#include "still/map.hpp"
#include "still/set.hpp"

namespace benchmarks {

/// The policies, by the names of their subjects.
struct shared_subject {
    static constexpr char const* name = "still";
    using policy = still::default_policy;
    [[nodiscard]] static policy::heap heap() { return {}; }
};
struct local_subject {
    static constexpr char const* name = "still_local";
    using policy = still::local_policy;
    [[nodiscard]] static policy::heap heap() { return {}; }
};
struct charged_subject {
    static constexpr char const* name = "still_charged";
    using policy = still::charged_policy;
    [[nodiscard]] static policy::heap heap()
    {
        static still::bank const payer(std::numeric_limits<std::size_t>::max() >> 16);
        return payer;
    }
};
struct huge_page_subject {
    static constexpr char const* name = "still_huge_pages";
    using policy = still::huge_page_policy;
    [[nodiscard]] static policy::heap heap() { return {}; }
};

/// What a set's subject and a map's share.
template <class Kind, class Subject, class Container, class Element>
struct still_subject {
    static constexpr char const* name = Subject::name;
    using kind = Kind;
    using key = key_of<Kind>;
    using container = Container;
    using element = Element;

    [[nodiscard]] static container make() { return container(Subject::heap()); }
    static void erase(container& from, key const& what) { from = std::move(from).erase(what); }
    [[nodiscard]] static container from_sorted(std::vector<element> const& elements)
    {
        return container::from_sorted(elements, {}, Subject::heap());
    }
    [[nodiscard]] static container unite(container const& left, container const& right)
    {
        return set_union(left, right);
    }
    [[nodiscard]] static container intersect(container const& left, container const& right)
    {
        return set_intersection(left, right);
    }
    [[nodiscard]] static container subtract(container const& left, container const& right)
    {
        return set_difference(left, right);
    }
};

template <class Kind, class Subject>
struct still_set_of
    : still_subject<Kind, Subject, still::set<key_of<Kind>, std::less<>, typename Subject::policy>, key_of<Kind>> {
    using container = still::set<key_of<Kind>, std::less<>, typename Subject::policy>;
    using key = key_of<Kind>;

    static void insert(container& into, key const& what) { into = std::move(into).insert(what); }
    /// Effect: another version; the one before stays.
    [[nodiscard]] static container inserted(container const& into, key const& what) { return into.insert(what); }
    [[nodiscard]] static bool contains(container const& in, key const& what) { return in.contains(what); }
    [[nodiscard]] static key element_of(key const& what) { return what; }
    [[nodiscard]] static std::uint64_t weight(key const& what) { return key_kind<Kind>::weight(what); }
};

template <class Kind, class Subject>
struct still_map_of
    : still_subject<Kind, Subject, still::map<key_of<Kind>, std::uint64_t, std::less<>, typename Subject::policy>,
          std::pair<key_of<Kind>, std::uint64_t>> {
    using container = still::map<key_of<Kind>, std::uint64_t, std::less<>, typename Subject::policy>;
    using key = key_of<Kind>;

    [[nodiscard]] static std::pair<key, std::uint64_t> element_of(key const& what)
    {
        return { what, key_kind<Kind>::weight(what) | 1U };
    }
    static void insert(container& into, key const& what)
    {
        into = std::move(into).insert(what, key_kind<Kind>::weight(what) | 1U);
    }
    [[nodiscard]] static container inserted(container const& into, key const& what)
    {
        return into.insert(what, key_kind<Kind>::weight(what) | 1U);
    }
    [[nodiscard]] static bool contains(container const& in, key const& what)
    {
        auto const* const found = in.find(what);
        return found != nullptr && (*found & 1U) != 0;
    }
    template <class Entry>
    [[nodiscard]] static std::uint64_t weight(Entry const& entry)
    {
        return entry.second;
    }
};

template <class Kind>
using still_set = still_set_of<Kind, shared_subject>;
template <class Kind>
using still_set_local = still_set_of<Kind, local_subject>;
template <class Kind>
using still_set_charged = still_set_of<Kind, charged_subject>;
template <class Kind>
using still_set_huge_pages = still_set_of<Kind, huge_page_subject>;
template <class Kind>
using still_map = still_map_of<Kind, shared_subject>;
template <class Kind>
using still_map_local = still_map_of<Kind, local_subject>;
template <class Kind>
using still_map_charged = still_map_of<Kind, charged_subject>;
template <class Kind>
using still_map_huge_pages = still_map_of<Kind, huge_page_subject>;

} // namespace benchmarks
