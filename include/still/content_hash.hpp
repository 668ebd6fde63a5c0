// SPDX-License-Identifier: BSL-1.0
//
// A keyed 128-bit hash of a container's content, kept in its nodes, and the difference of two containers
// that have no history in common.
//
//   using words = still::map<std::string, int, std::less<>, still::hashed<>>;
//   ours.aggregate() == theirs.aggregate();            // equal content, whatever the trees' shapes; O(1)
//   still::diff_by_content(ours, theirs, visitor);     // O(d log² n) for d changes, expected
//
// It needs xxHash, as the library does. See Note: content hashes.

#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>
#include <ranges>
#include <tuple>
#include <type_traits>

#include <xxhash.h>

#include "still/core/policy.hpp"
#include "still/tree/content_comparison.hpp"
#include "still/tree/measure.hpp"
#include "still/tree/reader.hpp"

namespace still {

/// 128 bits that tell a content from others. Digests are added up modulo 2^128.
struct digest {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    [[nodiscard]] friend constexpr digest operator+(digest one, digest other) noexcept
    {
        auto const sum = one.low + other.low;
        return { sum, one.high + other.high + (sum < one.low ? 1 : 0) };
    }
    [[nodiscard]] friend constexpr bool operator==(digest, digest) noexcept = default;
};

/// A key drawn at random once in each process: digests mean nothing elsewhere, and whoever makes up the
/// content can't aim at collisions. Thread contract: any thread.
struct process_key {
    /// See Note: shared objects.
    [[nodiscard, gnu::visibility("default")]] static digest hash(void const* bytes, std::size_t count) noexcept
    {
        static secret const drawn;
        auto const made = XXH3_128bits_withSecret(bytes, count, drawn.bytes.data(), drawn.bytes.size());
        return { made.low64, made.high64 };
    }

private:
    struct secret {
        secret()
        {
            std::random_device source;
            for (auto& byte : bytes)
                byte = static_cast<unsigned char>(source());
        }
        std::array<unsigned char, 192> bytes;
    };
};

/// A key in the source: digests mean the same in every process that uses it, and anyone who reads it can
/// make up contents that collide.
template <std::uint64_t Seed>
struct fixed_key {
    [[nodiscard]] static digest hash(void const* bytes, std::size_t count) noexcept
    {
        auto const made = XXH3_128bits_withSeed(bytes, count, Seed);
        return { made.low64, made.high64 };
    }
};

/// Effect: the digest of one value, under a key: of a number, an enumeration, a string or another
/// contiguous range of such, a range or a tuple of hashable values; of a type of your own through a function
/// `hashed_members(value)`, found beside the type, that returns a tuple of what tells one value from
/// another (`std::tie`). Values that are equal by `==` must give equal members.
template <class Key, class Value>
[[nodiscard]] digest digest_of(Value const& value) noexcept
{
    using std::ranges::contiguous_range;
    if constexpr (std::floating_point<Value>) {
        auto const plain = value == 0 ? Value(0) : value; // both zeros are equal
        using bits = std::conditional_t<sizeof(Value) == 4, std::uint32_t, std::uint64_t>;
        static_assert(sizeof(Value) == sizeof(bits), "still: no bits to tell such numbers apart by");
        return digest_of<Key>(std::bit_cast<bits>(plain));
    } else if constexpr (requires { hashed_members(value); }) {
        return digest_of<Key>(hashed_members(value));
    } else if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
        return Key::hash(&value, sizeof value);
    } else if constexpr (std::ranges::input_range<Value const&>) {
        using element = std::remove_cvref_t<std::ranges::range_reference_t<Value const&>>;
        if constexpr (contiguous_range<Value const&> && (std::integral<element> || std::is_enum_v<element>)) {
            return Key::hash(std::ranges::data(value), std::ranges::size(value) * sizeof(element));
        } else {
            // A chain, so that order counts, and where one element ends and the next begins. It begins with
            // more than zeros: nothing must not measure as nothing at all.
            digest chain = Key::hash("", 0);
            for (auto const& part : value) {
                std::array<digest, 2> const link{ chain, digest_of<Key>(part) };
                chain = Key::hash(link.data(), sizeof link);
            }
            return chain;
        }
    } else {
        static_assert(
            requires { std::tuple_size<Value>::value; },
            "still: give the type a function hashed_members(value) that returns std::tie of its members");
        return std::apply(
            [](auto const&... parts) {
                std::array<digest, sizeof...(parts)> const digests{ digest_of<Key>(parts)... };
                return Key::hash(digests.data(), sizeof...(parts) * sizeof(digest));
            },
            value);
    }
}

/// The measure: the sum of the elements' digests. A key is in an ordered container once at most, so that a
/// sum tells the content.
template <class Key = process_key>
struct content_hash {
    using value_type = digest;

    /// Digests are summed; an element's is the hash of its key, or of its key and value.
    [[nodiscard]] static constexpr digest identity() noexcept { return {}; }
    [[nodiscard]] static constexpr digest combine(digest one, digest other) noexcept { return one + other; }
    template <class Element>
    [[nodiscard]] static digest of(Element const& key) noexcept
    {
        return digest_of<Key>(key);
    }
    template <class Element, class Value>
    [[nodiscard]] static digest of(Element const& key, Value const& value) noexcept
    {
        return digest_of<Key>(std::tie(key, value));
    }
};

/// A policy that keeps the content's hash: `still::set<int, std::less<>, still::hashed<>>`.
template <class Base = default_policy, class Key = process_key>
using hashed = measured<content_hash<Key>, Base>;

/// Effect: calls `visitor` with each change from one content to another, in ascending order of keys, and
/// stops early where it returns false. Returns whether all were seen. Takes containers and views alike.
/// Expected O(d log² n) for d changes whatever the versions' histories, where `diff` costs O(n) for versions
/// that share nothing; for those that share nearly all, `diff` is faster.
/// Differences are found by digests of 128 bits: a stretch of keys whose content differs is taken for equal
/// with a chance of 2^-128 each. Values need `==`. Allocates nothing; throws what comparator and visitor do.
/// Precondition: both order alike.
template <class Access, class Core, class OtherCore, class Visitor>
bool diff_by_content(
    tree::reader<Access, Core> const& before, tree::reader<Access, OtherCore> const& after, Visitor visitor)
{
    using schema = typename Access::schema;
    static_assert(std::same_as<typename schema::measure::value_type, digest>,
        "still: diff_by_content wants containers with the policy still::hashed");
    auto const& one = tree::internals::core(before);
    auto const& other = tree::internals::core(after);
    auto const less = before.key_comp();
    tree::content_comparison<Access, std::remove_const_t<decltype(less)>, Visitor> walk(less, visitor);
    return walk.compare({ one.root(), 0, before.size() }, { other.root(), 0, after.size() });
}

} // namespace still
