// SPDX-License-Identifier: BSL-1.0
//
// The slots of the table: filled by grants and forwarders, and emptied.

#include "capability/table.hpp"

#include <boost/throw_exception.hpp>

#include <cstdint>
#include <mutex>
#include <new>
#include <stdexcept>

#include "os/core_order.hpp"
#include "still/capability/way.hpp"

namespace still::slots {

namespace {

/// Charges a slot for as long as nobody says that it is in use.
class slot_charge {
public:
    explicit slot_charge(bank const& payer)
        : payer_(payer)
    {
        payer_.charge(slot_bytes);
    }
    slot_charge(slot_charge const&) = delete;
    slot_charge& operator=(slot_charge const&) = delete;
    ~slot_charge()
    {
        if (!kept_)
            payer_.refund(slot_bytes);
    }
    void keep() noexcept { kept_ = true; }

private:
    bank const& payer_;
    bool kept_ = false;
};

[[nodiscard]] core::bank_record& record_of(bank const& payer)
{
    return *static_cast<core::bank_record*>(payer.memory_resource());
}

/// Tables begin far apart: a million million generations may end in one.
[[nodiscard]] std::uint64_t first_epoch() noexcept
{
    static constinit std::atomic<std::uint64_t> tables{ 0 };
    return (tables.fetch_add(1, std::memory_order_relaxed) + 1) << 40U;
}

} // namespace

capability_table::capability_table(std::uint32_t last_generation, ordering wanted, stay slots)
    : last_generation_(last_generation)
    , order_(os::can_synchronize_cores() ? wanted : ordering::by_both)
    , slots_stay_(slots)
{
    chunks_.epoch.store(first_epoch(), std::memory_order_relaxed);
    STILL_CHECK(last_generation >= 1);
}

capability_table::~capability_table()
{
    STILL_CHECK(live_.load(std::memory_order_acquire) == 0);
    STILL_CHECK(reclaim() == 0);
    STILL_CHECK(slots_stay_ == stay::as_the_table);
    for (auto& place : chunks_.first)
        if (auto* const chunk = place.load(std::memory_order_relaxed); chunk != nullptr)
            unmake_chunk(chunk);
}

std::uint32_t capability_table::take()
{
    finish_for_parent();
    auto head = free_.load(std::memory_order_acquire);
    while ((head & 0xffff'ffff) != 0) {
        auto const index = static_cast<std::uint32_t>(head) - 1;
        auto const next = chunks_[index].next.load(std::memory_order_relaxed);
        auto const changed = ((head >> 32U) + 1) << 32U;
        if (free_.compare_exchange_weak(head, changed | next, std::memory_order_acquire, std::memory_order_acquire))
            return index;
    }
    std::lock_guard const lock(growing_);
    auto const index = made_.load(std::memory_order_relaxed);
    if (index / chunk_slots >= most_chunks)
        boost::throw_exception(std::bad_alloc());
    if (index % chunk_slots == 0)
        chunks_.first[index / chunk_slots].store(make_chunk(slots_stay_), std::memory_order_release);
    made_.store(index + 1, std::memory_order_relaxed);
    return index;
}

void capability_table::give_back(std::uint32_t index) noexcept
{
    auto& place = chunks_[index];
    auto head = free_.load(std::memory_order_relaxed);
    std::uint64_t changed = 0;
    do {
        place.next.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        changed = (((head >> 32U) + 1) << 32U) | (index + 1);
    } while (!free_.compare_exchange_weak(head, changed, std::memory_order_release, std::memory_order_relaxed));
}

name capability_table::publish(std::uint32_t index, kind const& type, core::bank_record& payer) noexcept
{
    auto& place = chunks_[index];
    place.type.store(&type, std::memory_order_release);
    auto const generation = place.generation.load(std::memory_order_relaxed);
    name const made{ index, generation, tags_(index, generation) };
    live_.fetch_add(1, std::memory_order_relaxed);
    place.payer.store(&payer, std::memory_order_seq_cst);
    place.tag.store(made.tag, std::memory_order_seq_cst);
    // Either the destruction of the bank finds the slot, or it is found out here.
    if (payer.stands() == core::bank_record::standing::destroyed) {
        destruction unheard;
        take_back_grants(nullptr, unheard);
    }
    return made;
}

// Fields are stored with release, one by one: a reader that sees one of them, and then the generation,
// sees that the slot is no longer what it was.
name capability_table::grant(stored& version, kind const& type, bank const& payer, std::uint64_t maker, grant_of what)
{
    slot_charge charged(payer);
    auto const index = take();
    charged.keep();
    auto& place = chunks_[index];
    place.depth.store(0, std::memory_order_release);
    place.lost.store(what == grant_of::cell ? 0 : losses::write, std::memory_order_release);
    place.parent.store(maker, std::memory_order_release);
    place.version.store(&version, std::memory_order_release);
    return publish(index, type, record_of(payer));
}

name capability_table::forward(name const& source, kind const& type, bank const& payer)
{
    auto const parent = look(source, type);
    auto const alive = parent.place != nullptr && parent.depth != slot::born_dead;
    if (alive && parent.depth >= most_forwarders)
        boost::throw_exception(std::length_error(
            "still: too many forwarders stand one behind the other (forward a capability nearer to its source)"));
    slot_charge charged(payer);
    auto const index = take();
    charged.keep();
    auto& place = chunks_[index];
    place.depth.store(alive ? parent.depth + 1 : slot::born_dead, std::memory_order_release);
    place.lost.store(parent.lost, std::memory_order_release);
    place.parent.store(packed(source.index(), source.generation), std::memory_order_release);
    return publish(index, type, record_of(payer));
}

name capability_table::attenuate(name const& source, kind const& type, std::uint32_t lost) const noexcept
{
    if (look(source, type).place == nullptr)
        return {};
    auto const attenuated = source.slot | (lost << name::index_bits);
    return attenuated == source.slot ? source
                                     : name{ attenuated, source.generation, tags_(attenuated, source.generation) };
}

std::uint32_t capability_table::losses_of(name const& asked, kind const& type) const noexcept
{
    auto const found = look(asked, type);
    return found.place != nullptr ? found.lost : ~std::uint32_t{ 0 };
}

std::uint64_t capability_table::maker_of(name const& asked, kind const& type) const noexcept
{
    auto const found = look(asked, type);
    if (found.place == nullptr)
        return 0;
    auto const way = follow(found.place, asked.generation, found.depth);
    if (way.grant == nullptr)
        return 0;
    auto const maker = way.grant->parent.load(std::memory_order_acquire);
    // Still the same grant, so that was its maker.
    return follow(found.place, asked.generation, found.depth).grant == way.grant ? maker : 0;
}

std::uint64_t capability_table::grant_of_name(name const& asked, kind const& type) const noexcept
{
    auto found = look(asked, type);
    if (found.place == nullptr || found.depth == slot::born_dead)
        return 0;
    auto way = packed(asked.index(), asked.generation);
    for (auto depth = found.depth; depth != 0; --depth)
        way = chunks_[index_in(way)].parent.load(std::memory_order_acquire);
    // Whole afterwards: then each parent was that of the right incarnation.
    return follow(found.place, asked.generation, found.depth).grant != nullptr ? way : 0;
}

// Owner and destruction may both be at it: whoever is second sees to it that the generation has ended, too, before
// it returns.
void capability_table::revoke(name const& owned) noexcept
{
    finish_for_parent();
    auto* const place = find(owned.index());
    STILL_CHECK(place != nullptr);
    auto tag = owned.tag;
    // The tag goes first: the next generation must never be seen beside it.
    if (!place->tag.compare_exchange_strong(tag, 0, std::memory_order_seq_cst)) {
        end_generation(*place, owned.generation);
        return;
    }
    auto const content = empty(owned.index(), owned.generation);
    content.payer->refund(slot_bytes);
    if (content.granted != nullptr) {
        retire(content.granted);
        reclaim();
    }
}

void capability_table::end_generation(slot& place, std::uint32_t generation) noexcept
{
    auto const last = generation == last_generation_;
    auto seen = generation;
    place.generation.compare_exchange_strong(seen, last ? 0 : generation + 1, std::memory_order_seq_cst);
    chunks_.epoch.fetch_add(1, std::memory_order_seq_cst);
}

void capability_table::begin_child() noexcept
{
    unfinished_.store(true, std::memory_order_release);
    let_go();
}

// What is paid back may lock the banks' tree, which nobody does under the lock of the table.
void capability_table::finish_unfinished() noexcept
{
    std::uint32_t first = 0;
    {
        std::lock_guard const lock(growing_);
        if (!unfinished_.load(std::memory_order_relaxed))
            return;
        for (std::uint32_t index = 0; index < made_.load(std::memory_order_relaxed); ++index) {
            auto& place = chunks_[index];
            if (place.tag.load(std::memory_order_relaxed) != 0
                || place.payer.load(std::memory_order_relaxed) == nullptr)
                continue;
            if (auto const generation = place.generation.load(std::memory_order_relaxed); generation != 0)
                end_generation(place, generation);
            place.next.store(first, std::memory_order_relaxed);
            first = index + 1;
        }
        unfinished_.store(false, std::memory_order_release);
    }
    while (first != 0) {
        auto const index = first - 1;
        auto& place = chunks_[index];
        first = place.next.load(std::memory_order_relaxed);
        auto* const granted = place.version.exchange(nullptr, std::memory_order_seq_cst);
        auto* const payer = place.payer.exchange(nullptr, std::memory_order_seq_cst);
        live_.fetch_sub(1, std::memory_order_relaxed);
        if (place.generation.load(std::memory_order_relaxed) == 0)
            retired_slots_.fetch_add(1, std::memory_order_relaxed);
        else
            give_back(index);
        payer->refund(slot_bytes);
        if (granted != nullptr)
            retire(granted);
    }
}

capability_table::contents capability_table::empty(std::uint32_t index, std::uint32_t generation) noexcept
{
    auto& place = chunks_[index];
    end_generation(place, generation);
    auto* const granted = place.version.exchange(nullptr, std::memory_order_seq_cst);
    // From here on nobody who looks for a destroyed bank's slots looks at the payer, who may go with the refund.
    auto* const payer = place.payer.exchange(nullptr, std::memory_order_seq_cst);
    live_.fetch_sub(1, std::memory_order_relaxed);
    if (generation == last_generation_)
        retired_slots_.fetch_add(1, std::memory_order_relaxed);
    else
        give_back(index);
    return { granted, payer };
}

table_state capability_table::seen() const noexcept
{
    auto const made = made_.load(std::memory_order_relaxed);
    auto const chunks = (made + chunk_slots - 1) / chunk_slots;
    return { live_.load(std::memory_order_relaxed), retired_slots_.load(std::memory_order_relaxed),
        chunks * chunk_slots * sizeof(slot) };
}

} // namespace still::slots
