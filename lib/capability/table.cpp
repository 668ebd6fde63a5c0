// SPDX-License-Identifier: BSL-1.0
//
// Granting, forwarding, opening and revoking, without types.

#include "capability/table.hpp"

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
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

[[nodiscard]] core::bank_record& record_of(bank const& payer)
{
    return *static_cast<core::bank_record*>(payer.memory_resource());
}

// A slot and its generation in one word.
[[nodiscard]] constexpr std::uint64_t packed(std::uint32_t index, std::uint32_t generation) noexcept
{
    return (std::uint64_t{ generation } << 32U) | index;
}
[[nodiscard]] constexpr std::uint32_t index_in(std::uint64_t way) noexcept
{
    return static_cast<std::uint32_t>(way);
}
[[nodiscard]] constexpr std::uint32_t generation_in(std::uint64_t way) noexcept
{
    return static_cast<std::uint32_t>(way >> 32U);
}

void note_leases(destruction& report, stored const* granted) noexcept
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
        auto const next = find(index)->next.load(std::memory_order_relaxed);
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
        place->next.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
        changed = (((head >> 32U) + 1) << 32U) | (index + 1);
    } while (!free_.compare_exchange_weak(head, changed, std::memory_order_release, std::memory_order_relaxed));
}

name capability_table::publish(std::uint32_t index, kind const& type, core::bank_record& payer) noexcept
{
    auto* const place = find(index);
    place->type.store(&type, std::memory_order_release);
    auto const generation = place->generation.load(std::memory_order_relaxed);
    name const made{ index, generation, tags_(index, generation) };
    live_.fetch_add(1, std::memory_order_relaxed);
    place->payer.store(&payer, std::memory_order_seq_cst);
    place->tag.store(made.tag, std::memory_order_seq_cst);
    // Either the destruction of the bank finds the slot, or it is found out here.
    if (payer.stands() == core::bank_record::standing::destroyed) {
        destruction unheard;
        take_back_grants(unheard);
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
    auto* const place = find(index);
    place->depth.store(0, std::memory_order_release);
    place->lost.store(what == grant_of::cell ? 0 : losses::write, std::memory_order_release);
    place->parent.store(maker, std::memory_order_release);
    place->version.store(&version, std::memory_order_release);
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
    auto* const place = find(index);
    place->depth.store(alive ? parent.depth + 1 : slot::born_dead, std::memory_order_release);
    place->lost.store(parent.lost, std::memory_order_release);
    place->parent.store(packed(source.index(), source.generation), std::memory_order_release);
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
        way = find(index_in(way))->parent.load(std::memory_order_acquire);
    // Whole afterwards: then each parent was that of the right incarnation.
    return follow(found.place, asked.generation, found.depth).grant != nullptr ? way : 0;
}

// Owner and destruction may both be at it: whoever is second sees to it that the generation has ended, too, before
// it returns.
void capability_table::revoke(name const& owned) noexcept
{
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

void capability_table::end_generation(slot& place, std::uint32_t generation) const noexcept
{
    auto const last = generation == last_generation_;
    auto seen = generation;
    place.generation.compare_exchange_strong(seen, last ? 0 : generation + 1, std::memory_order_seq_cst);
}

capability_table::contents capability_table::empty(std::uint32_t index, std::uint32_t generation) noexcept
{
    auto* const place = find(index);
    end_generation(*place, generation);
    auto* const granted = place->version.exchange(nullptr, std::memory_order_seq_cst);
    // From here on nobody who looks for a destroyed bank's slots looks at the payer, who may go with the refund.
    auto* const payer = place->payer.exchange(nullptr, std::memory_order_seq_cst);
    live_.fetch_sub(1, std::memory_order_relaxed);
    if (generation == last_generation_)
        retired_slots_.fetch_add(1, std::memory_order_relaxed);
    else
        give_back(index);
    return { granted, payer };
}

void capability_table::take_back_grants(destruction& report) noexcept
{
    auto const made = made_.load(std::memory_order_acquire);
    for (std::uint32_t first = 0; first < made; first += chunk_slots) {
        auto* const chunk = chunks_[first / chunk_slots].load(std::memory_order_acquire);
        std::array<core::bank_record*, chunk_slots> payers;
        std::size_t count = 0;
        // While it is locked, no payer that is found in a slot is freed.
        if (std::lock_guard const lock(core::bank_record::tree()); chunk != nullptr)
            for (std::uint32_t index = first; index < first + chunk_slots; ++index)
                if (auto const taken = take_back(chunk[index - first], index); taken.payer != nullptr) {
                    payers[count++] = taken.payer;
                    if (taken.granted != nullptr) {
                        note_leases(report, taken.granted);
                        retire(taken.granted);
                    }
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

refusal capability_table::end_of(slot const& place, std::uint32_t generation) noexcept
{
    return place.ended_with_bank.load(std::memory_order_seq_cst) == generation ? refusal::bank_destroyed
                                                                               : refusal::revoked;
}

capability_table::sighting capability_table::look(name const& asked, kind const& type) const noexcept
{
    auto* const place = find(asked.index());
    if (asked.generation == 0 || asked.tag == 0 || place == nullptr)
        return { .why = refusal::null };
    auto const generation = place->generation.load(std::memory_order_acquire);
    auto const tag = place->tag.load(std::memory_order_acquire);
    auto const genuine
        = asked.lost() == 0 ? tag == asked.tag : tag != 0 && tags_(asked.slot, asked.generation) == asked.tag;
    auto const fits = genuine && place->type.load(std::memory_order_acquire) == &type;
    if (generation != asked.generation || !fits) {
        // What doesn't fit may have been filled anew since its generation was read.
        auto const now = place->generation.load(std::memory_order_acquire);
        auto const over = now == 0 || asked.generation < now || tag == 0;
        return { .why = over ? end_of(*place, asked.generation) : refusal::null };
    }
    auto const depth = place->depth.load(std::memory_order_acquire);
    auto const lost = place->lost.load(std::memory_order_acquire) | asked.lost();
    if (place->generation.load(std::memory_order_acquire) != generation)
        return { .why = end_of(*place, asked.generation) };
    return { place, depth, lost, refusal::null };
}

// A slot's parent is read before its generation, so that it is the parent of that incarnation.
capability_table::way_end capability_table::follow(
    slot* from, std::uint32_t generation, std::uint32_t depth) const noexcept
{
    if (depth == slot::born_dead)
        return {};
    for (; depth != 0; --depth) {
        auto const parent = from->parent.load(std::memory_order_acquire);
        if (from->generation.load(std::memory_order_seq_cst) != generation)
            return { .why = end_of(*from, generation) };
        from = find(index_in(parent));
        generation = generation_in(parent);
    }
    if (from->generation.load(std::memory_order_seq_cst) != generation)
        return { .why = end_of(*from, generation) };
    return { .grant = from };
}

opened capability_table::open(name const& asked, kind const& type) noexcept
{
    auto const found = look(asked, type);
    if (found.place == nullptr)
        return opened::refused(found.why);
    if ((found.lost & losses::read) != 0)
        return opened::refused(refusal::no_right);
    return enter(found, asked);
}

opened capability_table::enter(sighting const& found, name const& asked) noexcept
{
    // Nothing is pinned on a way that is known to be broken: the version may long be gone, and another
    // lie at its address.
    auto way = found.depth != 0 ? follow(found.place, asked.generation, found.depth)
                                : way_end{ found.place, refusal::revoked };
    if (way.grant == nullptr)
        return opened::refused(way.why);
    auto const* version = way.grant->version.load(std::memory_order_acquire);
    if (version == nullptr)
        return opened::refused(refusal::revoked); // it is just being emptied
    auto const held = pins::take();
    if (held == nullptr)
        return opened::refused(refusal::no_memory);
    pins::set(held, version, packed(asked.index(), asked.generation));
    // Of a cell, another version may have been stored: then that is pinned instead, as often as it takes.
    for (auto awaited = false;;) {
        way = follow(found.place, asked.generation, found.depth);
        auto const* const now = way.grant != nullptr ? way.grant->version.load(std::memory_order_seq_cst) : nullptr;
        if (now != version && now != nullptr) {
            version = now;
            awaited = pins::exchange(held, version) || awaited;
            continue;
        }
        if (now == nullptr)
            unpin(held);
        if (awaited)
            after_awaited_end();
        return now != nullptr ? opened{ held, { version } } : opened::refused(way.why);
    }
}

// While the caller's lease is on the version that is expected, no other version is at that address: so a slot that has
// it is still the cell that it was.
replaced capability_table::replace(name const& cell, kind const& type, stored& next, stored const* expected) noexcept
{
    for (;;) {
        auto const found = look(cell, type);
        if (found.place == nullptr)
            return { replaced::end::refused, found.why };
        if ((found.lost & losses::write) != 0)
            return { replaced::end::refused, refusal::no_right };
        {
            auto const lease = scoped(enter(found, cell));
            if (!lease)
                return { replaced::end::refused, lease.why() };
            auto* before = const_cast<stored*>(&lease.version());
            if (expected != nullptr && before != expected)
                return { replaced::end::changed };
            auto const way = follow(found.place, cell.generation, found.depth);
            if (way.grant == nullptr)
                return { replaced::end::refused, way.why };
            if (!way.grant->version.compare_exchange_strong(before, &next, std::memory_order_seq_cst))
                continue;
            retire(const_cast<stored*>(&lease.version()));
        }
        reclaim();
        return { replaced::end::done };
    }
}

void capability_table::close(opened const& lease) noexcept
{
    unpin(lease.held);
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

void capability_table::unpin(pin held) noexcept
{
    if (pins::clear(held))
        after_awaited_end();
}

void capability_table::after_awaited_end() noexcept
{
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
