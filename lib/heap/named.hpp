// SPDX-License-Identifier: BSL-1.0
//
// Names of objects, as the live heap and mappings look them up.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "heap/image.hpp"

namespace still::heaps {

/// Bytes that a name may have.
inline constexpr std::size_t longest_name = 1024;

/// The name as the image keeps it. Throws std::invalid_argument for one that it can't keep.
[[nodiscard]] std::string checked_name(std::string_view name);

/// What is asked for under a name: a type, and whether its objects mean the same at any address.
struct wanted_type {
    std::uint64_t key;
    bool relocatable;
};

/// Throws std::invalid_argument: a name in use; an object of another type.
[[noreturn]] void refuse_used(std::string const& name);
[[noreturn]] void refuse_type(std::string const& name);

/// The object that an image has under a name, or null. Writes nothing.
/// Throws std::invalid_argument when it was constructed as another type, std::logic_error when it was
/// constructed in another heap and isn't relocatable.
[[nodiscard]] void* find_object(image const& seen, std::string const& name, wanted_type wanted);

} // namespace still::heaps
