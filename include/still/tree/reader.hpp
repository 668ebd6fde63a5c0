// SPDX-License-Identifier: BSL-1.0
//
// Everything that can be read from an ordered container or from a view of one, once for all four faces.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/throw_exception.hpp>

#include "still/core/report.hpp"
#include "still/tree/aggregate.hpp"
#include "still/tree/bisect.hpp"
#include "still/tree/comparator.hpp"
#include "still/tree/compare.hpp"
#include "still/tree/find_many.hpp"
#include "still/tree/footprint.hpp"
#include "still/tree/iterator.hpp"
#include "still/tree/sought.hpp"
#include "still/tree/validate.hpp"

namespace still::tree {

/// What a view keeps of a version: its root, borrowed, and a comparator. Touches no count.
template <class Schema, class Less>
class borrowed_version {
public:
    borrowed_version() = default;
    borrowed_version(borrowed<node<Schema>> root, Less less)
        : root_(root)
        , less_(std::move(less))
    {
    }
    [[nodiscard]] borrowed<node<Schema>> root() const noexcept { return root_; }
    [[nodiscard]] Less const& less() const noexcept { return less_.get(); }

private:
    borrowed<node<Schema>> root_;
    [[no_unique_address]] kept_comparator<Less> less_;
};

/// Two versions, owned or borrowed, with comparators of one type: what has a meaning to compare.
template <class Core, class OtherCore>
concept same_order = std::same_as<std::remove_cvref_t<decltype(std::declval<Core const&>().less())>,
    std::remove_cvref_t<decltype(std::declval<OtherCore const&>().less())>>;

struct internals;

/// The reading half of `set`, `map`, `set_view` and `map_view`. Nothing here allocates or touches a count,
/// unless it says so. Comparisons may throw what the comparator throws; nothing else does.
/// Thread contract: reading one version from any number of threads is safe while it lives.
template <class Access, class Core>
class reader {
public:
    using schema = typename Access::schema;
    using key_type = typename schema::key_type;
    using value_type = typename Access::value_type;
    using reference = typename Access::reference;
    using const_reference = reference;
    using pointer = typename Access::pointer;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using iterator = tree::iterator<Access>;
    using const_iterator = iterator;
    using reverse_iterator = std::reverse_iterator<iterator>;
    using const_reverse_iterator = reverse_iterator;
    using subrange = std::ranges::subrange<iterator>;
    using key_compare = std::remove_cvref_t<decltype(std::declval<Core const&>().less())>;

    /// The number of elements. O(1).
    [[nodiscard]] size_type size() const noexcept { return size_of(core_.root()); }
    [[nodiscard]] bool empty() const noexcept { return !core_.root(); }
    [[nodiscard]] key_compare key_comp() const { return core_.less(); }

    /// True when an element has an equivalent key. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] bool contains(Sought const& key) const
    {
        return static_cast<bool>(place_of(key));
    }
    /// 1 when an element has an equivalent key, else 0. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] size_type count(Sought const& key) const
    {
        return contains(key) ? 1 : 0;
    }

    /// A set's element, or a map's value, with an equivalent key: a pointer into the version, or null.
    /// O(log n).
    template <class Sought = key_type>
    [[nodiscard]] auto const* find(Sought const& key) const&
    {
        return Access::found(place_of(key));
    }
    /// Effect: writes to `results` what `find` gives for each of `keys`, in their order. The searches go down
    /// the tree side by side, so that they wait for memory together: for batches of 16 and more. O(k log n),
    /// allocates nothing. Returns the place behind the last result.
    template <std::ranges::random_access_range Keys, std::output_iterator<typename Access::found_type const*> Results>
        requires std::ranges::sized_range<Keys const>
    Results find_many(Keys const& keys, Results results) const&
    {
        tree::find_many(core_.root(), keys, core_.less(),
            [&results](place<schema> at) { *results++ = at ? Access::found(at) : nullptr; });
        return results;
    }
    /// The same by reference. Throws std::out_of_range where there is none. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] auto const& at(Sought const& key) const&
    {
        auto const found = place_of(key);
        if (!found)
            boost::throw_exception(std::out_of_range("still: no element has this key (ask contains or find first)"));
        return *Access::found(found);
    }

    /// The least and the greatest element. Precondition: !empty(). O(log n).
    [[nodiscard]] reference front() const&
    {
        STILL_ASSERT(!empty());
        return Access::get(first(core_.root()));
    }
    [[nodiscard]] reference back() const&
    {
        STILL_ASSERT(!empty());
        return Access::get(last(core_.root()));
    }

    /// Elements in ascending order of their keys. O(log n) to begin, O(1) amortised a step.
    [[nodiscard]] iterator begin() const& noexcept { return at_number(0); }
    [[nodiscard]] iterator end() const& noexcept { return at_number(size()); }
    [[nodiscard]] iterator cbegin() const& noexcept { return begin(); }
    [[nodiscard]] iterator cend() const& noexcept { return end(); }
    [[nodiscard]] reverse_iterator rbegin() const& noexcept { return reverse_iterator(end()); }
    [[nodiscard]] reverse_iterator rend() const& noexcept { return reverse_iterator(begin()); }

    /// The first element whose key is not less than `key`, or the end. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] iterator lower_bound(Sought const& key) const&
    {
        return at_number(rank(key));
    }
    /// The first element whose key is greater than `key`, or the end. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] iterator upper_bound(Sought const& key) const&
    {
        return at_number(rank_through(core_.root(), sought(key), core_.less()));
    }
    /// The elements with equivalent keys: one or none. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] subrange equal_range(Sought const& key) const&
    {
        return between(rank(key), rank_through(core_.root(), sought(key), core_.less()));
    }
    /// The elements whose keys are not less than `low`, and less than `high`; none where `high` is not
    /// greater than `low`. O(log n), and O(1) amortised a step; its size is O(1).
    template <class Low = key_type, class High = key_type>
    [[nodiscard]] subrange range(Low const& low, High const& high) const&
    {
        return between(rank(low), rank(high));
    }
    /// The first element for whose key `holds` is false, or the end. Calls it with keys of this version
    /// only, O(log n) times; the element before is the last for which it holds.
    /// Precondition: it holds for the keys of a prefix.
    template <std::predicate<key_type const&> Holds>
    [[nodiscard]] iterator partition_point(Holds holds) const&
    {
        return at_number(
            prefix_size(core_.root(), [&](key_type const& key) { return static_cast<bool>(std::invoke(holds, key)); }));
    }
    /// The element with this number, counted from 0, or the end where there are no more. O(log n).
    [[nodiscard]] iterator nth(size_type number) const& noexcept
    {
        auto const all = size();
        return at_number(number < all ? number : all);
    }
    /// The number of elements whose keys are less than `key`. O(log n).
    template <class Sought = key_type>
    [[nodiscard]] size_type rank(Sought const& key) const
    {
        return tree::rank(core_.root(), sought(key), core_.less());
    }

    /// Effect: calls `visitor` with all elements in order, in pieces that lie together in memory: a set
    /// gives std::span<Key const>, a map a span of keys and one of values: a leaf's each, or single elements
    /// where they lie in boxes. O(n). Throws what `visitor` throws.
    template <class Visitor>
    void for_each_chunk(Visitor visitor) const
    {
        position<schema> at(core_.root(), 0);
        while (at.left_in_leaf() > 0) {
            Access::chunk(*at.at().in, 0, at.left_in_leaf(), visitor);
            at.skip_leaf();
        }
    }

    /// The measure of all elements, where the policy has one. O(1).
    [[nodiscard]] auto aggregate() const noexcept
        requires(schema::has_measure)
    {
        return core_.root() ? measure_of(*core_.root()) : schema::measure::identity();
    }
    /// The measure of the elements with keys in [low, high). O(log n). The identity where there are none,
    /// or high is not greater than low.
    template <class Low = key_type, class High = key_type>
    [[nodiscard]] auto aggregate(Low const& low, High const& high) const
        requires(schema::has_measure)
    {
        auto const first = rank(low);
        auto const last = rank(high);
        return measure_between(core_.root(), first, last < first ? first : last);
    }
    /// The first element at which `reached(measure)` holds for the measure of all elements up to it and
    /// with it; the end where there is none. Once it holds for a prefix, it must hold for all longer ones.
    /// O(log n) calls. Throws what `reached` throws.
    template <class Reached>
    [[nodiscard]] iterator search(Reached reached) const&
        requires(schema::has_measure)
    {
        return at_number(search_prefix(core_.root(), 0, reached));
    }
    /// The same, where the prefix begins at the element with number `from`. Precondition: from ≤ size().
    template <class Reached>
    [[nodiscard]] iterator search(size_type from, Reached reached) const&
        requires(schema::has_measure)
    {
        STILL_ASSERT(from <= size());
        return at_number(search_prefix(core_.root(), from, reached));
    }

    /// True when both are the same version: one root, so that nothing needs comparing. O(1).
    template <class OtherCore>
    [[nodiscard]] bool same_root(reader<Access, OtherCore> const& other) const noexcept
    {
        return core_.root() == other.core_.root();
    }

    /// What the version costs, and what of that only it keeps alive. O(nodes).
    [[nodiscard]] tree::footprint footprint() const noexcept { return footprint_of(core_.root()); }

protected:
    reader() = default;
    explicit reader(Core core)
        : core_(std::move(core))
    {
    }

    template <class Sought>
    [[nodiscard]] static decltype(auto) sought(Sought const& key)
    {
        return as_sought<key_compare, key_type>(key);
    }
    template <class Sought>
    [[nodiscard]] place<schema> place_of(Sought const& key) const
    {
        return tree::find(core_.root(), sought(key), core_.less());
    }
    [[nodiscard]] iterator at_number(std::uint64_t number) const noexcept
    {
        return iterator(position<schema>(core_.root(), number));
    }
    /// Elements [first, last), or none where there are none such.
    [[nodiscard]] subrange between(std::uint64_t first, std::uint64_t last) const noexcept
    {
        return { at_number(first), at_number(first < last ? last : first) };
    }

    [[no_unique_address]] Core core_;

    template <class AnyAccess, class AnyCore>
    friend class reader;
    friend struct tree::internals;
};

/// The door for code that needs a face's engine: algorithms over two containers, other layers, and tests.
struct internals {
    template <class Access, class Core>
    [[nodiscard]] static Core const& core(reader<Access, Core> const& of) noexcept
    {
        return of.core_;
    }
    template <class Access, class Core>
    [[nodiscard]] static Core& core(reader<Access, Core>& of) noexcept
    {
        return of.core_;
    }
    /// The container whose version this is.
    template <class Face, class Core>
    [[nodiscard]] static Face make(Core version) noexcept
    {
        return Face::make(std::move(version));
    }
};

/// True when both hold equal elements: equivalent keys, equal by `==` where they have it, with equal
/// values. O(1) for one root or different sizes; else what both share is not looked at, and the first
/// difference ends it. Works between containers and views alike.
template <class Access, class Core, class OtherCore>
    requires same_order<Core, OtherCore>
[[nodiscard]] bool operator==(reader<Access, Core> const& one, reader<Access, OtherCore> const& other)
{
    auto const& core = internals::core(one);
    return equal(core.root(), internals::core(other).root(), core.less());
}

/// Checks every invariant of a container's or a view's tree. O(n). Allocates only the report.
template <class Access, class Core>
[[nodiscard]] report validate(reader<Access, Core> const& seen)
{
    auto const& core = internals::core(seen);
    return tree::validate(core.root(), core.less());
}

} // namespace still::tree
