// SPDX-License-Identifier: BSL-1.0
//
// What the tests of segments share: bytes, banks that must end empty, keepers and observers.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "still/bank.hpp"
#include "still/segment.hpp"

namespace still_test {

using bytes = std::vector<std::byte>;
using still::page_bytes;
using still::segment;

/// So many bytes of one value.
[[nodiscard]] inline bytes filled(std::size_t count, int value)
{
    return bytes(count, static_cast<std::byte>(value));
}

/// All bytes of a segment.
[[nodiscard]] inline bytes content(segment const& seen)
{
    bytes all(static_cast<std::size_t>(seen.size()), std::byte{ 0xee });
    seen.read(0, all);
    return all;
}

/// A fixture whose bank pays for all that is made, and has it back at the end: frames, nodes and records.
class segment_test : public ::testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(bank_.usage(), 0U) << "frames, nodes or records left behind"; }

    /// Zeros that the bank pays for.
    [[nodiscard]] segment zeros(std::uint64_t pages) const { return segment(pages * page_bytes, bank_); }

    still::bank bank_{ std::size_t{ 1 } << 30 };
};

/// A keeper that is a function.
class keeper_of : public still::keeper {
public:
    explicit keeper_of(std::function<bytes(std::uint64_t)> supply)
        : supply_(std::move(supply))
    {
    }
    [[nodiscard]] bytes supply(std::uint64_t page) override { return supply_(page); }

private:
    std::function<bytes(std::uint64_t)> supply_;
};

/// A keeper whose pages all hold `first` + their number, and that counts how often it was asked.
class counting_keeper : public still::keeper {
public:
    explicit counting_keeper(int first = 100)
        : first_(first)
    {
    }
    [[nodiscard]] bytes supply(std::uint64_t page) override
    {
        ++asked;
        return filled(page_bytes, first_ + static_cast<int>(page % 50));
    }
    int asked = 0;

private:
    int first_;
};

[[nodiscard]] inline std::shared_ptr<still::keeper> make_keeper(std::function<bytes(std::uint64_t)> supply)
{
    return std::make_shared<keeper_of>(std::move(supply));
}

/// What an observer was told, and its veto.
class notebook : public still::observer {
public:
    struct note {
        std::uint64_t offset;
        bytes before;
        bytes after;
        [[nodiscard]] friend bool operator==(note const&, note const&) = default;
    };

    void before_load(still::access const& seen) override { add(seen); }
    [[nodiscard]] bool before_store(still::access const& seen) override
    {
        add(seen);
        return !vetoes;
    }

    std::vector<note> notes;
    bool vetoes = false;

private:
    void add(still::access const& seen)
    {
        notes.push_back({ seen.offset, bytes(seen.before.begin(), seen.before.end()),
            bytes(seen.after.begin(), seen.after.end()) });
    }
};

} // namespace still_test
