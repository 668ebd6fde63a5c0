// SPDX-License-Identifier: BSL-1.0

#include "capability/chunk.hpp"

#include <memory>
#include <new>
#include <system_error>
#include <tuple>
#include <type_traits>

#include <boost/throw_exception.hpp>

#include "os/memory.hpp"
#include "still/core/frame.hpp"

namespace still::slots {

namespace {

constexpr std::size_t chunk_bytes = slot_chunks::chunk_slots * slot_bytes;
static_assert(chunk_bytes % page_bytes == 0);
static_assert(std::is_trivially_destructible_v<slot>);

[[nodiscard]] os::address_range pages()
try {
    return os::map_zeros(chunk_bytes);
} catch (std::system_error const&) {
    boost::throw_exception(std::bad_alloc());
}

} // namespace

slot* make_chunk(stay how_long)
{
    auto made = pages();
    auto* const first = reinterpret_cast<slot*>(made.start());
    std::uninitialized_default_construct_n(first, slot_chunks::chunk_slots);
    // Versions are often held by their slots alone.
    os::search_for_leaks(first, chunk_bytes);
    if (how_long == stay::for_good)
        std::ignore = os::seal(first, chunk_bytes);
    made.release();
    return first;
}

void unmake_chunk(slot* chunk) noexcept
{
    os::stop_searching_for_leaks(chunk, chunk_bytes);
    os::address_range const gone(chunk, chunk_bytes);
}

} // namespace still::slots
