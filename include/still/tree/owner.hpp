// SPDX-License-Identifier: BSL-1.0
//
// The reading half of a container that owns its version.

#pragma once

#include <concepts>
#include <cstddef>
#include <utility>

#include "still/tree/reader.hpp"

namespace still::tree {

/// Reads as `reader` does, but for this: what points into a version is not taken from one that is about
/// to go. On rvalues, iterators and `find` are deleted, and elements come by value.
template <class Access, class Core>
class owner : public reader<Access, Core> {
    using base = reader<Access, Core>;

public:
    using typename base::key_type;
    using typename base::value_type;

    /// On an lvalue, as `reader`'s.
    using base::at;
    using base::back;
    using base::begin;
    using base::cbegin;
    using base::cend;
    using base::end;
    using base::equal_range;
    using base::find;
    using base::find_many;
    using base::front;
    using base::lower_bound;
    using base::nth;
    using base::partition_point;
    using base::range;
    using base::rbegin;
    using base::rend;
    using base::search;
    using base::upper_bound;
    void begin() const&& = delete;
    void end() const&& = delete;
    void cbegin() const&& = delete;
    void cend() const&& = delete;
    void rbegin() const&& = delete;
    void rend() const&& = delete;
    template <class Sought = key_type>
    void find(Sought const&) const&& = delete;
    template <class Keys, class Results>
    void find_many(Keys const&, Results) const&& = delete;
    template <class Sought = key_type>
    void lower_bound(Sought const&) const&& = delete;
    template <class Sought = key_type>
    void upper_bound(Sought const&) const&& = delete;
    template <class Sought = key_type>
    void equal_range(Sought const&) const&& = delete;
    template <class Low = key_type, class High = key_type>
    void range(Low const&, High const&) const&& = delete;
    template <std::predicate<key_type const&> Holds>
    void partition_point(Holds) const&& = delete;
    void nth(std::size_t) const&& = delete;
    template <class Reached>
    void search(Reached) const&& = delete;
    template <class Reached>
    void search(std::size_t, Reached) const&& = delete;

    /// As `reader`'s, by value.
    [[nodiscard]] value_type front() const&& { return base::front(); }
    [[nodiscard]] value_type back() const&& { return base::back(); }
    template <class Sought = key_type>
    [[nodiscard]] typename Access::found_type at(Sought const& key) const&&
    {
        return base::at(key);
    }

protected:
    owner() = default;
    explicit owner(Core core)
        : base(std::move(core))
    {
    }
};

} // namespace still::tree
