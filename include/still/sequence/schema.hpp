// SPDX-License-Identifier: BSL-1.0
//
// What a sequence is made of: its element, its policy, and the sizes of its chunks and nodes.
// See Note: vector chunks.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <type_traits>

#include "still/core/policy.hpp"

namespace still::sequence {

/// Bytes of elements in a chunk, where no policy says otherwise. Elements whose copies are more than bytes come in
/// smaller chunks, since whoever writes to a chunk that others read copies all of them.
inline constexpr std::size_t chunk_bytes = 2048;
inline constexpr std::size_t costly_chunk_bytes = 256;

/// Worked out when a chunk is first made, not when a vector is named: until then elements may be of an
/// incomplete type.
template <class T, container_policy Policy>
struct schema {
    using element_type = T;
    using policy = Policy;
    using heap = typename Policy::heap;
    using count = typename Policy::count;
    template <class Target>
    using link = typename Policy::template link<Target>;

    static_assert(!readable_elsewhere<heap>,
        "still: owners of a vector aren't counted, so its nodes don't lie in a region (there, use a set, a map, a page "
        "table, or a container of Boost.Container)");

    /// Elements are replaced where they lie only where that can't throw half way.
    static constexpr bool edits_in_place = std::is_nothrow_move_constructible_v<T>;

    /// Elements in every chunk but the last: a power of two, at least one.
    static constexpr std::size_t chunk_capacity = [] {
        if constexpr (requires { Policy::chunk_capacity; })
            return std::size_t{ Policy::chunk_capacity };
        else
            return std::max<std::size_t>(
                1, std::bit_floor((std::is_trivially_copyable_v<T> ? chunk_bytes : costly_chunk_bytes) / sizeof(T)));
    }();

    /// A node has 2^digit_bits children.
    static constexpr unsigned digit_bits = [] {
        if constexpr (requires { Policy::digit_bits; })
            return unsigned{ Policy::digit_bits };
        else
            return 6U;
    }();
};

/// True where versions may share elements. Those that can't be copied have one owner, and so has the vector they are
/// in. Asked when a vector is named: an incomplete type, which holds a vector of itself, counts as one that can
/// be copied, as in the standard library's containers.
template <class T>
inline constexpr bool shares_elements = [] {
    if constexpr (requires { sizeof(T); })
        return std::is_copy_constructible_v<T>;
    else
        return true;
}();

/// What the engine wants of an element; whoever makes chunks asks.
template <class Schema>
struct requirements {
    using element = typename Schema::element_type;

    static_assert(std::is_object_v<element> && std::is_same_v<element, std::remove_cv_t<element>>,
        "still: elements are objects without const");
    static_assert(std::is_nothrow_destructible_v<element>, "still: dropping a version must not throw");
    static_assert(std::is_copy_constructible_v<element> || Schema::edits_in_place,
        "still: elements that can't be copied must move without throwing, or a chunk that grows could lose some");
    static_assert(1 <= Schema::chunk_capacity && Schema::chunk_capacity <= 65'535,
        "still: a chunk holds 1 to 65535 elements (see the policy's chunk_capacity)");

    static constexpr bool are_met = true;
};

} // namespace still::sequence
