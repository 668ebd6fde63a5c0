// SPDX-License-Identifier: BSL-1.0
//
// Versions whose grants are gone: kept while a lease is open on them, then destroyed.

#include "capability/table.hpp"

#include <atomic>
#include <cstddef>

#include "still/capability/pins.hpp"

namespace still::slots {

void capability_table::unpin(pin held, stored const* version) noexcept
{
    pins::clear(held, order_);
    look_after(version);
}

void capability_table::look_after(stored const* version) noexcept
{
    // The version may be gone: only its address is used.
    if (pins::awaited_at(version).load(std::memory_order_seq_cst) == 0)
        return;
    // Whoever found the pin may still have the version in hand, where this reclaim doesn't find it. Either
    // it is back on the list by now, or its holder sees the count change and looks again.
    awaited_ends_.fetch_add(1, std::memory_order_seq_cst);
    reclaim();
}

void capability_table::retire(stored* version) noexcept
{
    pins::awaited_at(version).fetch_add(1, std::memory_order_seq_cst);
    put_on_list(version);
}

void capability_table::put_on_list(stored* version) noexcept
{
    version->next_retired = retired_versions_.load(std::memory_order_relaxed);
    while (!retired_versions_.compare_exchange_weak(
        version->next_retired, version, std::memory_order_seq_cst, std::memory_order_relaxed)) { }
}

std::size_t capability_table::reclaim() noexcept
{
    // A version's destructor may end grants of its own: those are left to the loop that is running.
    static constinit thread_local bool running = false;
    if (running || retired_versions_.load(std::memory_order_seq_cst) == nullptr)
        return 0;
    running = true;
    std::size_t kept = 0;
    for (bool again = true; again;) {
        again = false;
        kept = 0;
        auto const ends = awaited_ends_.load(std::memory_order_seq_cst);
        auto* retired = retired_versions_.exchange(nullptr, std::memory_order_seq_cst);
        if (retired == nullptr)
            break;
        pins::order(order_);
        while (retired != nullptr) {
            auto* const version = retired;
            retired = version->next_retired;
            if (!pins::named(version)) {
                pins::awaited_at(version).fetch_sub(1, std::memory_order_relaxed);
                version->destroy(version);
                again = true;
                continue;
            }
            ++kept;
            put_on_list(version);
        }
        // A lease that ended meanwhile may have found the list empty.
        again = again || awaited_ends_.load(std::memory_order_seq_cst) != ends;
    }
    running = false;
    return kept;
}

} // namespace still::slots
