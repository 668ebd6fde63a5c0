// SPDX-License-Identifier: BSL-1.0
//
// The part of a container that makes a version of two: set algebra and joins.

#pragma once

#include <utility>

#include "still/tree/absorb.hpp"
#include "still/tree/owner.hpp"
#include "still/tree/version.hpp"

namespace still::tree {

/// Face is the container itself: see tree/container.hpp.
template <class Face, class Access, class Core>
class combinable : public owner<Access, Core> {
    using base = owner<Access, Core>;

public:
    /// Effect: all elements of `low`, then those of `high`. O(log n); the other operand's root where one is
    /// empty. Where the heaps differ, `high` is copied into the heap of `low`, O(n).
    /// Throws std::invalid_argument unless each key of `low` is less than each of `high`.
    [[nodiscard]] friend Face join(Face const& low, Face const& high)
        requires(Core::is_shared)
    {
        return internals::make<Face>(internals::core(low).join(internals::core(high)));
    }
    [[nodiscard]] friend Face join(Face&& low, Face&& high)
    {
        return spend(internals::make<Face>(internals::core(low).join(internals::core(high))), low, high);
    }

    /// Effect: elements of either version; of those with equivalent keys the left operand's survives. The
    /// left root where that has all keys; the right root where the left version is empty and the heaps are
    /// one. O(m log(n/m + 1)), and subtrees that lie apart or are shared stay whole. Where the heaps differ,
    /// the right operand is copied first, O(n).
    /// An rvalue on the left is empty afterwards, and after a throw. Where it alone owns its root, and the other's
    /// elements are few and scattered, it is edited in place, O(m log n). The forms for two rvalues leave both empty.
    /// All that is so of the differences too; an intersection has nothing to gain, and spends two rvalues only.
    /// Precondition, of all that takes two versions: both comparators order alike.
    [[nodiscard]] friend Face set_union(Face const& left, Face const& right)
        requires(Core::is_shared)
    {
        return combine(left, right, still::keep, still::keep, still::keep);
    }
    [[nodiscard]] friend Face set_union(Face&& left, Face const& right)
        requires(Core::is_shared)
    {
        return edit_or_combine(left, right, absorbing(), still::keep, still::keep, still::keep);
    }
    [[nodiscard]] friend Face set_union(Face&& left, Face&& right)
    {
        return spend(edit_or_combine(left, right, absorbing(), still::keep, still::keep, still::keep), left, right);
    }
    /// Effect: elements of the left version whose keys the right one has too. The left root where that is
    /// all. Costs as set_union, and copies no operand.
    [[nodiscard]] friend Face set_intersection(Face const& left, Face const& right)
        requires(Core::is_shared)
    {
        return combine(left, right, still::drop, still::drop, still::keep);
    }
    [[nodiscard]] friend Face set_intersection(Face&& left, Face&& right)
    {
        return spend(combine(left, right, still::drop, still::drop, still::keep), left, right);
    }
    /// Effect: elements of the left version whose keys the right one doesn't have. The left root where that
    /// is all. Costs as set_union, and copies no operand.
    [[nodiscard]] friend Face set_difference(Face const& left, Face const& right)
        requires(Core::is_shared)
    {
        return combine(left, right, still::keep, still::drop, still::drop);
    }
    [[nodiscard]] friend Face set_difference(Face&& left, Face const& right)
        requires(Core::is_shared)
    {
        return edit_or_combine(left, right, expelling(), still::keep, still::drop, still::drop);
    }
    [[nodiscard]] friend Face set_difference(Face&& left, Face&& right)
    {
        return spend(edit_or_combine(left, right, expelling(), still::keep, still::drop, still::drop), left, right);
    }
    /// Effect: elements whose keys exactly one version has. The left root where the right one is empty; the
    /// right root where the left one is, as for set_union. Costs as that.
    [[nodiscard]] friend Face set_symmetric_difference(Face const& left, Face const& right)
        requires(Core::is_shared)
    {
        return combine(left, right, still::keep, still::keep, still::drop);
    }
    [[nodiscard]] friend Face set_symmetric_difference(Face&& left, Face const& right)
        requires(Core::is_shared)
    {
        return edit_or_combine(left, right, toggling(), still::keep, still::keep, still::drop);
    }
    [[nodiscard]] friend Face set_symmetric_difference(Face&& left, Face&& right)
    {
        return spend(edit_or_combine(left, right, toggling(), still::keep, still::keep, still::drop), left, right);
    }

protected:
    combinable() = default;
    explicit combinable(Core core)
        : base(std::move(core))
    {
    }

    [[nodiscard]] Face const& face() const noexcept { return static_cast<Face const&>(*this); }
    [[nodiscard]] Face& face() noexcept { return static_cast<Face&>(*this); }

    /// Effect: a container with another root, and this one's heap and comparator.
    [[nodiscard]] Face with(typename Core::root_type root) const
    {
        return internals::make<Face>(this->core_.with(std::move(root)));
    }

    void clear() noexcept { this->core_.let_go(); }

    /// Effect: empties the operands of which a result was made.
    [[nodiscard]] static Face spend(Face made, combinable& left, combinable& right) noexcept
    {
        left.clear();
        right.clear();
        return made;
    }

    /// Effect: the combination of two. See tree/algebra.hpp.
    template <class LeftOnly, class RightOnly, class Both>
    [[nodiscard]] static Face combine(
        Face const& left, Face const& right, LeftOnly left_only, RightOnly right_only, Both both)
    {
        return internals::make<Face>(
            internals::core(left).combine(internals::core(right), left_only, right_only, both));
    }

    /// Effect: the same, where the left operand is the caller's to spend: it is edited in place where that costs less.
    template <class Edit, class LeftOnly, class RightOnly, class Both>
    [[nodiscard]] static Face edit_or_combine(
        combinable& left, Face const& right, Edit edit, LeftOnly left_only, RightOnly right_only, Both both)
    {
        if constexpr (edits_elements<typename Access::schema>) {
            if (&left.face() != &right && is_cheaper_to_edit(internals::core(left), internals::core(right))) {
                auto made = std::move(left.face());
                for_each_place(internals::core(right).root(),
                    [&](place<typename Access::schema> at) { edit(internals::core(made), at); });
                return made;
            }
        }
        auto made = combine(left.face(), right, left_only, right_only, both);
        left.clear();
        return made;
    }
};

} // namespace still::tree
