// SPDX-License-Identifier: BSL-1.0
//
// Code that pages are entrusted to: a keeper supplies those that are absent, an observer is told of loads and
// stores before they happen. Both are the program's, and need not be trusted. See Note: keepers and watches.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace still {

/// Supplies pages. Thread contract: asked from any thread, by several at the same time, and with no lock held.
class keeper {
public:
    keeper() noexcept = default;
    keeper(keeper const&) = delete;
    keeper& operator=(keeper const&) = delete;
    virtual ~keeper() = default;

    /// Returns the page_bytes bytes of a page, counted from the start of what the keeper was given; or those of
    /// this page and as many after it as it likes, of which is taken what there is use for; or none, to refuse.
    /// What it throws reaches whoever reads the page. An answer of another size, or beyond what it keeps, is a
    /// fault of the keeper, which reaches the reader too.
    [[nodiscard]] virtual std::vector<std::byte> supply(std::uint64_t page) = 0;
};

/// A load or store, as far as it lies in the bytes that are watched.
struct access {
    std::uint64_t offset; ///< in bytes, in the segment
    std::span<std::byte const> before; ///< what is there
    std::span<std::byte const> after; ///< what a store puts there; of a load, empty
};

/// Is told of loads and stores. Thread contract: as a keeper's.
class observer {
public:
    observer() noexcept = default;
    observer(observer const&) = delete;
    observer& operator=(observer const&) = delete;
    virtual ~observer() = default;

    /// Called before each load. The load doesn't happen where this throws. The bytes are valid during the call.
    virtual void before_load(access const& seen) = 0;
    /// Called before each store. The store doesn't happen where this throws or returns false.
    [[nodiscard]] virtual bool before_store(access const& seen) = 0;
};

} // namespace still
