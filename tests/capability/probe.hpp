// SPDX-License-Identifier: BSL-1.0
//
// A granted type for tests: it stops the program when it is read after its destruction, and knows how
// many there are.

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

#include "live_count.hpp"
#include "still/capability.hpp"

namespace still_test {

using probe = faulty_value;

} // namespace still_test

template <>
struct still::grantable<still_test::probe> : still::shown_by_reference<still_test::probe> { };

namespace still_test {

using probe_capability = still::capability<probe>;

/// The key of the probe that a capability opens on, or its error's value, negative.
[[nodiscard]] inline int key_through(probe_capability const& capability)
{
    auto const lease = capability.open();
    return lease ? (*lease)->key() : -lease.error().value();
}

inline constexpr int says_null = -static_cast<int>(still::capability_error::null);
inline constexpr int says_revoked = -static_cast<int>(still::capability_error::revoked);
inline constexpr int says_bank_destroyed = -static_cast<int>(still::capability_error::bank_destroyed);

/// Bytes that granting a probe, and forwarding, cost the bank.
inline constexpr std::size_t grant_bytes = still::slots::slot_bytes + sizeof(still::stored_version<probe>);
inline constexpr std::size_t forward_bytes = still::slots::slot_bytes;

/// After a test nothing is granted, leased or charged.
class capability_test : public live_count_test {
protected:
    void TearDown() override
    {
        EXPECT_EQ(still::reclaim(), 0U) << "versions that a lease still names";
        EXPECT_EQ(bank.usage(), 0U) << "bytes still charged";
        live_count_test::TearDown();
    }

    still::bank bank{ 1U << 20U };
};

} // namespace still_test
