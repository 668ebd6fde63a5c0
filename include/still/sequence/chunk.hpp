// SPDX-License-Identifier: BSL-1.0
//
// A chunk: a shared, counted array of elements that lie side by side, and the slot of a radix node that owns one.
// Elements have a block of their own, and the slot names it too: so reading doesn't touch the count, and counting, when
// a node is copied, finds the counts side by side. See Note: vector chunks.

#pragma once

#include <algorithm>
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

/// Invariant: size ≤ capacity ≤ chunk_capacity.
template <class Schema>
class chunk {
public:
    using element_type = typename Schema::element_type;
    using heap_type = typename Schema::heap;

    /// Returns a chunk without elements. Precondition: 1 ≤ capacity ≤ chunk_capacity.
    /// Allocates two blocks. Throws what the heap does.
    [[nodiscard]] static owned<chunk> make(heap_type& heap, std::size_t capacity)
    {
        static_assert(requirements<Schema>::are_met);
        STILL_ASSERT(1 <= capacity && capacity <= Schema::chunk_capacity);
        room elements(heap, capacity);
        void* const block = heap.allocate(sizeof(chunk), alignof(chunk));
        return owned<chunk>::adopt(::new (block) chunk(elements.release(), capacity));
    }

    /// Effect: destroys the elements and gives the blocks back. Precondition: nobody owns the chunk.
    static void dispose(chunk* gone) noexcept
    {
        auto* const elements = gone->data();
        auto const capacity = gone->capacity();
        std::destroy_n(elements, gone->size_);
        gone->~chunk();
        heap_type::deallocate(gone, sizeof(chunk), alignof(chunk));
        heap_type::deallocate(elements, capacity * sizeof(element_type), alignof(element_type));
    }

    chunk(chunk const&) = delete;
    chunk& operator=(chunk const&) = delete;

    /// Elements, and how many it has room for.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }
    /// Both blocks, in bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(chunk) + capacity_ * sizeof(element_type); }
    [[nodiscard]] element_type const* data() const noexcept { return elements_.get(); }
    [[nodiscard]] std::span<element_type const> elements() const noexcept { return { data(), size_ }; }

    // Filling and editing, by the only owner.

    /// The first of its elements.
    [[nodiscard]] element_type* data() noexcept { return elements_.get(); }

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
        requires(Schema::edits_in_place)
    {
        STILL_ASSERT(!full());
        std::construct_at(data() + size_, std::move(built));
        ++size_;
    }
    /// Effect: moves all elements to an empty chunk with room for them.
    void give_all_to(chunk& roomier) noexcept
        requires(Schema::edits_in_place)
    {
        STILL_ASSERT(roomier.size_ == 0 && roomier.capacity_ >= size_);
        for (auto& element : std::span(data(), size_))
            roomier.append_built(std::move(element));
        shorten(0);
    }
    /// Effect: an element that was built by the same allocator takes another's place. Precondition: position < size().
    void replace(std::size_t position, element_type&& built) noexcept
        requires(Schema::edits_in_place)
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
    /// The elements' block, until the chunk has it.
    class room {
    public:
        room(heap_type& heap, std::size_t capacity)
            : block_(heap.allocate(capacity * sizeof(element_type), alignof(element_type)))
            , capacity_(capacity)
        {
        }
        room(room const&) = delete;
        room& operator=(room const&) = delete;
        ~room()
        {
            if (block_ != nullptr)
                heap_type::deallocate(block_, capacity_ * sizeof(element_type), alignof(element_type));
        }
        [[nodiscard]] element_type* release() noexcept
        {
            return static_cast<element_type*>(std::exchange(block_, nullptr));
        }

    private:
        void* block_;
        std::size_t capacity_;
    };

    chunk(element_type* elements, std::size_t capacity) noexcept
        : capacity_(static_cast<std::uint16_t>(capacity))
        , elements_(elements)
    {
    }
    ~chunk() = default;

    std::uint16_t size_ = 0;
    std::uint16_t const capacity_;
    typename Schema::template link<element_type> elements_;
};

/// A slot that owns a chunk; one without a chunk was moved from. Equality is identity: whether two chunks hold equal
/// elements is asked where versions are compared.
template <class Schema>
class chunk_slot {
public:
    using element_type = typename Schema::element_type;

    /// Takes a chunk over.
    explicit chunk_slot(owned<chunk<Schema>> held) noexcept
        : elements_(held ? const_cast<element_type*>(held->data()) : nullptr)
        , link_(held.release())
    {
    }
    chunk_slot(chunk_slot const& other) noexcept
        : elements_(other.elements_)
        , link_(owned<chunk<Schema>>::share(other.get()).release())
    {
    }
    chunk_slot(chunk_slot&& other) noexcept
        : elements_(other.elements_)
        , link_(other.get())
    {
        other.link_.set(nullptr);
    }
    chunk_slot& operator=(chunk_slot other) noexcept
    {
        elements_ = other.elements_;
        auto* const held = get();
        link_.set(other.get());
        other.link_.set(held);
        return *this;
    }
    ~chunk_slot() { owned<chunk<Schema>>::drop(get()); }

    /// The chunk, or null.
    [[nodiscard]] chunk<Schema>* get() const noexcept { return link_.get(); }
    /// The chunk's elements.
    [[nodiscard]] element_type const* elements() const noexcept { return elements_.get(); }
    [[nodiscard]] friend bool operator==(chunk_slot const& one, chunk_slot const& other) noexcept
    {
        return one.get() == other.get();
    }

private:
    typename Schema::template link<element_type> elements_;
    typename Schema::template link<chunk<Schema>> link_;
};

/// The nodes that chunks hang from.
template <class Schema>
using node_of = radix::node<chunk_slot<Schema>, typename Schema::policy, Schema::digit_bits>;

/// Returns a chunk of copies of the elements given. Allocates a chunk; throws what heap and copies do.
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
/// Allocates a chunk; throws what heap and elements do.
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
