// SPDX-License-Identifier: BSL-1.0
//
// What a validator stands on: memory whose content came through types, or bytes from elsewhere, of which nothing is
// read before it is known to lie inside of them. And what bounds its work in either case.

#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "still/core/node_heap.hpp"

namespace still {

/// How far a check goes. What needs more breaks a rule.
struct check_options {
    /// Nodes, chunks and mounts that are looked at: the bound of its time, and of the memory it takes.
    std::uint64_t most_nodes = std::numeric_limits<std::uint64_t>::max();
    /// Nodes on the way from the root to a leaf, both counted.
    unsigned most_depth = std::numeric_limits<unsigned>::max();
    /// Segments that a read of one may lead through beyond it; the library itself allows 16.
    unsigned most_mounts = std::numeric_limits<unsigned>::max();
    /// A segment may have keepers and observers: others' code, which reading it runs.
    bool may_call_out = false;
};

/// The same for a structure in bytes from elsewhere. See `within`.
class bounded_check {
public:
    explicit bounded_check(std::span<std::byte const> bounds, check_options limits = {}) noexcept
        : bounds_(bounds)
        , limits_(limits)
    {
    }

    /// Where all of the structure must lie; and how far the check goes.
    [[nodiscard]] std::span<std::byte const> bounds() const noexcept { return bounds_; }
    [[nodiscard]] check_options const& limits() const noexcept { return limits_; }

private:
    std::span<std::byte const> bounds_;
    check_options limits_;
};

/// Every node must lie in these bytes, each with its whole extent; of a heap's image, they begin where its region does.
[[nodiscard]] inline bounded_check within(std::span<std::byte const> bounds, check_options limits = {}) noexcept
{
    return bounded_check(bounds, limits);
}

/// True for types of which any bytes are a value: numbers, and what is made of them. Opt in for a type of your own,
/// when it is trivially copyable, and all its members are such:
///
///   template <> struct still::any_bytes<point> : std::true_type { };
template <class T>
struct any_bytes : std::bool_constant<(std::is_integral_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, float>
                       || std::is_same_v<T, double> || std::is_same_v<T, std::byte>> { };
template <class T>
struct any_bytes<T const> : any_bytes<T> { };
template <class T, std::size_t Count>
struct any_bytes<T[Count]> : any_bytes<T> { };
template <class T, std::size_t Count>
struct any_bytes<std::array<T, Count>> : any_bytes<T> { };
template <class First, class Second>
struct any_bytes<std::pair<First, Second>> : std::bool_constant<any_bytes<First>::value && any_bytes<Second>::value> {
};

/// Checks elements by their type alone: any bytes will do, or of a `bool` two.
struct by_type { };

namespace core {

/// Elements that came through their types are not asked.
struct sound_elements { };

/// True for what `check(bytes)` may be called with the bytes of a T, and says whether they are one.
template <class Check, class T>
concept checks_bytes_of = std::same_as<Check, sound_elements> || std::same_as<Check, by_type>
    || std::predicate<Check&, std::span<std::byte const, sizeof(T)>>;

/// True when the bytes at `place` are a T, as far as `check` knows. Precondition: they may be read.
/// Throws what `check` throws.
template <class T, class Check>
[[nodiscard]] bool is_value(Check& check, T const* place)
{
    static_assert(checks_bytes_of<Check, T>,
        "still: what checks an element takes its bytes, as a std::span<std::byte const>, and returns whether they are "
        "one");
    if constexpr (std::same_as<Check, sound_elements>) {
        return true;
    } else {
        std::span<std::byte const, sizeof(T)> const bytes(reinterpret_cast<std::byte const*>(place), sizeof(T));
        if constexpr (!std::same_as<Check, by_type>) {
            return static_cast<bool>(std::invoke(check, bytes));
        } else if constexpr (std::same_as<T, bool>) {
            return bytes[0] <= std::byte{ 1 };
        } else {
            static_assert(any_bytes<T>::value,
                "still: not all bytes are a value of this element's type, so that it can't be checked in bytes from "
                "elsewhere; give what checks it as an argument, or specialise still::any_bytes<T> if all bytes are");
            return true;
        }
    }
}

/// Heaps that write beside a block where it is. Whatever reads that must find it true.
template <class Heap>
concept names_places = node_heap<Heap> && requires(void const* block, std::span<std::byte const> image) {
    { Heap::names_place(block, image) } noexcept -> std::same_as<bool>;
};

/// Memory that came through types: all of it may be read.
class sound_ground {
public:
    static constexpr bool is_sound = true;

    sound_ground() noexcept = default;
    explicit sound_ground(check_options const& limits) noexcept
        : limits_(limits)
    {
    }

    /// The rule that is broken by a block of so many bytes being there, or null.
    template <node_heap Heap>
    [[nodiscard]] static constexpr char const* broken_by(void const*, std::size_t, std::size_t) noexcept
    {
        return nullptr;
    }
    /// Effect: counts nodes. Returns the rule that is broken by there being so many, or null.
    [[nodiscard]] char const* count(std::uint64_t nodes = 1) noexcept
    {
        if (nodes > limits_.most_nodes - visited_)
            return "nodes ≤ most_nodes";
        visited_ += nodes;
        return nullptr;
    }
    /// The same for a way of so many nodes from the root on.
    [[nodiscard]] char const* broken_by_depth(unsigned nodes) const noexcept
    {
        return nodes <= limits_.most_depth ? nullptr : "depth ≤ most_depth";
    }

protected:
    check_options limits_;

private:
    std::uint64_t visited_ = 0; // ≤ most_nodes
};

/// Bytes from elsewhere: a block is read once it is known to lie in them.
class bounded_ground : public sound_ground {
public:
    static constexpr bool is_sound = false;

    /// Nodes of a sound structure lie apart: there are no more than there is room for.
    bounded_ground(bounded_check const& how, std::size_t least_node) noexcept
        : sound_ground(how.limits())
        , bounds_(how.bounds())
    {
        limits_.most_nodes = std::min<std::uint64_t>(limits_.most_nodes, bounds_.size() / least_node);
    }

    /// The rule that is broken by an object of so many bytes being there, or null.
    [[nodiscard]] char const* broken_by(void const* object, std::size_t bytes, std::size_t alignment) const noexcept
    {
        auto const address = reinterpret_cast<std::uintptr_t>(object);
        auto const offset = address - reinterpret_cast<std::uintptr_t>(bounds_.data()); // wraps below the start
        if (offset > bounds_.size() || bytes > bounds_.size() - offset)
            return "start(bounds) ≤ start, end ≤ end(bounds)";
        return address % alignment == 0 ? nullptr : "start is a multiple of the alignment";
    }
    /// The same for a block of a heap's.
    template <node_heap Heap>
    [[nodiscard]] char const* broken_by(void const* block, std::size_t bytes, std::size_t alignment) const noexcept
    {
        if (auto const* const rule = broken_by(block, bytes, alignment))
            return rule;
        if constexpr (names_places<Heap>) {
            if (!Heap::names_place(block, bounds_))
                return "name(block) = where the block is";
        }
        return nullptr;
    }
    [[nodiscard]] std::span<std::byte const> bounds() const noexcept { return bounds_; }

private:
    std::span<std::byte const> bounds_;
};

} // namespace core
} // namespace still
