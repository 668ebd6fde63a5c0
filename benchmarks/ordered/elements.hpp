// SPDX-License-Identifier: BSL-1.0
//
// Kinds of keys, made of random numbers: the n-th key of a kind is the same in every container and program.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/keys.hpp"

namespace benchmarks {

/// A key of 64 bytes, ordered by its first 8.
struct wide_key {
    std::uint64_t number = 0;
    std::uint64_t rest[7] = {};

    [[nodiscard]] friend bool operator==(wide_key const& left, wide_key const& right) noexcept
    {
        return left.number == right.number;
    }
    [[nodiscard]] friend auto operator<=>(wide_key const& left, wide_key const& right) noexcept
    {
        return left.number <=> right.number;
    }
};
static_assert(sizeof(wide_key) == 64);

/// 62 bits: what an integer of OCaml's holds without a sign. Distinct as 64 bits are, but for one chance in
/// ten million among a million.
struct short_number { };

/// How a key of a kind is made of the next numbers; what kinds are called in the detail of a benchmark's name; and
/// something of a key to add up, so that reading it isn't optimised away.
template <class Kind>
struct key_kind;

template <>
struct key_kind<std::uint64_t> {
    using type = std::uint64_t;
    static constexpr char const* suffix = "";
    [[nodiscard]] static type make(random_numbers& numbers) { return numbers.next(); }
    [[nodiscard]] static std::uint64_t weight(type key) noexcept { return key; }
};
template <>
struct key_kind<short_number> : key_kind<std::uint64_t> {
    [[nodiscard]] static type make(random_numbers& numbers) { return numbers.next() >> 2; }
};
template <>
struct key_kind<wide_key> {
    using type = wide_key;
    static constexpr char const* suffix = "/64_bytes";
    [[nodiscard]] static type make(random_numbers& numbers) { return { numbers.next() }; }
    [[nodiscard]] static std::uint64_t weight(type const& key) noexcept { return key.number; }
};
/// 8 to 40 small letters: the length and eight letters of one number, thirteen more of each other.
template <>
struct key_kind<std::string> {
    using type = std::string;
    static constexpr char const* suffix = "/string";
    [[nodiscard]] static type make(random_numbers& numbers)
    {
        auto bits = numbers.next();
        auto const length = 8 + bits % 33;
        bits /= 33;
        type key;
        for (std::size_t i = 0; i < length; ++i) {
            if (i >= 8 && (i - 8) % 13 == 0)
                bits = numbers.next();
            key += static_cast<char>('a' + bits % 26);
            bits /= 26;
        }
        return key;
    }
    [[nodiscard]] static std::uint64_t weight(type const& key) noexcept { return key.size(); }
};

template <class Kind>
using key_of = typename key_kind<Kind>::type;

/// The first `count` keys of a kind, from a seed that differs by `stream`.
template <class Kind>
[[nodiscard]] std::vector<key_of<Kind>> make_keys(std::size_t count, std::uint64_t stream = 0)
{
    random_numbers numbers(seed() + stream);
    std::vector<key_of<Kind>> keys;
    keys.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        keys.push_back(key_kind<Kind>::make(numbers));
    return keys;
}

/// The same, made once.
template <class Kind>
[[nodiscard]] std::vector<key_of<Kind>> const& keys(std::size_t count)
{
    static std::map<std::size_t, std::vector<key_of<Kind>>> made;
    auto found = made.find(count);
    if (found == made.end())
        found = made.emplace(count, make_keys<Kind>(count)).first;
    return found->second;
}

} // namespace benchmarks
