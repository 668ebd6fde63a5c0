// SPDX-License-Identifier: BSL-1.0
//
// A version of a sequence that owns what it reads, and the updates that `vector` is a face of. A copy shares root and
// last chunk; an update edits what this version alone owns and copies the rest, so that other versions never see it.
//
// Whatever heap, copies, comparisons and callbacks throw, elements are as they were and nothing is lost.

#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "still/radix/assign.hpp"
#include "still/radix/erase.hpp"
#include "still/radix/path.hpp"
#include "still/sequence/borrowed_version.hpp"
#include "still/sequence/take.hpp"

namespace still::sequence {

/// True when an assignment would change nothing, as far as the elements can tell.
template <class T>
[[nodiscard]] bool same_element(T const& one, T const& other)
{
    if constexpr (std::equality_comparable<T>)
        return static_cast<bool>(one == other);
    else
        return false;
}

template <class Schema>
class version {
public:
    using schema = Schema;
    using element_type = typename Schema::element_type;
    using heap_type = typename Schema::heap;
    using node_type = node_of<Schema>;
    using chunk_type = chunk<Schema>;
    using root_type = owned<node_type>;

    /// Worked out here, where the vector is named.
    static constexpr bool is_shared = shares_elements<element_type>;
    static_assert(is_shared || !is_shared);

    version() noexcept(std::is_nothrow_default_constructible_v<heap_type>) = default;
    /// Empty, over a heap.
    explicit version(heap_type heap) noexcept
        : heap_(std::move(heap))
    {
    }
    version(version const& other) noexcept
        requires is_shared
        : heap_(other.heap_)
        , root_(root_type::share(other.root_.get()).release())
        , last_(owned<chunk_type>::share(other.last_.get()).release())
        , size_(other.size_)
    {
    }
    version(version&& other) noexcept
        : heap_(std::move(other.heap_))
        , root_(other.root_.get())
        , last_(other.last_.get())
        , size_(std::exchange(other.size_, 0))
    {
        other.root_.set(nullptr);
        other.last_.set(nullptr);
    }
    version& operator=(version const& other) noexcept
        requires is_shared
    {
        version(other).swap(*this);
        return *this;
    }
    version& operator=(version&& other) noexcept
    {
        version(std::move(other)).swap(*this);
        return *this;
    }
    ~version()
    {
        root_type::drop(root_.get());
        owned<chunk_type>::drop(last_.get());
    }

    /// Effect: exchanges two versions. O(1).
    void swap(version& other) noexcept
    {
        using std::swap;
        swap(heap_, other.heap_);
        auto* const root = root_.get();
        root_.set(other.root_.get());
        other.root_.set(root);
        auto* const last = last_.get();
        last_.set(other.last_.get());
        other.last_.set(last);
        swap(size_, other.size_);
    }

    /// What it is made of: valid as long as it is kept and not edited.
    [[nodiscard]] borrowed_version<Schema> borrow() const noexcept { return { root_.get(), last_.get(), size_ }; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] heap_type const& heap() const noexcept { return heap_; }

    /// Effect: drops the last chunk and gives up the root; the version is empty from then on.
    [[nodiscard]] root_type give_root() noexcept
    {
        set_last({}, 0);
        auto* const root = root_.get();
        root_.set(nullptr);
        return root_type::adopt(root);
    }

    /// Effect: builds an element behind the others.
    template <class... Sources>
    void append(Sources&&... sources)
    {
        auto* const last = last_.get();
        if (last != nullptr && !last->full() && last->references.unique()) [[likely]] {
            last->append(heap_, std::forward<Sources>(sources)...);
            ++size_;
        } else {
            append_with_room(std::forward<Sources>(sources)...);
        }
    }

    /// Effect: builds an element behind the others for each of a range. If one throws, those before it go.
    template <class First, class Last>
    void append_each(First first, Last last)
    {
        taking_back undo(*this);
        while (first != last) {
            append(*first);
            ++first;
            auto& filled = *last_.get(); // ours alone, since something was appended
            for (; first != last && !filled.full(); ++first) {
                filled.append(heap_, *first);
                ++size_;
            }
        }
        undo.forget();
    }

    /// Effect: an element is built from `source`. Returns false, with nothing done, where the one that is there is
    /// equal by `==`. Precondition: index < size(). An rvalue is used last, and is as it was where its move throws
    /// nothing and something else did.
    template <class Source>
    bool assign(std::size_t index, Source&& source)
    {
        if (same_element<element_type>(borrow().at(index), source))
            return false;
        put(index, std::forward<Source>(source));
        return true;
    }

    /// Effect: an element becomes `updated(element)`. Returns false, with nothing done, where that is equal by `==`.
    /// Precondition: index < size().
    template <class Updated>
    bool update(std::size_t index, Updated& updated)
    {
        return assign(index, element_type(std::invoke(updated, borrow().at(index))));
    }

    /// Effect: an element becomes `altered(element&&)`, which gets the element itself where this version alone has it,
    /// and what `altered` left of it stays if that throws; otherwise `altered` gets a copy, and where it gives an equal
    /// one back, nothing changes. Precondition: index < size().
    template <class Altered>
    void alter(std::size_t index, Altered& altered)
    {
        if constexpr (Schema::edits_in_place) {
            if (auto* const alone = chunk_alone(index)) {
                auto const position = index % Schema::chunk_capacity;
                auto made = build(std::invoke(altered, std::move(alone->data()[position])));
                alone->replace(position, std::move(made));
                return;
            }
        }
        if constexpr (is_shared) {
            auto copy = build(borrow().at(index));
            assign(index, element_type(std::invoke(altered, std::move(copy))));
        } else {
            check_failed("elements that can't be copied have one owner");
        }
    }

    /// Effect: the last element goes. Precondition: size() ≥ 1.
    void remove_last()
    {
        STILL_ASSERT(size_ >= 1);
        auto* const last = last_.get();
        auto const left = last->size() - 1;
        if (size_ == 1) {
            set_last({}, 0);
        } else if (left == 0) {
            auto const number = borrow().full_chunks() - 1;
            auto before = owned<chunk_type>::share(&borrow().full_chunk(number));
            {
                root_in_hand root(*this);
                radix::erase(heap_, root.root, number);
            }
            set_last(std::move(before), size_ - 1);
        } else if (last->references.unique()) {
            last->shorten(left);
            --size_;
        } else {
            set_last(copy(last->elements().first(left), last->capacity()), size_ - 1);
        }
    }

    /// Effect: only the first `count` elements stay, or all where there are fewer.
    void take(std::size_t count)
    {
        if (count >= size_)
            return;
        if (count == 0) {
            static_cast<void>(give_root());
            return;
        }
        auto const seen = borrow();
        auto const kept = (count - 1) / Schema::chunk_capacity;
        auto const rest = count - kept * Schema::chunk_capacity;
        auto const& cut = seen.chunk_at(kept);
        // What others read is copied; what is ours alone is shortened, once nothing else can throw.
        auto const stays = cut.size() == rest || chunk_alone(count - 1) != nullptr;
        auto last = stays ? owned<chunk_type>::share(&cut) : copy(cut.elements().first(rest), rest);
        if (kept < seen.full_chunks()) {
            auto root = kept == 0 ? root_type() : slots_below(heap_, *seen.root(), kept);
            auto* const before = root_.get();
            root_.set(root.release());
            root_type::drop(before);
        }
        set_last(std::move(last), count);
        if (last_.get()->size() > rest)
            last_.get()->shorten(rest);
    }

private:
    /// The root as an owner, for the radix engine's updates; back in its place at the end of the scope.
    struct root_in_hand {
        explicit root_in_hand(version& of) noexcept
            : root(root_type::adopt(of.root_.get()))
            , of_(of)
        {
        }
        root_in_hand(root_in_hand const&) = delete;
        root_in_hand& operator=(root_in_hand const&) = delete;
        ~root_in_hand() { of_.root_.set(root.release()); }

        root_type root;

    private:
        version& of_;
    };

    /// Removes what is appended from its birth on, unless it is told to forget. What was appended is ours alone, nodes
    /// included, so that removing it neither allocates nor throws.
    class taking_back {
    public:
        explicit taking_back(version& of) noexcept
            : of_(of)
            , size_(of.size_)
        {
        }
        taking_back(taking_back const&) = delete;
        taking_back& operator=(taking_back const&) = delete;
        ~taking_back()
        {
            while (of_.size_ > size_)
                of_.remove_last();
        }
        void forget() noexcept { size_ = of_.size_; }

    private:
        version& of_;
        std::size_t size_;
    };

    /// Effect: an element as `heap` would have it, made aside.
    template <class... Sources>
    [[nodiscard]] element_type build(Sources&&... sources) const
    {
        return std::make_obj_using_allocator<element_type>(heap_.elements(), std::forward<Sources>(sources)...);
    }

    [[nodiscard]] owned<chunk_type> copy(std::span<element_type const> elements, std::size_t capacity)
    {
        if constexpr (is_shared) {
            return copy_of<Schema>(heap_, elements, capacity);
        } else {
            check_failed("elements that can't be copied have one owner");
        }
    }

    /// Effect: another last chunk, and another size.
    void set_last(owned<chunk_type> last, std::size_t size) noexcept
    {
        auto* const before = last_.get();
        last_.set(last.release());
        size_ = size;
        owned<chunk_type>::drop(before);
    }

    /// The capacity of a last chunk with room for `count` elements: all there can be, or in small versions a few.
    [[nodiscard]] std::size_t capacity_for(std::size_t count) const noexcept
    {
        constexpr auto least = std::max<std::size_t>(1, 64 / sizeof(element_type));
        return size_ >= Schema::chunk_capacity
            ? Schema::chunk_capacity
            : std::min(Schema::chunk_capacity, std::max(least, std::bit_ceil(count)));
    }

    /// Effect: as append, where the last chunk is none, full, or not ours alone.
    template <class... Sources>
    void append_with_room(Sources&&... sources)
    {
        auto* const last = last_.get();
        if (last == nullptr || last->size() == Schema::chunk_capacity) {
            auto fresh = chunk_type::make(heap_, capacity_for(1));
            fresh.edit().append(heap_, std::forward<Sources>(sources)...);
            if (last != nullptr)
                hang(borrow().full_chunks(), owned<chunk_type>::share(last));
            set_last(std::move(fresh), size_ + 1);
            return;
        }
        auto roomier = chunk_type::make(heap_, capacity_for(last->size() + 1));
        if constexpr (Schema::edits_in_place) {
            if (last->references.unique()) {
                auto built = build(std::forward<Sources>(sources)...); // it may be made from one of those that move
                last->give_all_to(roomier.edit());
                roomier.edit().append_built(std::move(built));
                set_last(std::move(roomier), size_ + 1);
                return;
            }
        }
        if constexpr (is_shared) {
            roomier.edit().append_copies(heap_, last->elements());
            roomier.edit().append(heap_, std::forward<Sources>(sources)...);
            set_last(std::move(roomier), size_ + 1);
        } else {
            check_failed("elements that can't be copied have one owner");
        }
    }

    /// Effect: the table's chunk with this number is that one.
    void hang(std::size_t number, owned<chunk_type> one)
    {
        root_in_hand hand(*this);
        radix::assign(heap_, hand.root, number, chunk_slot<Schema>(std::move(one)));
    }

    /// The chunk of an element, where nobody else can read it; else null.
    [[nodiscard]] chunk_type* chunk_alone(std::size_t index)
    {
        auto const number = index / Schema::chunk_capacity;
        if (number == borrow().full_chunks())
            return last_.get()->references.unique() ? last_.get() : nullptr;
        root_in_hand hand(*this);
        radix::path<node_type> const way(hand.root, number);
        auto* const found = way.end().slot_at(node_type::digit_of(number, 0)).get();
        return way.end_is_unshared() && found->references.unique() ? found : nullptr;
    }

    /// The same, once it is so: a chunk that others read is copied.
    [[nodiscard]] chunk_type& make_alone(std::size_t index)
    {
        if (auto* const found = chunk_alone(index))
            return *found;
        auto const& shared = borrow().chunk_at(index / Schema::chunk_capacity);
        auto made = copy(shared.elements(), shared.capacity());
        auto& result = made.edit();
        settle(index, std::move(made));
        return result;
    }
    /// Effect: another chunk of as many elements in the place of the one that has this element.
    void settle(std::size_t index, owned<chunk_type> made)
    {
        auto const number = index / Schema::chunk_capacity;
        if (number == borrow().full_chunks())
            set_last(std::move(made), size_);
        else
            hang(number, std::move(made));
    }

    /// Effect: an element is built from `source`, which may be an element of this version where it is an lvalue.
    template <class Source>
    void put(std::size_t index, Source&& source)
    {
        auto const position = index % Schema::chunk_capacity;
        if constexpr (!Schema::edits_in_place) {
            auto const& before = borrow().chunk_at(index / Schema::chunk_capacity);
            settle(index, copy_with<Schema>(heap_, before, position, std::forward<Source>(source)));
        } else if constexpr (std::is_lvalue_reference_v<Source>) {
            auto built = build(source);
            make_alone(index).replace(position, std::move(built));
        } else {
            auto& alone = make_alone(index);
            alone.replace(position, build(std::forward<Source>(source)));
        }
    }

    [[no_unique_address]] heap_type heap_;
    typename Schema::template link<node_type> root_;
    typename Schema::template link<chunk_type> last_;
    std::size_t size_ = 0;
};

} // namespace still::sequence
