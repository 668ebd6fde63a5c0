// SPDX-License-Identifier: BSL-1.0
//
// Why a capability did not open. A taken-back capability is an ordinary event, so `open` returns these
// and throws nothing.

#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace still {

enum class capability_error {
    null = 1, ///< it names nothing: never granted, forged, damaged, or of another type
    revoked, ///< what it named was taken back, by a grant or a forwarder on its way
    bank_destroyed, ///< the bank that paid for it, or for a forwarder on its way, was destroyed;
                    ///< `revoked` is said instead once that slot has served another destroyed bank since
    no_right, ///< it was attenuated, and lost the right to this
};

/// The category that these errors belong to. Thread contract: any thread.
[[nodiscard]] boost::system::error_category const& capability_category() noexcept;

/// The code of an error, in the category whose messages say what to do.
[[nodiscard]] inline boost::system::error_code make_error_code(capability_error error) noexcept
{
    return { static_cast<int>(error), capability_category() };
}

} // namespace still

template <>
struct boost::system::is_error_code_enum<still::capability_error> : std::true_type { };
