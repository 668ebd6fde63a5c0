// SPDX-License-Identifier: BSL-1.0
//
// The difference of two versions as a lazy range, and as calls to a visitor.

#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

#include "still/core/change.hpp"
#include "still/tree/owner.hpp"

namespace still::tree {

/// An input range of `change`, in ascending order of keys. It reads both versions as it goes and owns
/// neither. Costs as `comparison`; allocates nothing. Values without `==` count as changed unless their
/// nodes are shared.
template <class Access, class Less>
class changes : public std::ranges::view_interface<changes<Access, Less>> {
public:
    using value_type = change<typename Access::pointer>;

    changes(borrowed<node<typename Access::schema>> before, borrowed<node<typename Access::schema>> after, Less less)
        : walk_(before, after, std::move(less))
    {
    }

    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = change<typename Access::pointer>;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(changes& of) noexcept
            : of_(&of)
        {
        }

        [[nodiscard]] value_type const& operator*() const noexcept { return of_->current_; }
        [[nodiscard]] value_type const* operator->() const noexcept { return &of_->current_; }
        iterator& operator++()
        {
            of_->advance();
            return *this;
        }
        void operator++(int) { of_->advance(); }
        [[nodiscard]] friend bool operator==(iterator const& at, std::default_sentinel_t) noexcept { return at.done(); }

    private:
        [[nodiscard]] bool done() const noexcept { return of_->at_end_; }

        changes* of_ = nullptr;
    };

    /// Where the reading is: at the first change, the first time.
    [[nodiscard]] iterator begin()
    {
        if (!std::exchange(has_begun_, true))
            advance();
        return iterator(*this);
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    void advance()
    {
        while (walk_.next()) {
            auto const before = walk_.before();
            auto const after = walk_.after();
            if (!before)
                current_ = value_type::added(Access::point(after));
            else if (!after)
                current_ = value_type::removed(Access::point(before));
            else if (!same_value(*before.value(), *after.value()))
                current_ = value_type::changed(Access::point(before), Access::point(after));
            else
                continue;
            return;
        }
        at_end_ = true;
    }

    comparison<typename Access::schema, Less> walk_;
    value_type current_{};
    bool has_begun_ = false;
    bool at_end_ = false;
};

} // namespace still::tree

namespace still {

/// Effect: what changed between two versions: a lazy range of `change` in ascending order of keys, whose
/// `before` and `after` are a set's `T const*` or a map's `entry_pointer<K, V>`. A set's elements are
/// `added` or `removed`; a map's values that differ by `==`, or have no `==` and lie in nodes that aren't
/// shared, are `changed`. Takes containers and views of one type in any mixture.
/// O(changes · log n) for versions with a recent common ancestor, correct for any two. Allocates nothing;
/// reads both as it goes, so both must outlive it. Throws what the comparison throws.
template <class Access, class Core, class OtherCore>
    requires tree::same_order<Core, OtherCore>
[[nodiscard]] auto diff(tree::reader<Access, Core> const& before, tree::reader<Access, OtherCore> const& after)
{
    return tree::changes<Access, typename tree::reader<Access, Core>::key_compare>(
        tree::internals::core(before).root(), tree::internals::core(after).root(), before.key_comp());
}
template <class Access, class Core, class OtherCore>
void diff(tree::owner<Access, Core> const&& before, tree::reader<Access, OtherCore> const& after) = delete;
template <class Access, class Core, class OtherCore>
void diff(tree::reader<Access, Core> const& before, tree::owner<Access, OtherCore> const&& after) = delete;
template <class Access, class Core, class OtherCore>
void diff(tree::owner<Access, Core> const&& before, tree::owner<Access, OtherCore> const&& after) = delete;

/// Effect: calls `visitor` with each change, and stops early where it returns false. Returns whether all
/// were seen. Otherwise as the range.
template <class Access, class Core, class OtherCore, class Visitor>
    requires tree::same_order<Core, OtherCore>
bool diff(tree::reader<Access, Core> const& before, tree::reader<Access, OtherCore> const& after, Visitor visitor)
{
    return visit_changes(diff(before, after), visitor);
}

} // namespace still
