// SPDX-License-Identifier: BSL-1.0
//
// The best fit that gives a region's memory, and a census of its blocks.

#pragma once

#include <boost/interprocess/mem_algo/rbtree_best_fit.hpp>
#include <boost/interprocess/sync/mutex_family.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "still/core/report.hpp"

namespace still::heaps {

/// Linked by distances, and without a lock.
using best_fit = boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family>;

/// All memory of a best fit, block by block.
/// Invariants, which `take` checks: blocks lie side by side from the first to the end, so each byte is in one; free
/// neighbours are one block; the free ones, and no others, are in the tree that blocks are given from, each once; the
/// bytes that are owned are as many as were counted.
class block_census {
public:
    struct block {
        std::byte const* first;
        std::size_t bytes; // its control record included
        bool owned;
    };

    /// Effect: finds all blocks, in the order of their places. Returns the first broken rule, or soundness. O(blocks).
    /// Throws std::bad_alloc.
    [[nodiscard]] report take(best_fit const& of);

    /// True when all these bytes lie in one block that somebody owns, and in none that was asked for before.
    /// O(log blocks). Precondition: `take` found nothing broken.
    [[nodiscard]] bool claim(void const* first, std::size_t bytes);

    [[nodiscard]] std::vector<block> const& blocks() const noexcept { return blocks_; }

private:
    std::vector<block> blocks_;
    std::vector<bool> claimed_;
};

} // namespace still::heaps
