// SPDX-License-Identifier: BSL-1.0
//
// A chunk: a shared, counted array of elements that lie side by side, and the slot of a radix node that owns one.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/ownership.hpp"
#include "still/radix/node.hpp"
#include "still/sequence/schema.hpp"

namespace still::sequence {

/// Invariant: size ≤ capacity ≤ chunk_capacity. Elements follow the chunk in its block.
template <class Schema>
class chunk {
public:
    using element_type = typename Schema::element_type;
    using heap_type = typename Schema::heap;

    /// Returns a chunk without elements. Precondition: 1 ≤ capacity ≤ chunk_capacity.
    /// Allocates one block. Throws what the heap does.
    [[nodiscard]] static owned<chunk> make(heap_type& heap, std::size_t capacity)
    {
        static_assert(requirements<Schema>::are_met);
        STILL_ASSERT(1 <= capacity && capacity <= Schema::chunk_capacity);
        void* const block = heap.allocate(bytes_of(capacity), alignment);
        return owned<chunk>::adopt(::new (block) chunk(capacity));
    }

    /// Effect: destroys the elements and gives the block back. Precondition: nobody owns the chunk.
    static void dispose(chunk* gone) noexcept
    {
        auto const bytes = gone->bytes();
        std::destroy_n(gone->data(), gone->size_);
        gone->~chunk();
        heap_type::deallocate(gone, bytes, alignment);
    }

    chunk(chunk const&) = delete;
    chunk& operator=(chunk const&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }
    /// The chunk's block, in bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(capacity_); }
    /// The same of a full one.
    [[nodiscard]] static constexpr std::size_t most_bytes() noexcept { return bytes_of(Schema::chunk_capacity); }
    [[nodiscard]] element_type const* data() const noexcept { return place_of_elements(); }
    [[nodiscard]] std::span<element_type const> elements() const noexcept { return { data(), size_ }; }

    // Filling and editing, by the only owner.

    [[nodiscard]] element_type* data() noexcept { return place_of_elements(); }

    /// Effect: builds an element after the others, from the heap's element allocator where the type takes one.
    /// Precondition: !full(). Throws what the construction does.
    template <class... Sources>
    void append(heap_type const& heap, Sources&&... sources)
    {
        STILL_ASSERT(!full());
        std::uninitialized_construct_using_allocator(
            data() + size_, heap.elements(), std::forward<Sources>(sources)...);
        ++size_;
    }
    /// Effect: the same with a copy of each source. Precondition: there is room.
    void append_copies(heap_type const& heap, std::span<element_type const> sources)
    {
        STILL_ASSERT(sources.size() <= capacity() - size());
        if constexpr (std::is_trivially_copyable_v<element_type>
            && !std::uses_allocator_v<element_type, decltype(heap.elements())>) {
            if (!sources.empty())
                std::memcpy(static_cast<void*>(data() + size_), sources.data(), sources.size_bytes());
            size_ = static_cast<std::uint16_t>(size_ + sources.size());
        } else {
            for (auto const& source : sources)
                append(heap, source);
        }
    }
    /// Effect: moves an element that was built by the same allocator behind the others. Precondition: !full().
    void append_built(element_type&& built) noexcept
        requires Schema::edits_in_place
    {
        STILL_ASSERT(!full());
        std::construct_at(data() + size_, std::move(built));
        ++size_;
    }
    /// Effect: moves all elements to an empty chunk with room for them.
    void give_all_to(chunk& roomier) noexcept
        requires Schema::edits_in_place
    {
        STILL_ASSERT(roomier.size_ == 0 && roomier.capacity_ >= size_);
        for (auto& element : std::span(data(), size_))
            roomier.append_built(std::move(element));
        shorten(0);
    }
    /// Effect: an element that was built by the same allocator takes another's place. Precondition: position < size().
    void replace(std::size_t position, element_type&& built) noexcept
        requires Schema::edits_in_place
    {
        STILL_ASSERT(position < size());
        auto* const place = data() + position;
        std::destroy_at(place);
        std::construct_at(place, std::move(built));
    }
    /// Effect: destroys all elements but the first so many. Precondition: count ≤ size().
    void shorten(std::size_t count) noexcept
    {
        STILL_ASSERT(count <= size());
        std::destroy(data() + count, data() + size_);
        size_ = static_cast<std::uint16_t>(count);
    }

    typename Schema::count references;

private:
    explicit chunk(std::size_t capacity) noexcept
        : capacity_(static_cast<std::uint16_t>(capacity))
    {
    }
    ~chunk() = default;

    static constexpr std::size_t element_alignment = alignof(element_type);
    static constexpr std::size_t alignment = std::max(alignof(typename Schema::count), element_alignment);

    [[nodiscard]] static constexpr std::size_t offset_of_elements() noexcept
    {
        return (sizeof(chunk) + element_alignment - 1) / element_alignment * element_alignment;
    }
    [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t capacity) noexcept
    {
        return offset_of_elements() + capacity * sizeof(element_type);
    }
    [[nodiscard]] element_type* place_of_elements() const noexcept
    {
        auto* const block = reinterpret_cast<std::byte*>(const_cast<chunk*>(this));
        return std::launder(reinterpret_cast<element_type*>(block + offset_of_elements()));
    }

    std::uint16_t size_ = 0;
    std::uint16_t const capacity_;
};

/// A slot that owns a chunk; one without a chunk was moved from. Equality is identity: whether two chunks hold equal
/// elements is asked where versions are compared.
template <class Schema>
class chunk_slot {
public:
    explicit chunk_slot(owned<chunk<Schema>> held) noexcept
        : link_(held.release())
    {
    }
    chunk_slot(chunk_slot const& other) noexcept
        : chunk_slot(owned<chunk<Schema>>::share(other.get()))
    {
    }
    chunk_slot(chunk_slot&& other) noexcept
        : link_(other.get())
    {
        other.link_.set(nullptr);
    }
    chunk_slot& operator=(chunk_slot other) noexcept
    {
        auto* const held = get();
        link_.set(other.get());
        other.link_.set(held);
        return *this;
    }
    ~chunk_slot() { owned<chunk<Schema>>::drop(get()); }

    [[nodiscard]] chunk<Schema>* get() const noexcept { return link_.get(); }
    [[nodiscard]] friend bool operator==(chunk_slot const& one, chunk_slot const& other) noexcept
    {
        return one.get() == other.get();
    }

private:
    typename Schema::template link<chunk<Schema>> link_;
};

/// The nodes that chunks hang from.
template <class Schema>
using node_of = radix::node<chunk_slot<Schema>, typename Schema::policy, Schema::digit_bits>;

/// Returns a chunk of copies of the elements given. Allocates one block; throws what heap and copies do.
/// Precondition: elements.size() ≤ capacity ≤ chunk_capacity.
template <class Schema>
[[nodiscard]] owned<chunk<Schema>> copy_of(
    typename Schema::heap& heap, std::span<typename Schema::element_type const> elements, std::size_t capacity)
{
    auto copy = chunk<Schema>::make(heap, capacity);
    copy.edit().append_copies(heap, elements);
    return copy;
}

/// Returns a copy of a chunk in which the element at `position` is built from `source`, after those before it.
/// Allocates one block; throws what heap and elements do.
template <class Schema, class Source>
[[nodiscard]] owned<chunk<Schema>> copy_with(
    typename Schema::heap& heap, chunk<Schema> const& from, std::size_t position, Source&& source)
{
    auto copy = copy_of<Schema>(heap, from.elements().first(position), from.capacity());
    copy.edit().append(heap, std::forward<Source>(source));
    copy.edit().append_copies(heap, from.elements().subspan(position + 1));
    return copy;
}

} // namespace still::sequence
