// SPDX-License-Identifier: BSL-1.0
//
// Versions whose grants are gone: kept while a lease is open on them, then destroyed.

#include "capability/table.hpp"

#include <atomic>
#include <cstddef>
#include <utility>

#include "still/capability/pins.hpp"
#include "still/core/bank_record.hpp"

namespace still::slots {

namespace {

/// Whether it may go with all that its bank's memory has.
[[nodiscard]] bool may_be_forgotten(stored const& version) noexcept
{
    return version.owners_to_forget != stored::must_be_destroyed && version.payer != nullptr
        && version.payer->has_own_memory() && version.payer->stands() == core::bank_record::standing::destroyed;
}

void put(std::atomic<stored*>& list, stored* version) noexcept
{
    version->next_retired = list.load(std::memory_order_relaxed);
    while (!list.compare_exchange_weak(
        version->next_retired, version, std::memory_order_seq_cst, std::memory_order_relaxed)) { }
}

} // namespace

void capability_table::unpin(pin held, stored const* version) noexcept
{
    pins::clear(held, order_);
    look_after(version);
}

void capability_table::look_after(stored const* version) noexcept
{
    // The version may be gone: only its address is used.
    if (!pins::place_of(version).may_have(version))
        return;
    // Whoever found the pin may still have the version in hand, where this reclaim doesn't find it. Either
    // it is back on the list by now, or its holder sees the count change and looks again.
    awaited_ends_.fetch_add(1, std::memory_order_seq_cst);
    reclaim();
}

void capability_table::retire(stored* version) noexcept
{
    pins::place_of(version).add(version);
    put(retired_versions_, version);
}

// Of a version that was found pinned, all pins that can matter have been seen by whoever put it on that list: it needs
// no order again.
std::size_t capability_table::reclaim(core::bank_record const* payer, destruction* report) noexcept
{
    // A version's destructor may end grants of its own: those are left to the loop that is running.
    static constinit thread_local bool running = false;
    if (running
        || (retired_versions_.load(std::memory_order_seq_cst) == nullptr
            && pinned_versions_.load(std::memory_order_seq_cst) == nullptr))
        return 0;
    running = true;
    std::size_t kept = 0;
    auto const before = report != nullptr ? *report : destruction();
    for (bool again = true; again;) {
        again = false;
        kept = 0;
        stored* going_at_once = nullptr;
        if (report != nullptr)
            *report = before;
        auto const ends = awaited_ends_.load(std::memory_order_seq_cst);
        auto* const retired = retired_versions_.exchange(nullptr, std::memory_order_seq_cst);
        auto* const pinned = pinned_versions_.exchange(nullptr, std::memory_order_seq_cst);
        if (retired != nullptr)
            pins::order(order_);
        for (auto* next : { retired, pinned })
            while (next != nullptr) {
                auto* const version = next;
                next = version->next_retired;
                if (pins::named(version)) {
                    ++kept;
                    // A payer lives as long as what it pays for.
                    if (report != nullptr && version->payer != nullptr && payer->above(version->payer))
                        note_leases(*report, version);
                    put(pinned_versions_, version);
                } else {
                    pins::place_of(version).remove(version);
                    if (may_be_forgotten(*version))
                        version->next_retired = std::exchange(going_at_once, version);
                    else
                        version->destroy(version);
                    again = true;
                }
            }
        forget(going_at_once);
        // A lease that ended meanwhile may have found the lists empty.
        again = again || (kept != 0 && awaited_ends_.load(std::memory_order_seq_cst) != ends);
    }
    running = false;
    return kept;
}

void capability_table::forget(stored* all) noexcept
{
    while (all != nullptr) {
        auto* const payer = all->payer;
        stored* others = nullptr;
        stored* its = nullptr;
        std::size_t owners = 0;
        std::size_t versions = 0;
        while (all != nullptr) {
            auto* const version = std::exchange(all, all->next_retired);
            auto*& list = version->payer == payer ? its : others;
            version->next_retired = std::exchange(list, version);
            if (version->payer == payer) {
                ++versions;
                owners += static_cast<std::size_t>(version->owners_to_forget);
            }
        }
        all = others;
        // Beside its block, each owner is a handle to the bank.
        if (payer->forget(owners, owners - versions))
            continue;
        while (its != nullptr) {
            auto* const version = std::exchange(its, its->next_retired);
            version->destroy(version);
        }
    }
}

} // namespace still::slots
