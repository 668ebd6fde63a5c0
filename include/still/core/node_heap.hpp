// SPDX-License-Identifier: BSL-1.0
//
// Where nodes come from.
//
// A heap handle allocates. Deallocation needs no handle: a block finds its own way home, so that a
// version is one pointer, may outlive the container it came from, and can be dropped by any thread.
// A heap with state keeps what it needs beside the block (see core/bank.hpp: a prefix names the payer).

#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace still {

/// A source of blocks. Copying, moving and comparing handles throws nothing. `allocate` throws a type
/// derived from std::bad_alloc and never returns null; `deallocate` gets the size and alignment that
/// `allocate` got. `elements()` is the allocator that elements are built with (uses-allocator
/// construction); elements of types that take no allocator are built plainly.
///
/// A heap that adds something to each block may say how much, in `static constexpr std::size_t block_overhead`:
/// nodes are then made so much smaller, and the two together fill what the allocator below hands out.
template <class Heap>
concept node_heap = std::copyable<Heap> && std::default_initializable<Heap> && std::equality_comparable<Heap>
    && std::is_nothrow_copy_constructible_v<Heap> && std::is_nothrow_move_constructible_v<Heap>
    && requires(Heap& heap, Heap const& seen, void* block, std::size_t bytes) {
           { heap.allocate(bytes, bytes) } -> std::same_as<void*>;
           { Heap::deallocate(block, bytes, bytes) } noexcept -> std::same_as<void>;
           { seen.elements() } noexcept;
       };

/// What a heap says that it adds to each block, in bytes; 0 where it says nothing.
template <node_heap Heap>
inline constexpr std::size_t block_overhead = [] {
    if constexpr (requires { Heap::block_overhead; })
        return std::size_t{ Heap::block_overhead };
    else
        return std::size_t{ 0 };
}();

/// A heap that names the content of its blocks: two blocks, also such as are seen at different addresses, have one
/// name only where they and all below them are the same. Whoever edits a block says so, with `renew`, before anybody
/// else reads it; so a new name it has from birth.
template <class Heap>
concept naming_heap = node_heap<Heap> && requires(void* edited, void const* one, void const* other) {
    { Heap::renew(edited) } noexcept -> std::same_as<void>;
    { Heap::same_name(one, other) } noexcept -> std::same_as<bool>;
};

/// Effect: notes that a block of this heap is edited in place, or something below it. Nothing, where it has no name.
template <node_heap Heap>
void note_edit([[maybe_unused]] void* block) noexcept
{
    if constexpr (naming_heap<Heap>)
        Heap::renew(block);
}

/// True when two blocks of this heap, neither of them null, are known to have the same below them without looking:
/// they are one, or have one name.
template <node_heap Heap>
[[nodiscard]] bool same_content(void const* one, void const* other) noexcept
{
    if constexpr (naming_heap<Heap>)
        return one == other || Heap::same_name(one, other);
    else
        return one == other;
}

/// A heap whose blocks are also seen where they can't be written: `require_writable` throws where a handle lies in
/// such memory, so that nothing there is counted.
template <class Heap>
concept readable_elsewhere = node_heap<Heap> && requires(Heap const& seen) { seen.require_writable(); };

/// Effect: throws where the blocks of this handle can't be written. Asked before owners are counted.
template <node_heap Heap>
void require_writable([[maybe_unused]] Heap const& heap) noexcept(!readable_elsewhere<Heap>)
{
    if constexpr (readable_elsewhere<Heap>)
        heap.require_writable();
}

/// A heap whose handles name a place, or none yet, which is what default-made ones do. A container that has a place
/// keeps it for life, as a standard container keeps an allocator that doesn't propagate: what is assigned to it from
/// another place is copied. `in_use` is a handle that keeps nodes where they are, also such as nobody owns yet, for as
/// long as it lives.
template <class Heap>
concept placing_heap = readable_elsewhere<Heap> && requires(Heap const& seen) {
    { seen.has_place() } noexcept -> std::same_as<bool>;
    typename Heap::in_use;
} && std::derived_from<typename Heap::in_use, Heap> && std::is_constructible_v<typename Heap::in_use, Heap const&>;

/// True when a container over `mine` keeps its place, and `other` names another, or none.
template <node_heap Heap>
[[nodiscard]] bool keeps_apart([[maybe_unused]] Heap const& mine, [[maybe_unused]] Heap const& other) noexcept
{
    if constexpr (placing_heap<Heap>)
        return mine.has_place() && !(mine == other);
    else
        return false;
}

/// A handle to make nodes with that nobody owns yet.
template <node_heap Heap>
struct heap_in_use {
    using type = Heap;
};
template <placing_heap Heap>
struct heap_in_use<Heap> {
    using type = typename Heap::in_use;
};
template <node_heap Heap>
using heap_in_use_t = typename heap_in_use<Heap>::type;

/// A base of containers, which says what their elements are built with where the heap has a place: so a container that
/// is itself an element is built in the place of the one that it is in.
template <node_heap Heap>
struct allocator_of_elements { };
template <placing_heap Heap>
struct allocator_of_elements<Heap> {
    using allocator_type = decltype(std::declval<Heap const&>().elements());
};

/// The program's own `operator new`.
/// Thread contract: any thread. Allocation: one block each. Throws std::bad_alloc.
struct standard_heap {
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__)
            return ::operator new(bytes);
        return ::operator new(bytes, std::align_val_t{ alignment });
    }
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__)
            ::operator delete(block, bytes);
        else
            ::operator delete(block, bytes, std::align_val_t{ alignment });
    }
    [[nodiscard]] std::allocator<std::byte> elements() const noexcept { return {}; }
    [[nodiscard]] friend bool operator==(standard_heap, standard_heap) noexcept { return true; }
};

static_assert(node_heap<standard_heap>);

} // namespace still
