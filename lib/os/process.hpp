// SPDX-License-Identifier: BSL-1.0
//
// What the system says of this process.

#pragma once

#include <cstddef>
#include <cstdint>

namespace still::os {

/// How many forks lie between the process that loaded the library and this one: equal numbers are the same
/// process. A child of `fork` shares files with its parent but is no part of it. Costs one load.
[[nodiscard]] std::uint32_t process_generation() noexcept;
/// Throws std::system_error (pthread_atfork) where process_generation() doesn't tell children apart.
void require_generations();

/// How many entries the kernel allows this process's memory map (vm.max_map_count), or 65530, the
/// kernel's default, where it doesn't say.
[[nodiscard]] std::size_t most_map_entries() noexcept;

/// True in a program that runs under the thread sanitizer, however the library was built.
[[nodiscard]] bool under_thread_sanitizer() noexcept;

} // namespace still::os
