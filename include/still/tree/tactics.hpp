// SPDX-License-Identifier: BSL-1.0
//
// What becomes of an element when two versions are merged, as values. See tree/merge.hpp.

#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "still/tree/node.hpp"

namespace still::tree {

struct keeping { };
struct keeping_right { };
struct dropping { };
template <class Predicate>
struct filtering {
    Predicate accepts;
};
template <class Function>
struct transforming {
    Function function;
};
template <class Function>
struct combining {
    Function function;
};

template <class Tactic, template <class> class Kind>
inline constexpr bool is_tactic = false;
template <template <class> class Kind, class Function>
inline constexpr bool is_tactic<Kind<Function>, Kind> = true;

/// Says what becomes of an element that one version has.
template <class Tactic>
concept tactic_for_one = std::same_as<Tactic, keeping> || std::same_as<Tactic, dropping> || is_tactic<Tactic, filtering>
    || is_tactic<Tactic, transforming>;

/// Says what becomes of two elements with equivalent keys.
template <class Tactic>
concept tactic_for_both = std::same_as<Tactic, keeping> || std::same_as<Tactic, keeping_right>
    || std::same_as<Tactic, dropping> || is_tactic<Tactic, filtering> || is_tactic<Tactic, combining>;

template <class Function>
concept idempotent_function = requires { typename Function::idempotent; };

/// Tactics that make of an element and itself that element, or nothing: what they say of a subtree is
/// known without looking at its elements.
template <class Tactic>
inline constexpr bool is_idempotent = !is_tactic<Tactic, filtering> && !is_tactic<Tactic, combining>;
template <idempotent_function Function>
inline constexpr bool is_idempotent<filtering<Function>> = true;
template <idempotent_function Function>
inline constexpr bool is_idempotent<combining<Function>> = true;

/// What a user's function says of an element: it stays as it is; else it goes, or another value comes
/// instead.
template <class Value>
struct verdict {
    bool stays;
    std::optional<Value> instead;
};

template <class Type>
inline constexpr bool is_optional = false;
template <class Type>
inline constexpr bool is_optional<std::optional<Type>> = true;

/// True when both are known to be equal: `==` says so.
template <class Value, class Other>
[[nodiscard]] bool known_equal(Value const& one, Other const& other)
{
    if constexpr (requires {
                      { one == other } -> std::convertible_to<bool>;
                  })
        return one == other;
    else
        return false;
}

/// Effect: the value that a function's result is, or none: it gives a value, or an optional one.
template <class Value, class Result>
[[nodiscard]] std::optional<Value> decide(Result&& result)
{
    using given = std::remove_cvref_t<Result>;
    if constexpr (std::is_same_v<given, std::nullopt_t>) {
        return std::nullopt;
    } else if constexpr (is_optional<given> && !std::is_same_v<given, Value>) {
        if (!result)
            return std::nullopt;
        return decide<Value>(*std::forward<Result>(result));
    } else {
        static_assert(std::is_constructible_v<Value, Result&&>,
            "still: the function gives the element's new value, or an optional one where none drops it");
        return std::optional<Value>(std::in_place, std::forward<Result>(result));
    }
}

/// Effect: what that result says of an element with the value `before`. A value that equals it leaves the
/// element as it is.
template <class Value, class Result>
[[nodiscard]] verdict<Value> judge(Value const& before, Result&& result)
{
    auto value = decide<Value>(std::forward<Result>(result));
    auto const stays = value && known_equal(before, *value);
    return { stays, std::move(value) };
}

/// Effect: what a tactic says of an element that one version has.
template <class Schema, class Predicate>
[[nodiscard]] verdict<typename Schema::value_type> judge(
    filtering<Predicate>& tactic, leaf<Schema> const& in, std::size_t index)
{
    if constexpr (Schema::has_values)
        return { static_cast<bool>(std::invoke(tactic.accepts, *in.keys.at(index), *in.values.at(index))), {} };
    else
        return { static_cast<bool>(std::invoke(tactic.accepts, *in.keys.at(index))), {} };
}
template <class Schema, class Function>
[[nodiscard]] verdict<typename Schema::value_type> judge(
    transforming<Function>& tactic, leaf<Schema> const& in, std::size_t index)
{
    static_assert(Schema::has_values, "still: a set's elements stay or go, so they take keep, drop or filter");
    auto const& before = *in.values.at(index);
    return judge(before, std::invoke(tactic.function, *in.keys.at(index), before));
}

/// Effect: what a tactic says of an element that both versions have: what becomes of the left one.
template <class Schema, class Predicate>
[[nodiscard]] verdict<typename Schema::value_type> judge(filtering<Predicate>& tactic, leaf<Schema> const& left,
    std::size_t index, leaf<Schema> const& right, std::size_t other)
{
    auto const& key = *left.keys.at(index);
    if constexpr (Schema::has_values)
        return { static_cast<bool>(std::invoke(tactic.accepts, key, *left.values.at(index), *right.values.at(other))),
            {} };
    else
        return { static_cast<bool>(std::invoke(tactic.accepts, key, *right.keys.at(other))), {} };
}
template <class Schema, class Function>
[[nodiscard]] verdict<typename Schema::value_type> judge(combining<Function>& tactic, leaf<Schema> const& left,
    std::size_t index, leaf<Schema> const& right, std::size_t other)
{
    static_assert(Schema::has_values, "still: a set's elements stay or go, so they take keep, drop or filter");
    auto const& before = *left.values.at(index);
    return judge(before, std::invoke(tactic.function, *left.keys.at(index), before, *right.values.at(other)));
}

} // namespace still::tree

namespace still {

/// Tactics for `merge`, and what each shares. Of keys that both versions have, `keep` keeps the left
/// element, and so do `filter` and `combine` its key. Whatever a tactic leaves as it is on the left stays in
/// the left version's nodes, in the largest subtrees without a change.
///
/// keep            It stays. Subtrees that lie apart, or that both share, are taken whole, unseen.
/// keep_right      Of two, the right one stays, unless the left one equals it by `==` in key and value.
/// drop            It goes. Subtrees go whole, unseen.
inline constexpr tree::keeping keep{};
inline constexpr tree::keeping keep_left{};
inline constexpr tree::keeping_right keep_right{};
inline constexpr tree::dropping drop{};

/// It stays where the predicate holds: of `(key, value)`, of a set's `(element)`, and for two with
/// equivalent keys of `(key, left value, right value)`, of a set's `(left element, right element)`.
/// Each element is looked at, in ascending order.
template <class Predicate>
[[nodiscard]] constexpr tree::filtering<Predicate> filter(Predicate predicate)
{
    return { std::move(predicate) };
}

/// A map's key of one side gets the value `function(key, value)`; where that gives an empty optional, the
/// entry goes. Each element is looked at, in ascending order. A value that equals the one there by `==`
/// leaves the entry as it is.
template <class Function>
[[nodiscard]] constexpr tree::transforming<Function> transform(Function function)
{
    return { std::move(function) };
}

/// A key that both maps have gets the value `function(key, left value, right value)`; where that gives an
/// empty optional, the entry goes. Each such key is looked at, in ascending order, those of shared subtrees
/// too, unless the function says by a member type `idempotent` that it makes of a value and itself that
/// value. A value that equals the left one by `==` leaves the left entry as it is.
template <class Function>
[[nodiscard]] constexpr tree::combining<Function> combine(Function function)
{
    return { std::move(function) };
}

} // namespace still
