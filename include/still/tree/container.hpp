// SPDX-License-Identifier: BSL-1.0
//
// The half of a container that makes versions: what `set` and `map` do alike, said once.

#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <ranges>
#include <utility>

#include "still/tree/ascending.hpp"
#include "still/tree/batch.hpp"
#include "still/tree/builder.hpp"
#include "still/tree/combinable.hpp"
#include "still/tree/filter.hpp"
#include "still/tree/slice.hpp"
#include "still/tree/version.hpp"

namespace still::tree {

/// Face is the container itself: what makes a version gives that. n is the number of elements of the
/// larger operand, m that of the smaller. The strong guarantee holds throughout; operations allocate
/// O(log n) nodes unless they say otherwise, and nothing where nothing changes.
/// Elements that can't be copied have one owner: what would share them is there for rvalues only, which are
/// empty afterwards.
///
/// Over a heap whose handles name a place, a region's say, a container keeps its heap for life, as a standard container
/// keeps an allocator that doesn't propagate. Assignment from one of another heap, by move too, copies the elements,
/// O(n), and throws what that does; so does `swap`, for both. One without a heap takes over that of what it is
/// assigned.
template <class Face, class Access, class Core>
class container : public combinable<Face, Access, Core>, public allocator_of_elements<typename Core::heap_type> {
    using base = combinable<Face, Access, Core>;

public:
    using typename base::key_compare;
    using typename base::key_type;
    using typename base::schema;
    using typename base::size_type;
    using typename base::value_type;
    using heap_type = typename Core::heap_type;
    using policy_type = typename schema::policy;

    /// Where the nodes come from.
    [[nodiscard]] heap_type const& heap() const noexcept { return this->core_.heap(); }

    /// Effect: exchanges two containers' elements and comparators; each keeps its heap. O(1) where that is one, else
    /// both are copied, and stay as they were if anything throws.
    // NOLINTNEXTLINE(performance-noexcept-swap): it copies what is in two places
    friend void swap(Face& one, Face& other)
        requires placing_heap<heap_type>
    {
        internals::core(one).swap(internals::core(other));
    }

    /// Effect: a version without the element whose key is equivalent to `key`; the same root where there
    /// is none. O(log n). The `&&` form edits in place what this version alone owns.
    template <class Sought = key_type>
    [[nodiscard]] Face erase(Sought const& key) const&
        requires(Core::is_shared)
    {
        return Face(face()).erase(key);
    }
    template <class Sought = key_type>
    [[nodiscard]] Face erase(Sought const& key) &&
    {
        this->core_.erase(base::sought(key));
        return std::move(face());
    }

    /// Effect: a version with the elements of a range as well, in any order; an element whose key is present
    /// stays out, as do all but the first of those with equivalent keys. The same root where nothing is
    /// new; else each node without a new element below it is shared.
    /// O(k log k + k log(n/k + 1)) for k elements, without the sorting where they come in order. Rvalues,
    /// as of std::make_move_iterator, are moved. Scratch memory for k elements comes from the standard
    /// allocator. The `&&` form is the one for elements that can't be copied; both make a single walk and
    /// edit nothing in place, so that the strong guarantee holds for all k together.
    template <std::ranges::input_range Range>
    [[nodiscard]] Face insert_range(Range&& elements) const&
        requires(Core::is_shared)
    {
        return with(inserted(std::forward<Range>(elements)));
    }
    template <std::ranges::input_range Range>
    [[nodiscard]] Face insert_range(Range&& elements) &&
    {
        return become(inserted(std::forward<Range>(elements)));
    }

    /// Effect: a version without the elements that have these keys, in any order. The same root where there
    /// are none; else each node without a loss below it is shared. Costs as insert_range; keys are looked up
    /// as for `erase`, and large ones aren't copied where the range gives lvalues.
    template <std::ranges::input_range Keys>
    [[nodiscard]] Face erase_keys(Keys&& keys) const&
        requires(Core::is_shared)
    {
        return with(erased(std::forward<Keys>(keys)));
    }
    template <std::ranges::input_range Keys>
    [[nodiscard]] Face erase_keys(Keys&& keys) &&
    {
        return become(erased(std::forward<Keys>(keys)));
    }

    /// What `split` gives.
    struct halves {
        Face below;
        std::optional<value_type> found;
        Face above;
    };
    /// Effect: the elements whose keys are less than `key`, the one with an equivalent key, and those with
    /// greater keys. O(log n); shares all but the edges of the cut. Where one half is everything, it is
    /// this root.
    template <class Sought = key_type>
    [[nodiscard]] halves split(Sought const& key) const&
        requires(Core::is_shared)
    {
        auto cut = this->core_.split(base::sought(key));
        auto found = std::optional<value_type>();
        if (cut.found)
            found.emplace(Access::get(cut.found));
        return { make(std::move(cut.below)), std::move(found), make(std::move(cut.above)) };
    }

    /// Effect: the elements with numbers in [first, last), counted from 0; there may be fewer. O(log n);
    /// shares all but the edges of the cuts. Where that is everything, it is this root.
    [[nodiscard]] Face slice(size_type first, size_type last) const&
        requires(Core::is_shared)
    {
        return with(root_between(first, last));
    }
    [[nodiscard]] Face slice(size_type first, size_type last) && { return become(root_between(first, last)); }
    /// Effect: the first `count` elements, and all but those. As slice.
    [[nodiscard]] Face take(size_type count) const&
        requires(Core::is_shared)
    {
        return slice(0, count);
    }
    [[nodiscard]] Face take(size_type count) && { return become(root_between(0, count)); }
    [[nodiscard]] Face drop(size_type count) const&
        requires(Core::is_shared)
    {
        return slice(count, this->size());
    }
    [[nodiscard]] Face drop(size_type count) && { return become(root_between(count, this->size())); }

    /// Effect: a version without the elements whose keys are not less than `low`, and less than `high`; the
    /// same root where there are none. O(log n); shares all but the edges of the gap.
    template <class Low = key_type, class High = key_type>
    [[nodiscard]] Face erase_range(Low const& low, High const& high) const&
        requires(Core::is_shared)
    {
        return with(root_outside(this->rank(low), this->rank(high)));
    }
    template <class Low = key_type, class High = key_type>
    [[nodiscard]] Face erase_range(Low const& low, High const& high) &&
    {
        return become(root_outside(this->rank(low), this->rank(high)));
    }

    /// Effect: the elements for which `holds` is true. It is called with each element once, in order: a map's
    /// with the key and the value, or with the entry. O(n); whole subtrees that stay are shared, and where all
    /// elements stay it is this root. Throws what `holds` throws, too.
    template <class Holds>
    [[nodiscard]] Face filter(Holds holds) const&
        requires(Core::is_shared)
    {
        return with(root_where(condition(holds)));
    }
    template <class Holds>
    [[nodiscard]] Face filter(Holds holds) &&
    {
        return become(root_where(condition(holds)));
    }
    /// Effect: the elements for which `goes` is false. As filter.
    template <class Goes>
    [[nodiscard]] Face erase_if(Goes goes) const&
        requires(Core::is_shared)
    {
        return with(root_where(std::not_fn(condition(goes))));
    }
    template <class Goes>
    [[nodiscard]] Face erase_if(Goes goes) &&
    {
        return become(root_where(std::not_fn(condition(goes))));
    }

    /// What `partition` gives.
    struct parting {
        Face matching;
        Face rest;
    };
    /// Effect: the elements for which `holds` is true, and the others. As filter, for both.
    template <class Holds>
    [[nodiscard]] parting partition(Holds holds) const&
        requires(Core::is_shared)
    {
        return part(condition(holds));
    }
    template <class Holds>
    [[nodiscard]] parting partition(Holds holds) &&
    {
        auto made = part(condition(holds));
        clear();
        return made;
    }

protected:
    using base::base;
    using base::clear;
    using base::face;
    using base::with;

    /// Effect: the container whose version this is.
    [[nodiscard]] static Face make(Core version) noexcept { return Face(std::move(version)); }
    friend struct tree::internals;

    /// The roots of what this container's elements make. See tree/slice.hpp, filter.hpp.
    [[nodiscard]] auto root_between(size_type first, size_type last) const
    {
        auto heap = this->core_.heap_to_share();
        return slice_of(heap, this->core_.root(), first, std::min(last, this->size()));
    }
    [[nodiscard]] auto root_outside(size_type first, size_type last) const
    {
        auto heap = this->core_.heap_to_share();
        return without_slice(heap, this->core_.root(), first, last);
    }
    template <class Holds>
    [[nodiscard]] auto root_where(Holds holds) const
    {
        auto heap = this->core_.heap_to_share();
        return filter_tree(heap, this->core_.root(), this->core_.less(), std::move(holds));
    }
    template <class Holds>
    [[nodiscard]] parting part(Holds holds) const
    {
        auto heap = this->core_.heap_to_share();
        auto made = partition_tree(heap, this->core_.root(), this->core_.less(), std::move(holds));
        auto matching = with(std::move(made.matching));
        return { std::move(matching), with(std::move(made.rest)) };
    }

    /// A condition on elements, as one on places.
    template <class Holds>
    [[nodiscard]] static auto condition(Holds& holds)
    {
        return [&holds](place<schema> at) { return static_cast<bool>(Access::call(holds, at)); };
    }

    /// The key to search for and to build from: the source itself where it compares as a key does.
    template <class KeySource>
    [[nodiscard]] static decltype(auto) keyed(std::remove_reference_t<KeySource>& key)
    {
        using source = std::remove_cvref_t<KeySource>;
        if constexpr (std::is_same_v<source, key_type> || (transparent<key_compare> && !std::is_arithmetic_v<source>)) {
            return static_cast<KeySource&&>(key);
        } else {
            static_assert(
                std::convertible_to<KeySource&&, key_type>, "still: what a key is made of converts to it implicitly");
            return static_cast<key_type>(static_cast<KeySource&&>(key));
        }
    }
    template <class KeySource>
    [[nodiscard]] static decltype(auto) keyed(std::remove_reference_t<KeySource>&& key)
    {
        return keyed<KeySource>(key);
    }

    /// Effect: this container, moved from, with another root.
    [[nodiscard]] Face become(typename Core::root_type root) noexcept
    {
        this->core_.replace_root(std::move(root));
        return std::move(face());
    }

    template <class Range>
    [[nodiscard]] typename Core::root_type inserted(Range&& elements) const
    {
        auto heap = this->core_.heap_to_share();
        auto const& less = this->core_.less();
        return insert_all<schema, key_compare>(
            heap, this->core_.root(), gather<schema>(std::forward<Range>(elements), less), less);
    }
    template <class Keys>
    [[nodiscard]] typename Core::root_type erased(Keys&& keys) const
    {
        auto heap = this->core_.heap_to_share();
        return erase_all<schema, key_compare>(heap, this->core_.root(), std::forward<Keys>(keys), this->core_.less());
    }

    /// Effect: takes the elements of a range in; of those with equivalent keys the first.
    /// Precondition: empty.
    template <class Range>
    void fill(Range&& elements)
    {
        auto heap = this->core_.heap_to_share();
        auto const& less = this->core_.less();
        this->core_ = this->core_.with(
            build_tree<schema, key_compare>(heap, gather<schema>(std::forward<Range>(elements), less), less));
    }

    /// Effect: a container of strictly ascending elements.
    template <class Range>
    [[nodiscard]] static Face pack_sorted(Range&& elements, key_compare compare, heap_type heap)
    {
        require_writable(heap);
        heap_in_use_t<heap_type> used(heap);
        builder<schema, key_compare> built(used, compare);
        add_ascending_elements(built, compare, std::ranges::begin(elements), std::ranges::end(elements));
        return make(Core(compare, heap).with(built.finish()));
    }
};

} // namespace still::tree
