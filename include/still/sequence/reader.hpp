// SPDX-License-Identifier: BSL-1.0
//
// Everything that can be read from a vector or from a view of one, once for both.

#pragma once

#include <boost/throw_exception.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "still/sequence/diff.hpp"
#include "still/sequence/iterator.hpp"
#include "still/sequence/validate.hpp"

namespace still::sequence {

struct internals;

/// Two versions, owned or borrowed, of vectors of one type: what has a meaning to compare.
template <class Core, class OtherCore>
concept same_schema = std::same_as<typename Core::schema, typename OtherCore::schema>;

/// The reading half of `vector` and `vector_view`. Nothing here allocates or touches a count. Comparisons throw what
/// those of elements throw.
/// Thread contract: reading one version from any number of threads is safe while it lives.
template <class Core>
class reader {
public:
    using schema = typename Core::schema;
    using value_type = typename Core::element_type;
    using reference = value_type const&;
    using const_reference = reference;
    using pointer = value_type const*;
    using const_pointer = pointer;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using iterator = sequence::iterator<schema>;
    using const_iterator = iterator;
    using reverse_iterator = std::reverse_iterator<iterator>;
    using const_reverse_iterator = reverse_iterator;

    /// The number of elements. O(1).
    [[nodiscard]] size_type size() const noexcept { return core_.size(); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// An element. Precondition: index < size(). O(levels): two nodes for a million numbers.
    [[nodiscard]] reference operator[](size_type index) const& noexcept { return core_.borrow().at(index); }
    /// The same. Throws std::out_of_range where the index is past the end.
    [[nodiscard]] reference at(size_type index) const&
    {
        require(index);
        return core_.borrow().at(index);
    }
    /// The first and the last element. Precondition: !empty().
    [[nodiscard]] reference front() const& noexcept { return core_.borrow().at(0); }
    [[nodiscard]] reference back() const& noexcept { return core_.borrow().at(size() - 1); }

    /// Elements in order. O(levels) to begin, O(1) amortised a step.
    [[nodiscard]] iterator begin() const& noexcept { return iterator(core_.borrow(), 0); }
    [[nodiscard]] iterator end() const& noexcept { return iterator(core_.borrow(), size()); }
    [[nodiscard]] iterator cbegin() const& noexcept { return begin(); }
    [[nodiscard]] iterator cend() const& noexcept { return end(); }
    [[nodiscard]] reverse_iterator rbegin() const& noexcept { return reverse_iterator(end()); }
    [[nodiscard]] reverse_iterator rend() const& noexcept { return reverse_iterator(begin()); }

    /// Effect: calls `visitor` with all elements in order, in pieces that lie together in memory, as
    /// `std::span<T const>`: as fast as reading an array. O(n). Throws what `visitor` throws.
    template <std::invocable<std::span<value_type const>> Visitor>
    void for_each_chunk(Visitor visitor) const
    {
        core_.borrow().for_each_span(visitor);
    }

    /// True when both are one version, known without looking: then they are equal. O(1).
    template <class OtherCore>
        requires same_schema<Core, OtherCore>
    [[nodiscard]] bool same_root(reader<OtherCore> const& other) const noexcept
    {
        return core_.borrow() == other.core_.borrow();
    }

    /// What the version is made of, shared nodes and chunks counted too. O(chunks).
    [[nodiscard]] sequence::inventory inventory() const { return take_inventory(core_.borrow()); }

protected:
    reader() = default;
    explicit reader(Core core) noexcept
        : core_(std::move(core))
    {
    }

    void require(size_type index) const
    {
        if (index >= size())
            boost::throw_exception(
                std::out_of_range("still: index " + std::to_string(index) + " is past the end of a vector of "
                    + std::to_string(size()) + " elements (check against size() first)"));
    }

    Core core_;

    template <class OtherCore>
    friend class reader;
    friend struct internals;
};

/// The door for code that needs a face's engine: algorithms over two versions, other layers, and tests.
struct internals {
    template <class Core>
    [[nodiscard]] static Core const& core(reader<Core> const& of) noexcept
    {
        return of.core_;
    }
    template <class Core>
    [[nodiscard]] static Core& core(reader<Core>& of) noexcept
    {
        return of.core_;
    }
};

/// True when both have equal elements. O(1) for one root or different sizes; else what both share is not looked at,
/// and the first difference ends it. Works between vectors and views alike.
template <class Core, class OtherCore>
    requires same_schema<Core, OtherCore> && std::equality_comparable<typename Core::element_type>
[[nodiscard]] bool operator==(reader<Core> const& one, reader<OtherCore> const& other)
{
    return equal(internals::core(one).borrow(), internals::core(other).borrow());
}

/// The lexicographic order: elements are compared by `<=>`, or else by `<`. Elements that both share count as equal.
/// O(1) for one root; otherwise as `diff`, up to the first difference. Works between vectors and views alike.
template <class Core, class OtherCore>
    requires same_schema<Core, OtherCore> && orderable<typename Core::element_type>
[[nodiscard]] auto operator<=>(reader<Core> const& one, reader<OtherCore> const& other)
{
    return order_of(internals::core(one).borrow(), internals::core(other).borrow());
}

/// Returns the first broken rule of a vector's or a view's structure, or soundness. O(chunks).
template <class Core>
[[nodiscard]] report validate(reader<Core> const& seen)
{
    return validate(internals::core(seen).borrow());
}

} // namespace still::sequence
