// SPDX-License-Identifier: BSL-1.0
//
// Every tracker runs through the same tests.

#pragma once

#include <gtest/gtest.h>

#include <boost/container/vector.hpp>

#include <cstdint>
#include <cstring>
#include <ostream>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "still/heap.hpp"

namespace still {

inline void PrintTo(tracker_kind kind, std::ostream* out)
{
    *out << name(kind);
}

} // namespace still

namespace still_test {

using namespace still::literals;
using still::tracker_kind;

/// Numbers that lie in a heap.
using numbers = boost::container::vector<std::uint64_t, still::heap_allocator<std::uint64_t>>;

/// A test that runs once for each tracker; one that this machine doesn't offer is skipped, by name.
class every_tracker : public ::testing::TestWithParam<tracker_kind> {
protected:
    void SetUp() override
    {
        try {
            still::heap const probe{ { .capacity = 1_MiB, .tracker = GetParam() } };
            ASSERT_EQ(probe.statistics().tracker, GetParam());
        } catch (std::system_error const& refusal) {
            GTEST_SKIP() << refusal.what();
        }
    }
    [[nodiscard]] still::heap make(std::size_t capacity = 64_MiB, still::bank payer = {}) const
    {
        return still::heap{
            { .capacity = capacity, .tracker = GetParam(), .bank = std::move(payer), .label = "tested" }
        };
    }
};

[[nodiscard]] inline std::string tracker_name(::testing::TestParamInfo<tracker_kind> const& info)
{
    return name(info.param);
}

inline auto const trackers = ::testing::Values(
    tracker_kind::userfault, tracker_kind::protect, tracker_kind::private_file, tracker_kind::compare);

/// All bytes of a segment.
[[nodiscard]] inline std::vector<std::byte> content(still::segment const& seen)
{
    std::vector<std::byte> bytes(static_cast<std::size_t>(seen.size()));
    seen.read(0, bytes);
    return bytes;
}
[[nodiscard]] inline std::vector<std::byte> copy(std::span<std::byte const> bytes)
{
    return { bytes.begin(), bytes.end() };
}

/// As comparing byte by byte, and as fast as memory also where a sanitizer watches.
[[nodiscard]] inline bool same(std::span<std::byte const> one, std::span<std::byte const> other)
{
    return one.size() == other.size() && (one.empty() || std::memcmp(one.data(), other.data(), one.size()) == 0);
}

} // namespace still_test
