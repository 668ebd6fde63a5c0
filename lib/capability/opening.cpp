// SPDX-License-Identifier: BSL-1.0
//
// Following names to what was granted: opening, and storing in a cell.

#include "capability/table.hpp"

#include <cstdint>
#include <utility>

#include "still/capability/pins.hpp"
#include "still/capability/way.hpp"

namespace still::slots {

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
    pins_of_thread.followed += std::uint64_t{ depth } + 1;
    for (; depth != 0; --depth) {
        auto const parent = from->parent.load(std::memory_order_acquire);
        if (from->generation.load(std::memory_order_seq_cst) != generation)
            return { .why = end_of(*from, generation) };
        from = &chunks_[index_in(parent)];
        generation = generation_in(parent);
    }
    if (from->generation.load(std::memory_order_seq_cst) != generation)
        return { .why = end_of(*from, generation) };
    return { .grant = from };
}

capability_table::way_end capability_table::follow_known(
    slot* from, std::uint32_t generation, std::uint32_t depth) const noexcept
{
    if (depth == 0)
        return follow(from, generation, depth);
    auto& known = pins_of_thread.way_from(from);
    // Read first: what is taken back from here on makes it another.
    auto const epoch = chunks_.epoch.load(std::memory_order_seq_cst);
    if (known.from == from && known.generation == generation && known.epoch == epoch)
        return { .grant = known.grant };
    auto const way = follow(from, generation, depth);
    if (way.grant != nullptr)
        known = { from, way.grant, epoch, generation };
    return way;
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
    auto way = found.depth != 0 ? follow_known(found.place, asked.generation, found.depth)
                                : way_end{ found.place, refusal::revoked };
    if (way.grant == nullptr)
        return opened::refused(way.why);
    auto const* version = way.grant->version.load(std::memory_order_acquire);
    if (version == nullptr)
        return opened::refused(refusal::revoked); // it is just being emptied
    auto const held = pins::take();
    if (held == nullptr)
        return opened::refused(refusal::no_memory);
    auto const by = packed(asked.index(), asked.generation);
    pins::set(held, version, by, order_);
    // Of a cell, another version may have been stored: then that is pinned instead, as often as it takes.
    for (;;) {
        way = follow_known(found.place, asked.generation, found.depth);
        auto const* const now = way.grant != nullptr ? way.grant->version.load(std::memory_order_seq_cst) : nullptr;
        if (now == version)
            return { held, version };
        if (now == nullptr) {
            unpin(held, version);
            return opened::refused(way.why);
        }
        auto const* const missed = std::exchange(version, now);
        pins::set(held, version, by, order_);
        look_after(missed);
    }
}

/// Ends a lease of the library's own.
struct capability_table::closing {
    capability_table& table;
    opened const& lease;
    closing(capability_table& of, opened const& ending) noexcept
        : table(of)
        , lease(ending)
    {
    }
    closing(closing const&) = delete;
    closing& operator=(closing const&) = delete;
    ~closing() { table.close(lease); }
};

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
            auto const lease = enter(found, cell);
            if (lease.held == nullptr)
                return { replaced::end::refused, lease.why() };
            closing const at_end{ *this, lease };
            auto* before = const_cast<stored*>(lease.version());
            if (expected != nullptr && before != expected)
                return { replaced::end::changed };
            auto const way = follow(found.place, cell.generation, found.depth);
            if (way.grant == nullptr)
                return { replaced::end::refused, way.why };
            if (!way.grant->version.compare_exchange_strong(before, &next, std::memory_order_seq_cst))
                continue;
            retire(const_cast<stored*>(lease.version())); // and the lease's end looks after it
        }
        return { replaced::end::done };
    }
}

void capability_table::close(opened const& lease) noexcept
{
    unpin(lease.held, lease.version());
}

} // namespace still::slots
