// SPDX-License-Identifier: BSL-1.0
//
// A versioned address space: sparse bytes, snapshots, other segments mounted in it, pages that a keeper supplies, an
// observer with a veto, two transactions that are melded, and what changed in the end.
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <vector>

#include "still/segment.hpp"

/// Supplies pages when they are read: here each is full of its own number.
class numbered_pages : public still::keeper {
public:
    std::vector<std::byte> supply(std::uint64_t page) override
    {
        return std::vector<std::byte>(still::page_bytes, static_cast<std::byte>(page));
    }
};

/// Is told of each access to what it watches, before it happens, and lets nobody store there.
class guard : public still::observer {
public:
    void before_load(still::access const& seen) override { std::cout << "load at " << seen.offset << '\n'; }
    bool before_store(still::access const& seen) override
    {
        std::cout << "no store at " << seen.offset << '\n';
        return false;
    }
};

int main()
{
    constexpr std::uint64_t page = still::page_bytes;
    constexpr std::uint64_t tebibyte = std::uint64_t{ 1 } << 40;

    // A tebibyte of zeros costs nothing. What is given up by std::move is edited in place.
    still::segment space(tebibyte);
    space = std::move(space).store<int>(0, 17);
    auto const before = space.snapshot(); // O(1); it stays as it is
    space = std::move(space).store<int>(tebibyte / 2, 25);
    std::cout << before.load<int>(tebibyte / 2) << ' ' << space.load<int>(tebibyte / 2) << '\n'; // prints: 0 25
    std::cout << space.frame_count() << " pages\n"; // prints: 2 pages

    // A version mounted in another: no byte is copied until somebody writes there.
    auto const library = still::segment(4 * page).store<int>(100, 42);
    space = std::move(space).mount(page, library, 0, library.size());
    std::cout << space.load<int>(page + 100) << '\n'; // prints: 42

    // Pages that are made when they are read. `fetch` and `freeze` make them part of a version.
    space = std::move(space).keep(16 * page, 8 * page, std::make_shared<numbered_pages>());
    std::cout << int{ space.load<std::uint8_t>(19 * page) } << '\n'; // prints: 3

    // Each access to 8 bytes becomes a message, and may be vetoed.
    auto const guarded = space.watch(0, 8, std::make_shared<guard>());
    std::cout << guarded.load<int>(0) << '\n'; // prints: load at 0 17
    try {
        static_cast<void>(guarded.store<int>(0, 18));
    } catch (still::store_vetoed const&) {
        std::cout << "vetoed\n"; // prints: no store at 0 vetoed
    }

    // Two that began with one version, and kept out of each other's way, are combined.
    still::transaction one(space, still::tracking::bytes);
    still::transaction other(space, still::tracking::bytes);
    one.store<int>(8, one.load<int>(0) + 1);
    other.store<int>(12, other.load<int>(0) + 2); // another word of the same page
    auto const both = meld(space, one, other);
    std::cout << both.version().load<int>(8) << ' ' << both.version().load<int>(12) << '\n'; // prints: 18 19
    other.store<int>(0, 1); // which the first has read
    for (auto const& conflict : meld(space, one, other).conflicts())
        std::cout << conflict.range.count << " bytes at " << conflict.range.offset << '\n'; // prints: 4 bytes at 0

    // What changed, at the cost of what changed.
    auto const& after = both.version();
    for (still::byte_run const run : diff_bytes(space, after))
        std::cout << "at " << run.offset << ": " << run.count << '\n';
    // prints: at 8: 1
    // prints: at 12: 1
    std::cout << std::boolalpha << (patch(space, diff(space, after)) == after) << '\n'; // prints: true
}
