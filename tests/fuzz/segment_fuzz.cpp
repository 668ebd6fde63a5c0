// SPDX-License-Identifier: BSL-1.0
//
// The entry that libFuzzer calls, and replay.cpp too.

#include <cstddef>
#include <cstdint>

#include "segment_interpreter.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    still_test::run_segment_program({ data, size });
    return 0;
}
