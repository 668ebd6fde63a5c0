// SPDX-License-Identifier: BSL-1.0
//
// Hashes of what tables hold, in whole or in a range of indices: sums of the hashes of their runs, kept in the
// nodes. The shape follows from the content, and so do the runs: equal contents hash alike whatever their
// histories, and unequal ones differ but for a chance of about 2^-64. See Note: runs of slots.
//
// The key is drawn at random once in each process: hashes mean nothing elsewhere, and whoever makes up the content
// can't aim at collisions. It needs xxHash, as the library does.

#pragma once

#include <array>
#include <cstdint>
#include <random>

#include <xxhash.h>

#include "still/radix/part.hpp"

namespace still::radix {

/// Drawn once in each process. Thread contract: any thread.
[[nodiscard]] inline std::uint64_t process_seed()
{
    static std::uint64_t const drawn = [] {
        std::random_device source;
        return (std::uint64_t{ source() } << 32U) | source();
    }();
    return drawn;
}

/// The hash of a run of one slot.
template <class Slot>
[[nodiscard]] std::uint64_t hash_of_run(page_index first, std::uint64_t count, Slot const& slot)
{
    std::array<std::uint64_t, 3> const words{ first, count, hash_of_content(slot) };
    return XXH3_64bits_withSeed(words.data(), sizeof words, process_seed());
}

/// The hash of all below a node. O(1) where it is known, else O(nodes whose hash isn't known). Recursion is bounded
/// by `levels`.
template <class Node>
    requires(content_hashed<typename Node::slot_type>)
[[nodiscard]] std::uint64_t content_hash(Node const& node)
{
    if (auto const known = node.hash().known(); known != 0)
        return known;
    std::uint64_t sum = 0;
    if (node.is_uniform()) {
        sum = hash_of_run(node.first(), node.size(), node.uniform_slot());
    } else if (node.is_leaf()) {
        for (auto const digit : each_bit(node.present()))
            sum += hash_of_run(node.first() + digit, 1, *node.slot_of(digit));
    } else {
        for (unsigned i = 0; i < node.entries(); ++i)
            sum += content_hash(*node.child_at(i));
    }
    node.hash().learn(sum);
    return sum;
}

/// The hash of what a part has from `first` to `last`, both in the range. O(levels · fan-out), and the nodes in the
/// range whose hash isn't known.
template <class Node>
    requires(content_hashed<typename Node::slot_type>)
[[nodiscard]] std::uint64_t content_hash(part<Node> const& of, page_index first, page_index last)
{
    if (of.empty() || of.last() < first || last < of.first())
        return 0;
    if (first <= of.first() && of.last() <= last)
        return of.is_whole() ? content_hash(*of.node()) : hash_of_run(of.first(), of.size(), *of.slot());
    std::uint64_t sum = 0;
    for (auto const digit : each_bit(of.digits_in_use(of.level()))) {
        if (of.level() > 0)
            sum += content_hash(of.below(of.level(), digit), first, last);
        else if (first <= of.first() + digit && of.first() + digit <= last)
            sum += hash_of_run(of.first() + digit, 1, *of.slot_of(digit));
    }
    return sum;
}

/// True when two parts of one span are known to hold the same, by their hashes.
template <class Node>
    requires(content_hashed<typename Node::slot_type>)
[[nodiscard]] bool same_content(part<Node> const& one, part<Node> const& other)
{
    if (one.empty() || other.empty() || one.level() != other.level() || one.first() != other.first()
        || one.size() != other.size())
        return false;
    return content_hash(one, one.first(), one.last()) == content_hash(other, other.first(), other.last());
}

} // namespace still::radix
