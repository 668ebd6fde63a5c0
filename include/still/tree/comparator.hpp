// SPDX-License-Identifier: BSL-1.0
//
// A comparator as a version keeps it, and one that has a place for every floating-point number.

#pragma once

#include <cmath>
#include <compare>
#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace still {

/// An order in which every floating-point number has a place, NaN too: as `<` has it, with NaN behind all
/// other numbers, or before them where its sign is negative. Both zeros are equivalent, and so are all NaNs of
/// a sign. `std::less` has no place for NaN, which it finds equivalent to every number.
struct total_less {
    template <std::floating_point Number>
    [[nodiscard]] bool operator()(Number one, Number other) const noexcept
    {
        return std::weak_order(one, other) < 0;
    }
};

} // namespace still

namespace still::tree {

/// False for NaN where the comparator is one of the standard library's, which have no place for it.
template <class Less, class Sought>
[[nodiscard]] bool has_place(Sought const& key) noexcept
{
    constexpr auto is_standard = std::is_same_v<Less, std::less<>> || std::is_same_v<Less, std::greater<>>
        || std::is_same_v<Less, std::less<Sought>> || std::is_same_v<Less, std::greater<Sought>>;
    if constexpr (std::is_floating_point_v<Sought> && is_standard)
        return !std::isnan(key);
    else
        return true;
}

/// A comparator that can be assigned whatever it is: a lambda that captures can't be, so that one is
/// destroyed and built anew. What is moved from keeps a copy
/// wherever copying throws nothing, so that a container moved from still orders.
template <class Less>
class kept_comparator {
    static_assert(std::is_nothrow_move_constructible_v<Less>, "moving a version must not throw");

public:
    kept_comparator() = default;
    explicit kept_comparator(Less less) noexcept
        : less_(std::move(less))
    {
    }
    kept_comparator(kept_comparator const&) = default;
    kept_comparator(kept_comparator&& other) noexcept
        : less_(given(other.less_))
    {
    }
    kept_comparator& operator=(kept_comparator const& other) noexcept(std::is_nothrow_copy_constructible_v<Less>)
    {
        if (this != &other)
            replace(Less(other.less_));
        return *this;
    }
    kept_comparator& operator=(kept_comparator&& other) noexcept
    {
        if (this != &other)
            replace(given(other.less_));
        return *this;
    }
    ~kept_comparator() = default;

    [[nodiscard]] Less const& get() const noexcept { return less_; }

    template <class One, class Other>
    [[nodiscard]] bool operator()(One const& one, Other const& other) const
    {
        return less_(one, other);
    }

private:
    [[nodiscard]] static decltype(auto) given(Less& less) noexcept
    {
        if constexpr (std::is_nothrow_copy_constructible_v<Less>)
            return std::as_const(less);
        else
            return std::move(less);
    }
    void replace(Less less) noexcept
    {
        std::destroy_at(&less_);
        std::construct_at(&less_, std::move(less));
    }

    Less less_; // not [[no_unique_address]]: what shares its bytes couldn't be built anew
};

/// A comparator that is copied byte by byte needs none of that; an empty one takes no room.
template <class Less>
    requires(std::is_trivially_copyable_v<Less> && std::is_copy_assignable_v<Less>)
class kept_comparator<Less> {
public:
    kept_comparator() = default;
    explicit kept_comparator(Less less) noexcept
        : less_(less)
    {
    }

    [[nodiscard]] Less const& get() const noexcept { return less_; }

    template <class One, class Other>
    [[nodiscard]] bool operator()(One const& one, Other const& other) const
    {
        return less_(one, other);
    }

private:
    [[no_unique_address]] Less less_;
};

} // namespace still::tree
