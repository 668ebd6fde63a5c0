// SPDX-License-Identifier: BSL-1.0
//
// Which types can be read in a mapping, at another address than the one they were built at.

#pragma once

#include <boost/container/container_fwd.hpp>
#include <boost/container/scoped_allocator_fwd.hpp>
#include <boost/interprocess/offset_ptr.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "still/heap/allocator.hpp"

namespace still {

/// True for types whose bytes mean the same wherever the whole region is moved to. A raw pointer
/// doesn't: in a mapping it leads back into the live heap, which moves on while it is read. Mappings are aligned to a
/// page (page_bytes), branches to 2 MiB: what needs more, also as an element, isn't relocatable.
///
/// Opt in for a type of your own, when all its members are relocatable:
///
///   template <> struct still::relocatable<occurrence> : std::true_type { };
template <class T>
struct relocatable : std::bool_constant<std::is_arithmetic_v<T> || std::is_enum_v<T>> { };

template <class T>
struct relocatable<T const> : relocatable<T> { };
template <class T, std::size_t Count>
struct relocatable<T[Count]> : relocatable<T> { };
template <class T, std::size_t Count>
struct relocatable<std::array<T, Count>> : relocatable<T> { };
template <class First, class Second>
struct relocatable<std::pair<First, Second>>
    : std::bool_constant<relocatable<First>::value && relocatable<Second>::value> { };
/// A distance is relocatable when what it leads to is.
template <class T>
struct relocatable<boost::interprocess::offset_ptr<T>> : relocatable<T> { };

template <class T>
inline constexpr bool relocatable_v = relocatable<T>::value;

namespace heaps {

/// True for allocators whose containers are linked by distances into one heap.
template <class Allocator>
struct links_by_distance : std::false_type { };
template <class T>
struct links_by_distance<heap_allocator<T>> : std::true_type { };
template <class Outer, class... Inner>
struct links_by_distance<boost::container::scoped_allocator_adaptor<Outer, Inner...>>
    : std::bool_constant<links_by_distance<Outer>::value && (links_by_distance<Inner>::value && ...)> { };

/// Comparators and the like: an object without state has nothing that could point anywhere.
template <class Function>
inline constexpr bool without_state = std::is_empty_v<Function>;

template <class Allocator, class... Elements>
using relocatable_container
    = std::bool_constant<links_by_distance<Allocator>::value && (relocatable<Elements>::value && ...)>;

} // namespace heaps

// Boost.Container's containers, with the heap's allocator. (boost::container::list and its kin link
// their nodes with the allocator's pointers; the standard library's containers don't.)

template <class T, class A, class O>
struct relocatable<boost::container::vector<T, A, O>> : heaps::relocatable_container<A, T> { };
template <class T, class A, class O>
struct relocatable<boost::container::deque<T, A, O>> : heaps::relocatable_container<A, T> { };
template <class T, class A, class O>
struct relocatable<boost::container::devector<T, A, O>> : heaps::relocatable_container<A, T> { };
// Elements that lie in the object itself are at a fixed distance from it, too.
template <class T, std::size_t Count, class A, class O>
struct relocatable<boost::container::small_vector<T, Count, A, O>> : heaps::relocatable_container<A, T> { };
template <class T, std::size_t Count, class O>
struct relocatable<boost::container::static_vector<T, Count, O>> : relocatable<T> { };
template <class T, class A>
struct relocatable<boost::container::list<T, A>> : heaps::relocatable_container<A, T> { };
template <class T, class A>
struct relocatable<boost::container::slist<T, A>> : heaps::relocatable_container<A, T> { };
template <class T, class A>
struct relocatable<boost::container::stable_vector<T, A>> : heaps::relocatable_container<A, T> { };
template <class C, class Traits, class A>
struct relocatable<boost::container::basic_string<C, Traits, A>> : heaps::relocatable_container<A, C> { };

template <class K, class Less, class A, class O>
struct relocatable<boost::container::set<K, Less, A, O>>
    : std::bool_constant<heaps::relocatable_container<A, K>::value && heaps::without_state<Less>> { };
template <class K, class Less, class A, class O>
struct relocatable<boost::container::multiset<K, Less, A, O>>
    : std::bool_constant<heaps::relocatable_container<A, K>::value && heaps::without_state<Less>> { };
template <class K, class V, class Less, class A, class O>
struct relocatable<boost::container::map<K, V, Less, A, O>>
    : std::bool_constant<heaps::relocatable_container<A, K, V>::value && heaps::without_state<Less>> { };
template <class K, class V, class Less, class A, class O>
struct relocatable<boost::container::multimap<K, V, Less, A, O>>
    : std::bool_constant<heaps::relocatable_container<A, K, V>::value && heaps::without_state<Less>> { };

template <class K, class Less, class A>
struct relocatable<boost::container::flat_set<K, Less, A>>
    : std::bool_constant<heaps::relocatable_container<A, K>::value && heaps::without_state<Less>> { };
template <class K, class Less, class A>
struct relocatable<boost::container::flat_multiset<K, Less, A>>
    : std::bool_constant<heaps::relocatable_container<A, K>::value && heaps::without_state<Less>> { };
template <class K, class V, class Less, class A>
struct relocatable<boost::container::flat_map<K, V, Less, A>>
    : std::bool_constant<heaps::relocatable_container<A, K, V>::value && heaps::without_state<Less>> { };
template <class K, class V, class Less, class A>
struct relocatable<boost::container::flat_multimap<K, V, Less, A>>
    : std::bool_constant<heaps::relocatable_container<A, K, V>::value && heaps::without_state<Less>> { };

} // namespace still
