// SPDX-License-Identifier: BSL-1.0
//
// Granting, forwarding, opening and revoking, without types.

#include "capability/table.hpp"

#include <boost/throw_exception.hpp>

#include <new>
#include <stdexcept>
#include <utility>

#include "capability/pins.hpp"

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

} // namespace

capability_table::capability_table(std::uint32_t last_generation)
    : last_generation_(last_generation)
{
    STILL_CHECK(last_generation >= 1);
}

capability_table::~capability_table()
{
    STILL_CHECK(live_.load(std::memory_order_acquire) == 0);
    STILL_CHECK(reclaim() == 0);
    for (auto& chunk : chunks_)
        delete[] chunk.load(std::memory_order_relaxed);
}

slot* capability_table::find(std::uint32_t index) const noexcept
{
    if (index / chunk_slots >= most_chunks)
        return nullptr;
    auto* const chunk = chunks_[index / chunk_slots].load(std::memory_order_acquire);
    return chunk != nullptr ? chunk + index % chunk_slots : nullptr;
}

std::uint32_t capability_table::take()
{
    auto head = free_.load(std::memory_order_acquire);
    while ((head & 0xffff'ffff) != 0) {
        auto const index = static_cast<std::uint32_t>(head) - 1;
        auto const next = find(index)->next_free.load(std::memory_order_relaxed);
        auto const changed = ((head >> 32U) + 1) << 32U;
        if (free_.compare_exchange_weak(head, changed | next, std::memory_order_acquire, std::memory_order_acquire))
            return index;
    }
    std::lock_guard const lock(growing_);
    auto const index = made_.load(std::memory_order_relaxed);
    if (index / chunk_slots >= most_chunks)
        boost::throw_exception(std::bad_alloc());
    if (index % chunk_slots == 0)
        chunks_[index / chunk_slots].store(new slot[chunk_slots], std::memory_order_release);
    made_.store(index + 1, std::memory_order_relaxed);
    return index;
}

void capability_table::give_back(std::uint32_t index) noexcept
{
    auto* const place = find(index);
    auto head = free_.load(std::memory_order_relaxed);
    std::uint64_t changed = 0;
    do {
        place->next_free.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        changed = (((head >> 32U) + 1) << 32U) | (index + 1);
    } while (!free_.compare_exchange_weak(head, changed, std::memory_order_release, std::memory_order_relaxed));
}

name capability_table::publish(std::uint32_t index, kind const& type, bank const& payer) noexcept
{
    auto* const place = find(index);
    place->payer = payer;
    place->type.store(&type, std::memory_order_release);
    auto const generation = place->generation.load(std::memory_order_relaxed);
    auto const tag = tags_(index, generation);
    live_.fetch_add(1, std::memory_order_relaxed);
    place->tag.store(tag, std::memory_order_release);
    return { index, generation, tag };
}

// Fields are stored with release, one by one: a reader that sees one of them, and then the generation,
// sees that the slot is no longer what it was.
name capability_table::grant(stored& version, kind const& type, bank const& payer)
{
    slot_charge charged(payer);
    auto const index = take();
    charged.keep();
    auto* const place = find(index);
    place->depth.store(0, std::memory_order_release);
    place->version.store(&version, std::memory_order_release);
    return publish(index, type, payer);
}

name capability_table::forward(name const& source, kind const& type, bank const& payer)
{
    auto const parent = look(source, type);
    auto const alive = parent.version != nullptr;
    if (alive && parent.depth >= most_forwarders)
        boost::throw_exception(std::length_error(
            "still: too many forwarders stand one behind the other (forward a capability nearer to its source)"));
    slot_charge charged(payer);
    auto const index = take();
    charged.keep();
    auto* const place = find(index);
    place->depth.store(alive ? parent.depth + 1 : 1, std::memory_order_release);
    place->parent.store(source.slot, std::memory_order_release);
    place->parent_generation.store(source.generation, std::memory_order_release);
    place->version.store(parent.version, std::memory_order_release);
    return publish(index, type, payer);
}

void capability_table::revoke(name const& owned) noexcept
{
    auto* const place = find(owned.slot);
    STILL_CHECK(place != nullptr && place->generation.load(std::memory_order_relaxed) == owned.generation
        && place->tag.load(std::memory_order_relaxed) == owned.tag);
    auto* const granted
        = place->depth.load(std::memory_order_relaxed) == 0 ? place->version.load(std::memory_order_relaxed) : nullptr;
    auto const payer = std::exchange(place->payer, bank());
    // The tag goes first: the next generation must never be seen beside it.
    place->tag.store(0, std::memory_order_release);
    auto const last = owned.generation == last_generation_;
    place->generation.store(last ? 0 : owned.generation + 1, std::memory_order_seq_cst);
    live_.fetch_sub(1, std::memory_order_relaxed);
    if (last)
        retired_slots_.fetch_add(1, std::memory_order_relaxed);
    else
        give_back(owned.slot);
    payer.refund(slot_bytes);
    if (granted == nullptr)
        return;
    retire(granted);
    reclaim();
}

capability_table::sighting capability_table::look(name const& asked, kind const& type) const noexcept
{
    auto const* const place = find(asked.slot);
    if (asked.generation == 0 || asked.tag == 0 || place == nullptr)
        return { .why = refusal::null };
    auto const generation = place->generation.load(std::memory_order_acquire);
    auto const tag = place->tag.load(std::memory_order_acquire);
    auto const fits = tag == asked.tag && place->type.load(std::memory_order_acquire) == &type;
    if (generation != asked.generation || !fits) {
        // What doesn't fit may have been filled anew since its generation was read.
        auto const now = place->generation.load(std::memory_order_acquire);
        auto const over = now == 0 || asked.generation < now || tag == 0;
        return { .why = over ? refusal::revoked : refusal::null };
    }
    auto const depth = place->depth.load(std::memory_order_acquire);
    auto* const version = place->version.load(std::memory_order_acquire);
    if (version == nullptr || place->generation.load(std::memory_order_acquire) != generation)
        return { .why = refusal::revoked };
    return { place, version, depth };
}

// A slot's parent is read before its generation, so that it is the parent of that incarnation.
bool capability_table::whole(slot const* from, std::uint32_t generation, std::uint32_t depth) const noexcept
{
    for (; depth != 0; --depth) {
        auto const parent = from->parent.load(std::memory_order_acquire);
        auto const parent_generation = from->parent_generation.load(std::memory_order_acquire);
        if (from->generation.load(std::memory_order_seq_cst) != generation)
            return false;
        from = find(parent);
        generation = parent_generation;
    }
    return from->generation.load(std::memory_order_seq_cst) == generation;
}

opened capability_table::open(name const& asked, kind const& type) noexcept
{
    auto const found = look(asked, type);
    if (found.version == nullptr)
        return opened::refused(found.why);
    // Nothing is pinned on a way that is known to be broken: the version may long be gone, and another
    // lie at its address.
    if (found.depth != 0 && !whole(found.place, asked.generation, found.depth))
        return opened::refused(refusal::revoked);
    auto const held = pins::take();
    if (held == nullptr)
        return opened::refused(refusal::no_memory);
    pins::set(held, found.version);
    if (!whole(found.place, asked.generation, found.depth)) {
        unpin(held);
        return opened::refused(refusal::revoked);
    }
    return { held, { found.version } };
}

void capability_table::close(opened const& lease) noexcept
{
    unpin(lease.held);
}

void capability_table::unpin(pin held) noexcept
{
    if (!pins::clear(held))
        return;
    // Whoever found the pin may still have the version in hand, where this reclaim doesn't find it. Either
    // it is back on the list by now, or its holder sees the count change and looks again.
    awaited_ends_.fetch_add(1, std::memory_order_seq_cst);
    reclaim();
}

void capability_table::retire(stored* version) noexcept
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
        while (retired != nullptr) {
            auto* const version = retired;
            retired = version->next_retired;
            if (!pins::named(version)) {
                version->destroy(version);
                again = true;
                continue;
            }
            ++kept;
            retire(version);
        }
        // A lease that ended meanwhile may have found the list empty.
        again = again || awaited_ends_.load(std::memory_order_seq_cst) != ends;
    }
    running = false;
    return kept;
}

capability_table::statistics capability_table::seen() const noexcept
{
    auto const made = made_.load(std::memory_order_relaxed);
    auto const chunks = (made + chunk_slots - 1) / chunk_slots;
    return { live_.load(std::memory_order_relaxed), retired_slots_.load(std::memory_order_relaxed),
        chunks * chunk_slots * sizeof(slot) };
}

} // namespace still::slots
