// SPDX-License-Identifier: BSL-1.0
//
// Versions made of another by a function of its elements, which may leave some out. Where elements keep their
// type, those that stay equal stay shared.

#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "still/tree/batch.hpp"
#include "still/tree/compare.hpp"
#include "still/tree/iterator.hpp"
#include "still/tree/sieve.hpp"

namespace still::tree {

/// As a sieve, where the elements made are of another type: none stays.
template <class From, class To, class Less>
class conversion {
public:
    conversion(typename To::heap& heap, borrowed<node<From>> root, Less const& less) noexcept
        : at_(root, 0)
        , into_(heap, less)
    {
    }

    [[nodiscard]] bool at_end() const noexcept { return at_.left_in_leaf() == 0; }
    [[nodiscard]] place<From> at() const noexcept { return at_.at(); }
    void drop() noexcept { at_.step_forward(); }
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        into_.add(std::move(element));
    }
    [[nodiscard]] owned<node<To>> finish() { return into_.finish(); }

private:
    position<From> at_;
    builder<To, Less> into_;
};

/// A walk on which an element may stay as it is.
template <class Walk>
concept keeps_elements = requires(Walk& walk) { walk.keep(); };

/// Effect: the map with the same keys whose values are `made(place)`, an optional: without one, the element
/// goes. One call each, in order. O(n); a value equal to the one there keeps the element, and where all do the
/// result is the root itself and nothing is allocated. Throws what `made`, the heap and a copy throw.
template <class To, class From, class Less, class Made>
[[nodiscard]] owned<node<To>> transform_values(
    typename To::heap& heap, borrowed<node<From>> root, Less const& less, Made made)
{
    // Elements that can't be copied don't stay in two versions: all values are new.
    using walk_type = std::conditional_t<std::same_as<From, To> && shares_elements<To>, sieve<To, Less>,
        conversion<From, To, Less>>;
    walk_type walk(heap, root, less);
    while (!walk.at_end()) {
        auto const at = walk.at();
        std::optional<typename To::value_type> after(made(at));
        if (after) {
            if constexpr (keeps_elements<walk_type>) {
                if (same_value(*at.value(), *after)) {
                    walk.keep();
                    continue;
                }
            }
            walk.add(incoming{ kept{ *at.key() }, std::move(*after) });
        }
        walk.drop();
    }
    return walk.finish();
}

/// Effect: the set of what `made(place)`, an optional, gives for each element of `walk`: a sieve where the result
/// has the order of the version it is made of, else a conversion. One call each, in order. O(n)
/// while what comes doesn't descend; from the first that does on, O(n log n) and scratch room. Of equivalent
/// results the first stays; one equal to its element keeps it, and where all do the result is the root itself
/// and nothing is allocated. Throws what `made`, the heap, the comparison and a copy throw.
template <class To, class Walk, class Less, class Made>
[[nodiscard]] owned<node<To>> transform_keys(typename To::heap& heap, Walk walk, Less const& less, Made made)
{
    using key = typename To::key_type;
    std::optional<key> held; // the last new key, put in when the next one has been seen to be greater
    key const* last = nullptr;
    element_batch<To, Less> late(less, {}); // all from the first on that descends
    auto descends = false;
    auto const put_in = [&] {
        if (held)
            walk.add(incoming{ std::move(*held), typename To::value_type() });
        held.reset();
    };
    while (!walk.at_end()) {
        auto const& element = *walk.at().key();
        std::optional<key> result(made(walk.at()));
        descends = descends || (result && last != nullptr && less(*result, *last));
        if (result && descends) {
            late.add(std::move(*result));
        } else if (result && (last == nullptr || less(*last, *result))) {
            put_in();
            if constexpr (keeps_elements<Walk> && std::equality_comparable<key>) {
                if (element == *result) {
                    last = &element;
                    walk.keep();
                    continue;
                }
            }
            held.emplace(std::move(*result));
            last = &*held;
        }
        walk.drop();
    }
    put_in();
    auto sorted = walk.finish();
    return descends ? insert_all<To, Less>(heap, sorted.borrow(), std::move(late), less) : std::move(sorted);
}

} // namespace still::tree
