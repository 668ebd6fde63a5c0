// SPDX-License-Identifier: BSL-1.0
//
// A vector whose versions share what they have in common.
//
//   still::vector<int> before{ 1, 2, 3 };
//   auto after = before.push_back(4);            // before stays as it is
//   after = std::move(after).assign(0, 10);      // edits in place what only `after` owns
//   for (auto const& [index, change] : diff(before, after)) ...   // 0: changed, 3: added
//
// Elements lie side by side in chunks of up to 2 KiB, which hang from a radix table; the last chunk is held
// outside of it, so that appending touches no node. See Note: vector chunks.

#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

#include "still/core/hash.hpp"
#include "still/core/policy.hpp"
#include "still/sequence/reader.hpp"
#include "still/sequence/version.hpp"

namespace still {

template <class T, container_policy Policy = default_policy>
class vector;

/// A non-owning reader of a vector, passed by value. Touches no count; the vector it reads must outlive it.
template <class T, container_policy Policy = default_policy>
class vector_view : public sequence::reader<sequence::borrowed_version<sequence::schema<T, Policy>>> {
    using core = sequence::borrowed_version<sequence::schema<T, Policy>>;
    using base = sequence::reader<core>;

public:
    /// A view of the empty vector.
    vector_view() noexcept = default;
    /// A view of a version. O(1).
    vector_view(vector<T, Policy> const& seen) noexcept
        : base(sequence::internals::core(seen).borrow())
    {
    }
};

/// The changes from one vector to another: a lazy, ordered, forward range of element_change. Owns nothing: valid as
/// long as both vectors are kept and not edited in place. Cheap to copy.
template <class T, container_policy Policy>
class vector_diff {
    using version = sequence::borrowed_version<sequence::schema<T, Policy>>;

public:
    using iterator = sequence::diff_iterator<sequence::schema<T, Policy>>;
    using value_type = element_change<T>;

    /// What `diff` makes. Precondition: both versions outlive it.
    vector_diff(version before, version after) noexcept
        : before_(before)
        , after_(after)
    {
    }

    /// Finds the first change. Costs the nodes opened and the elements compared up to it, allocates nothing, throws
    /// what `==` of elements does.
    [[nodiscard]] iterator begin() const { return iterator(before_, after_); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// As begin() == end().
    [[nodiscard]] bool empty() const { return begin() == end(); }

private:
    version before_;
    version after_;
};

/// A version: a regular value, cheap to copy (two counts), safe to read from any thread where the policy's counts are.
/// An empty one holds no memory. Elements that can't be copied make a vector that moves only, and has the `&&` forms.
///
/// T         its destructor throws nothing. Where its move may throw, chunks are rebuilt instead of edited in place.
/// Cost      an update of one element copies a chunk and a node a level at most; n is the number of elements, levels
///           are log64 of that of chunks. The `&&` forms edit in place what this vector alone owns, and allocate then
///           only where it grows. What changes nothing returns the same root and allocates nothing.
/// Errors    std::bad_alloc or what the policy's heap throws, and what elements throw when they are copied or compared.
///           Whatever is thrown, elements are as they were, and nothing leaks; after a throw from an `&&` form too, but
///           for what `alter` says. An index past the end throws std::out_of_range, where no precondition is stated.
/// Threads   distinct vectors from distinct threads without locks, also when they share nodes; one vector by the
///           standard library's rule.
///
/// Functions that are called by an `&&` form must not use the vector it is called on. What an element is made of may
/// be an element of the same vector.
template <class T, container_policy Policy>
class vector : public sequence::reader<sequence::version<sequence::schema<T, Policy>>> {
    using core = sequence::version<sequence::schema<T, Policy>>;
    using base = sequence::reader<core>;

public:
    using policy_type = Policy;
    using heap_type = typename Policy::heap;
    using view_type = vector_view<T, Policy>;
    using diff_type = vector_diff<T, Policy>;
    using typename base::iterator;
    using typename base::reference;
    using typename base::size_type;

    /// The empty vector. Allocates nothing.
    vector() noexcept(std::is_nothrow_default_constructible_v<heap_type>) = default;
    /// The same over a heap: chunks and nodes come from there, as do those of vectors made from this one.
    explicit vector(heap_type heap) noexcept
        : base(core(std::move(heap)))
    {
    }
    /// Copies of elements, in their order; the same of any range; `count` copies of one. O(n). Rvalues, as of
    /// std::make_move_iterator, are moved.
    vector(std::initializer_list<T> elements, heap_type heap = heap_type())
        requires(core::is_shared)
        : vector(elements.begin(), elements.end(), std::move(heap))
    {
    }
    template <std::input_iterator First, std::sentinel_for<First> Last>
    vector(First first, Last last, heap_type heap = heap_type())
        : base(core(std::move(heap)))
    {
        this->core_.append_each(std::move(first), std::move(last));
    }
    vector(size_type count, T const& element, heap_type heap = heap_type())
        requires(core::is_shared)
        : base(core(std::move(heap)))
    {
        for (; count > 0; --count)
            this->core_.append(element);
    }

    /// Where chunks and nodes come from.
    [[nodiscard]] heap_type const& heap() const noexcept { return this->core_.heap(); }

    /// A view of this version. O(1), touches no count.
    [[nodiscard]] view_type view() const& noexcept { return *this; }
    view_type view() const&& = delete;

    /// Effect: exchanges two versions. O(1).
    void swap(vector& other) noexcept { this->core_.swap(other.core_); }
    friend void swap(vector& one, vector& other) noexcept { one.swap(other); }

    /// On an lvalue as the reader's. What points into a version isn't taken from one that is about to go: there,
    /// elements come by value.
    using base::at;
    using base::back;
    using base::begin;
    using base::cbegin;
    using base::cend;
    using base::end;
    using base::front;
    using base::rbegin;
    using base::rend;
    using base::operator[];
    void begin() const&& = delete;
    void end() const&& = delete;
    void cbegin() const&& = delete;
    void cend() const&& = delete;
    void rbegin() const&& = delete;
    void rend() const&& = delete;
    /// As the reader's, by value.
    [[nodiscard]] T operator[](size_type index) const&& { return this->core_.borrow().at(index); }
    [[nodiscard]] T at(size_type index) const&&
    {
        this->require(index);
        return this->core_.borrow().at(index);
    }
    [[nodiscard]] T front() const&& { return base::front(); }
    [[nodiscard]] T back() const&& { return base::back(); }

    /// Effect: a version with one more element, at the end. The `&&` form is O(1) amortised; the other copies the last
    /// chunk, if that isn't full, and shares the rest.
    [[nodiscard]] vector push_back(T const& element) const&
        requires(core::is_shared)
    {
        return vector(*this).push_back(element);
    }
    [[nodiscard]] vector push_back(T&& element) const&
        requires(core::is_shared)
    {
        return vector(*this).push_back(std::move(element));
    }
    [[nodiscard]] vector push_back(T const& element) && requires(core::is_shared) {
        this->core_.append(element);
        return std::move(*this);
    } [[nodiscard]] vector push_back(T&& element) &&
    {
        this->core_.append(std::move(element));
        return std::move(*this);
    }
    /// Effect: the same with an element that is built from the arguments.
    template <class... Sources>
    [[nodiscard]] vector emplace_back(Sources&&... sources) const&
        requires(core::is_shared)
    {
        return vector(*this).emplace_back(std::forward<Sources>(sources)...);
    }
    template <class... Sources>
    [[nodiscard]] vector emplace_back(Sources&&... sources) &&
    {
        this->core_.append(std::forward<Sources>(sources)...);
        return std::move(*this);
    }

    /// Effect: a version with the elements of a range as well, behind the others. O(k + levels) for k elements; the
    /// same root where there are none. Rvalues, as of std::make_move_iterator, are moved. All come in or, where one
    /// throws, none. Precondition of the `&&` form: the range doesn't read this vector.
    template <std::ranges::input_range Range>
    [[nodiscard]] vector append_range(Range&& elements) const&
        requires(core::is_shared)
    {
        return vector(*this).append_range(std::forward<Range>(elements));
    }
    template <std::ranges::input_range Range>
    [[nodiscard]] vector append_range(Range&& elements) &&
    {
        this->core_.append_each(std::ranges::begin(elements), std::ranges::end(elements));
        return std::move(*this);
    }

    /// Effect: a version in which an element is another. The same root where they are equal by `==`. O(levels), and a
    /// chunk; the `&&` form costs O(levels) where this vector alone owns the chunk.
    [[nodiscard]] vector assign(size_type index, T const& element) const&
        requires(core::is_shared)
    {
        return vector(*this).assign(index, element);
    }
    [[nodiscard]] vector assign(size_type index, T&& element) const&
        requires(core::is_shared)
    {
        return vector(*this).assign(index, std::move(element));
    }
    [[nodiscard]] vector assign(size_type index, T const& element) && requires(core::is_shared) {
        this->require(index);
        this->core_.assign(index, element);
        return std::move(*this);
    } [[nodiscard]] vector assign(size_type index, T&& element) &&
    {
        this->require(index);
        this->core_.assign(index, std::move(element));
        return std::move(*this);
    }

    /// Effect: a version in which an element is `updated(element)`; the same root where that is equal by `==`. Costs as
    /// assign, and one call.
    template <std::invocable<T const&> Updated>
    [[nodiscard]] vector update(size_type index, Updated updated) const&
        requires(core::is_shared)
    {
        return vector(*this).update(index, std::ref(updated));
    }
    template <std::invocable<T const&> Updated>
    [[nodiscard]] vector update(size_type index, Updated updated) &&
    {
        this->require(index);
        this->core_.update(index, updated);
        return std::move(*this);
    }

    /// Effect: a version in which an element is `altered(element)`, which gets an rvalue: a copy, and the same root
    /// where it gives an equal one back; or, in the `&&` form, the element itself where this vector alone owns it. If
    /// `altered` then throws, the element is what that left of it. Costs as assign, and one call. So a vector of
    /// versions is edited in place at both levels.
    template <std::invocable<T> Altered>
    [[nodiscard]] vector alter(size_type index, Altered altered) const&
        requires(core::is_shared)
    {
        return vector(*this).alter(index, std::ref(altered));
    }
    template <std::invocable<T> Altered>
    [[nodiscard]] vector alter(size_type index, Altered altered) &&
    {
        this->require(index);
        this->core_.alter(index, altered);
        return std::move(*this);
    }

    /// Effect: a version without the last element. Precondition: !empty(). Costs as push_back.
    [[nodiscard]] vector pop_back() const&
        requires(core::is_shared)
    {
        return vector(*this).pop_back();
    }
    [[nodiscard]] vector pop_back() &&
    {
        this->core_.remove_last();
        return std::move(*this);
    }

    /// Effect: the first `count` elements, or all where there are fewer, which is the same root. O(levels), and a part
    /// of a chunk; shares the rest.
    [[nodiscard]] vector take(size_type count) const&
        requires(core::is_shared)
    {
        return vector(*this).take(count);
    }
    [[nodiscard]] vector take(size_type count) &&
    {
        this->core_.take(count);
        return std::move(*this);
    }

    /// Effect: drops the last chunk and takes the root out; the vector is empty from then on. For a reclaimer.
    [[nodiscard]] friend auto give_root(vector& of) noexcept { return of.core_.give_root(); }
};

/// Of a range's elements.
template <std::input_iterator First, std::sentinel_for<First> Last>
vector(First, Last) -> vector<std::iter_value_t<First>>;

/// The changes from `before` to `after`, in ascending order of index: elements that differ by `==`, or have no `==` and
/// lie in chunks that aren't shared, are `changed`; those past the end of one are `added` or `removed`. Right for any
/// two versions, at the cost of the nodes and chunks that they don't share. A lazy range that owns nothing: both
/// versions must outlive it. Takes vectors and views in any mixture.
template <class Core, class OtherCore>
    requires sequence::same_schema<Core, OtherCore>
[[nodiscard]] auto diff(sequence::reader<Core> const& before, sequence::reader<OtherCore> const& after) noexcept
{
    using changes = vector_diff<typename Core::element_type, typename Core::schema::policy>;
    return changes(sequence::internals::core(before).borrow(), sequence::internals::core(after).borrow());
}
template <class T, class Policy, class OtherCore>
void diff(vector<T, Policy> const&& before, sequence::reader<OtherCore> const& after) = delete;
template <class Core, class T, class Policy>
void diff(sequence::reader<Core> const& before, vector<T, Policy> const&& after) = delete;
template <class T, class Policy>
void diff(vector<T, Policy> const&& before, vector<T, Policy> const&& after) = delete;

/// Effect: calls `visit(element_change)` for each change, in order, until it returns false; a visitor that returns
/// nothing sees all. Returns whether all were seen. Otherwise as the range.
template <class Core, class OtherCore, std::invocable<element_change<typename Core::element_type> const&> Visit>
    requires sequence::same_schema<Core, OtherCore>
bool diff(sequence::reader<Core> const& before, sequence::reader<OtherCore> const& after, Visit&& visit)
{
    return visit_changes(diff(before, after), visit);
}

namespace sequence {

/// What std::hash of a vector does. Vectors that are equal hash alike, and a view as what it reads.
/// O(n), in order; allocates nothing; throws what the elements' hashes do.
template <class Vector>
struct vector_hash {
    [[nodiscard]] std::size_t operator()(Vector const& seen) const
    {
        core::hash_sum sum(seen.size());
        for (auto const& element : seen)
            sum.add_hash(element);
        return sum.value();
    }
};

} // namespace sequence
} // namespace still

// What a view's iterators point into outlives the view.
template <class T, still::container_policy Policy>
inline constexpr bool std::ranges::enable_borrowed_range<still::vector_view<T, Policy>> = true;
template <class T, still::container_policy Policy>
inline constexpr bool std::ranges::enable_view<still::vector_view<T, Policy>> = true;

/// Of elements that have a hash.
template <still::hashable T, still::container_policy Policy>
struct std::hash<still::vector<T, Policy>> : still::sequence::vector_hash<still::vector<T, Policy>> { };
template <still::hashable T, still::container_policy Policy>
struct std::hash<still::vector_view<T, Policy>> : still::sequence::vector_hash<still::vector_view<T, Policy>> { };
