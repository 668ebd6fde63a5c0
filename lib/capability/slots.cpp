// SPDX-License-Identifier: BSL-1.0
//
// The program's one table. It is never destroyed, so that capabilities may be used, and grants ended,
// by whatever runs last.

#include "still/capability/slots.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <new>

#include "capability/table.hpp"
#include "os/forks.hpp"

namespace still::slots {

constinit std::atomic<slot_chunks const*> chunks_without_fences{ nullptr };

namespace {

std::atomic<capability_table*> only{ nullptr };
/// Held by whoever makes it. No static local: a fork meanwhile would leave its child the guard closed.
constinit std::mutex making;

/// Effect: makes the table, and lets everybody know.
capability_table* make()
{
    alignas(capability_table) static std::array<std::byte, sizeof(capability_table)> place;
    auto* const table = ::new (static_cast<void*>(place.data()))
        capability_table(std::numeric_limits<std::uint32_t>::max(), ordering::by_revoker, stay::for_good);
    only.store(table, std::memory_order_release);
    if (table->readers_order() == ordering::by_revoker)
        chunks_without_fences.store(&table->chunks(), std::memory_order_release);
    core::grants_of_the_destroyed.store(
        [](core::bank_record const& destroyed, destruction& report) noexcept {
            only.load(std::memory_order_acquire)->take_back_grants(&destroyed, report);
        },
        std::memory_order_seq_cst);
    return table;
}

/// Made by the first grant, or by a forward before it. Throws std::exception where the system has no
/// random device.
capability_table& made()
{
    if (auto* const table = only.load(std::memory_order_acquire); table != nullptr)
        return *table;
    std::lock_guard const lock(making);
    auto* const table = only.load(std::memory_order_relaxed);
    return table != nullptr ? *table : *make();
}

/// Null while nothing was ever granted.
capability_table* existing() noexcept
{
    return only.load(std::memory_order_acquire);
}

/// See Note: forks.
constinit struct : os::fork_part {
    void hold() noexcept override
    {
        making.lock();
        if (auto* const table = existing(); table != nullptr)
            table->hold();
    }
    void let_go() noexcept override
    {
        if (auto* const table = existing(); table != nullptr)
            table->let_go();
        making.unlock();
    }
    void begin_child() noexcept override
    {
        if (auto* const table = existing(); table != nullptr)
            table->begin_child();
        pins::begin_child();
        making.unlock();
    }
} table_in_forks;
[[gnu::init_priority(os::fork_registration::priority)]] os::fork_registration const table_whole_in_children(
    os::fork_registration::at_load{}, table_in_forks);

} // namespace

table_state seen() noexcept
{
    auto const* const table = existing();
    return table != nullptr ? table->seen() : table_state();
}

name grant(stored& version, kind const& type, bank const& payer, std::uint64_t maker, grant_of what)
{
    return made().grant(version, type, payer, maker, what);
}

name attenuate(name const& source, kind const& type, std::uint32_t lost) noexcept
{
    auto const* const table = existing();
    return table != nullptr ? table->attenuate(source, type, lost) : name{};
}

std::uint32_t losses_of(name const& asked, kind const& type) noexcept
{
    auto const* const table = existing();
    return table != nullptr ? table->losses_of(asked, type) : ~std::uint32_t{ 0 };
}

std::uint64_t maker_of(name const& asked, kind const& type) noexcept
{
    auto const* const table = existing();
    return table != nullptr ? table->maker_of(asked, type) : 0;
}

waited revoke_and_wait(name const& owned, std::chrono::steady_clock::time_point deadline) noexcept
{
    return existing()->revoke_and_wait(owned, deadline);
}

name forward(name const& source, kind const& type, bank const& payer)
{
    return made().forward(source, type, payer);
}

void revoke(name const& owned) noexcept
{
    existing()->revoke(owned);
}

opened open_any(name const& asked, kind const& type) noexcept
{
    auto* const table = existing();
    return table != nullptr ? table->open(asked, type) : opened::refused(refusal::null);
}

void look_after(stored const* version) noexcept
{
    existing()->look_after(version);
}

std::uint64_t grant_of_name(name const& asked, kind const& type) noexcept
{
    auto const* const table = existing();
    return table != nullptr ? table->grant_of_name(asked, type) : 0;
}

replaced replace(name const& cell, kind const& type, stored& next, stored const* expected) noexcept
{
    auto* const table = existing();
    return table != nullptr ? table->replace(cell, type, next, expected) : replaced{ replaced::end::refused };
}

} // namespace still::slots

std::size_t still::reclaim() noexcept
{
    auto* const table = slots::existing();
    return table != nullptr ? table->reclaim() : 0;
}
