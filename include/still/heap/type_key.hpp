// SPDX-License-Identifier: BSL-1.0
//
// A number for a type, kept beside a named object so that it isn't taken for something else.

#pragma once

#include <cstdint>
#include <typeinfo>

namespace still::heaps {

/// Equal for equal types, whatever part of the program asks; different for types of different names,
/// but for the odds of a 64-bit hash (FNV-1a).
template <class T>
[[nodiscard]] std::uint64_t type_key() noexcept
{
    constexpr std::uint64_t basis = 14695981039346656037U;
    constexpr std::uint64_t prime = 1099511628211U;
    auto key = basis;
    for (auto const* letter = typeid(T).name(); *letter != '\0'; ++letter)
        key = (key ^ static_cast<unsigned char>(*letter)) * prime;
    return key;
}

} // namespace still::heaps
