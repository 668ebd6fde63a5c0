// SPDX-License-Identifier: BSL-1.0
//
// After a test, nothing is live. Derive a fixture from `live_count_test`, or, in a property, put a
// `live_count` first and ask `balanced()` when everything else has gone out of scope.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "faulty_value.hpp"
#include "test_heap.hpp"

namespace still_test {

/// What was live when it was made, to compare with now.
class live_count {
public:
    [[nodiscard]] std::int64_t blocks() const noexcept { return heap_ledger::live_blocks - blocks_; }
    [[nodiscard]] std::int64_t bytes() const noexcept { return heap_ledger::live_bytes - bytes_; }
    [[nodiscard]] std::int64_t values() const noexcept { return value_ledger::live - values_; }
    [[nodiscard]] bool balanced() const noexcept { return blocks() == 0 && bytes() == 0 && values() == 0; }

private:
    std::int64_t blocks_ = heap_ledger::live_blocks;
    std::int64_t bytes_ = heap_ledger::live_bytes;
    std::int64_t values_ = value_ledger::live;
};

/// A fixture whose tests fail when they leave a block, a byte or a value behind.
class live_count_test : public ::testing::Test {
protected:
    void TearDown() override
    {
        EXPECT_EQ(seen_.blocks(), 0) << "node blocks left behind";
        EXPECT_EQ(seen_.bytes(), 0) << "node bytes left behind";
        EXPECT_EQ(seen_.values(), 0) << "values left behind";
    }

private:
    live_count seen_;
};

} // namespace still_test
