// SPDX-License-Identifier: BSL-1.0
//
// Taking back what a destroyed bank has granted, and waiting for the leases on what was revoked.

#include "capability/table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

#include "still/capability/pins.hpp"
#include "still/capability/way.hpp"

namespace still::slots {

void capability_table::note_leases(destruction& report, stored const* granted) noexcept
{
    pins::for_each([&](stored const* version, std::uint64_t, std::thread::id thread) {
        if (version != granted)
            return true;
        ++report.leases;
        auto const* const end = report.holders.begin() + static_cast<std::ptrdiff_t>(report.holder_count);
        if (report.holder_count < report.holders.size() && std::find(report.holders.cbegin(), end, thread) == end)
            report.holders[report.holder_count++] = thread;
        return true;
    });
}

void capability_table::take_back_grants(core::bank_record const* destroyed, destruction& report) noexcept
{
    // What is taken back here is not yet on the lists.
    if (destroyed != nullptr)
        reclaim(destroyed, &report);
    auto const made = made_.load(std::memory_order_acquire);
    for (std::uint32_t first = 0; first < made; first += chunk_slots) {
        finish_for_parent();
        auto* const chunk = chunks_.first[first / chunk_slots].load(std::memory_order_acquire);
        std::array<core::bank_record*, chunk_slots> payers;
        std::array<stored*, chunk_slots> granted;
        std::size_t count = 0;
        std::size_t grants = 0;
        // While it is locked, no payer that is found in a slot is freed.
        if (std::lock_guard const lock(core::bank_record::tree()); chunk != nullptr)
            for (std::uint32_t index = first; index < first + chunk_slots; ++index)
                if (auto const taken = take_back(chunk[index - first], index); taken.payer != nullptr) {
                    payers[count++] = taken.payer;
                    if (taken.granted != nullptr)
                        granted[grants++] = taken.granted;
                }
        if (grants != 0)
            pins::order(order_);
        for (std::size_t i = 0; i < grants; ++i) {
            note_leases(report, granted[i]);
            retire(granted[i]);
        }
        for (std::size_t i = 0; i < count; ++i)
            payers[i]->refund(slot_bytes);
        report.grants += count;
    }
    reclaim();
}

capability_table::contents capability_table::take_back(slot& place, std::uint32_t index) noexcept
{
    for (;;) {
        auto tag = place.tag.load(std::memory_order_seq_cst);
        auto const* const payer = place.payer.load(std::memory_order_seq_cst);
        if (payer == nullptr || payer->stands() != core::bank_record::standing::destroyed)
            return {};
        // Without a tag, its owner is filling or emptying it, which takes a few instructions. Until that is over, a
        // forwarder behind it may open.
        auto const generation = place.generation.load(std::memory_order_acquire);
        if (tag != 0 && place.tag.compare_exchange_strong(tag, 0, std::memory_order_seq_cst)) {
            place.ended_with_bank.store(generation, std::memory_order_seq_cst);
            return empty(index, generation);
        }
        std::this_thread::yield();
    }
}

// The slots that a dead way leads to may have been filled anew, and what was on it is then unknown.
capability_table::passage capability_table::passes(
    std::uint64_t way, std::uint32_t index, std::uint32_t generation) const noexcept
{
    for (;;) {
        if (index_in(way) == index && generation_in(way) == generation)
            return passage::through;
        auto const* const place = find(index_in(way));
        if (place == nullptr)
            return passage::unknown;
        auto const depth = place->depth.load(std::memory_order_acquire);
        auto const parent = place->parent.load(std::memory_order_acquire);
        if (place->generation.load(std::memory_order_acquire) != generation_in(way))
            return passage::unknown;
        if (depth == 0)
            return passage::elsewhere;
        way = parent;
    }
}

waited capability_table::revoke_and_wait(name const& owned, std::chrono::steady_clock::time_point deadline) noexcept
{
    using namespace std::chrono_literals;
    stored const* named = nullptr; // compared, never followed
    if (auto* const place = find(owned.index()); place != nullptr) {
        auto const depth = place->depth.load(std::memory_order_acquire);
        // Leases on a cell may be on versions that it had before.
        if (auto const way = follow(place, owned.generation, depth);
            way.grant != nullptr && (way.grant->lost.load(std::memory_order_acquire) & losses::write) != 0)
            named = way.grant->version.load(std::memory_order_acquire);
    }
    revoke(owned);
    pins::order(order_);
    auto const self = std::this_thread::get_id();
    for (auto pause = std::chrono::nanoseconds(1us);;) {
        waited found;
        pins::for_each([&](stored const* version, std::uint64_t way, std::thread::id thread) {
            auto const passed = passes(way, owned.index(), owned.generation);
            if (passed == passage::elsewhere || (passed == passage::unknown && named != nullptr && version != named))
                return true;
            found = { thread == self ? waited::end::would_deadlock : waited::end::stuck, thread };
            return thread != self;
        });
        if (found.how != waited::end::stuck)
            return found;
        auto const now = std::chrono::steady_clock::now();
        if (now >= deadline)
            return found;
        std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, deadline - now));
        pause = std::min<std::chrono::nanoseconds>(2 * pause, 1ms);
    }
}

} // namespace still::slots
