// SPDX-License-Identifier: BSL-1.0

#include "heap/frame_store.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "os/children.hpp"
#include "os/process.hpp"

namespace still::heaps {

namespace {

constexpr std::size_t no_slot = ~std::size_t{ 0 };

std::size_t round_up(std::size_t count, std::size_t unit) noexcept
{
    return (count + unit - 1) / unit * unit;
}

} // namespace

std::shared_ptr<frame_store> frame_store::make(bank payer, std::size_t home_pages)
{
    return std::make_shared<frame_store>(key{}, std::move(payer), home_pages);
}

frame_store::frame_store(key, bank payer, std::size_t home_pages)
    : file_("still-frames")
    , payer_(std::move(payer))
    , made_in_(os::process_generation())
    , home_pages_(home_pages)
    , homes_{ slot_space(0), 0 }
    , others_{ slot_space(round_up(home_pages, extent_slots)), round_up(home_pages, extent_slots) }
{
}

/// What `add` has taken and not yet turned into frames; undone when it throws.
struct frame_store::reservation {
    frame_store& store;
    std::size_t charged = 0;
    std::vector<std::size_t> slots{};

    ~reservation()
    {
        if (!slots.empty()) {
            std::scoped_lock const lock(store.mutex_);
            for (auto const slot : slots)
                if (slot != no_slot) {
                    store.free_slot(slot);
                    --store.filling_;
                }
        }
        if (charged > 0)
            store.payer_.refund(charged);
    }
};

void frame_store::add(
    std::span<page_index const> pages, std::span<std::byte const* const> contents, std::vector<frame>& frames)
{
    STILL_ASSERT(pages.size() == contents.size());
    if (pages.empty())
        return;
    if (os::process_generation() != made_in_)
        boost::throw_exception(std::logic_error("still: a child of fork can't add frames to its parent's store"));

    reservation taken{ *this };
    frames.reserve(frames.size() + pages.size());
    if (payer_) {
        payer_.charge(pages.size() * page_bytes);
        taken.charged = pages.size() * page_bytes;
    }
    {
        std::scoped_lock const lock(mutex_);
        give_back_withheld();
        take_slots(pages, taken.slots);
    }
    write(taken.slots, contents);

    // Nothing below throws.
    std::scoped_lock const lock(mutex_);
    if (live_ == 0)
        self_ = shared_from_this();
    for (auto const slot : taken.slots) {
        auto& record = *std::construct_at(area_of(slot).space.record_place(slot));
        record.source = this;
        record.bytes = address(slot);
        record.slot = slot;
        record.forks.born = os::forks_done();
        frames.push_back(frame::adopt(record));
    }
    live_ += taken.slots.size();
    filling_ -= taken.slots.size();
    taken.slots.clear();
    taken.charged = 0;
}

/// Effect: writes each content to its slot; neighbours go out in one call.
void frame_store::write(std::span<std::size_t const> slots, std::span<std::byte const* const> contents)
{
    // Homes and other slots alternate in the order of pages, so that each kind's neighbours are apart.
    std::vector<std::size_t> order(slots.size());
    std::iota(order.begin(), order.end(), std::size_t{ 0 });
    std::sort(order.begin(), order.end(), [&](auto one, auto other) { return slots[one] < slots[other]; });
    std::vector<std::span<std::byte const>> pieces;
    pieces.reserve(slots.size());
    for (auto const i : order)
        pieces.emplace_back(contents[i], page_bytes);
    for (std::size_t i = 0; i < order.size();) {
        auto end = i + 1;
        while (end < order.size() && slots[order[end]] == slots[order[end - 1]] + 1)
            ++end;
        file_.write(slots[order[i]] * page_bytes, std::span(pieces).subspan(i, end - i));
        i = end;
    }
}

void frame_store::prepare_reading(std::span<frame const> frames) const noexcept
{
    for (std::size_t i = 0; i < frames.size();) {
        auto const* const start = frames[i].record()->bytes;
        auto end = i + 1;
        while (end < frames.size() && frames[end].record()->bytes == start + (end - i) * page_bytes)
            ++end;
        os::prepare_reading(start, (end - i) * page_bytes);
        i = end;
    }
}

void frame_store::reclaim(frame_record& record) noexcept
{
    std::shared_ptr<frame_store> last;
    {
        std::scoped_lock const lock(mutex_);
        auto& seen = static_cast<slot_record&>(record);
        seen.forks.gone = os::forks_begun();
        if (seen.forks.born < seen.forks.gone)
            area_of(seen.slot).space.withhold(seen.slot);
        else
            free_slot(seen.slot);
        --live_;
        // Kept for recycling: half of what is live, and 4 MiB; nothing when all are gone. See Note: frame store.
        constexpr std::size_t least_spare = 1024;
        auto const spare = live_ == 0 ? 0 : least_spare + live_ / 2;
        if (resident_free() > spare)
            punch_free_slots();
        if (live_ == 0)
            last = std::move(self_);
    }
    if (payer_)
        payer_.refund(page_bytes);
}

std::optional<std::size_t> frame_store::offset_of(frame_record const* seen) const noexcept
{
    if (seen == nullptr || seen->source != static_cast<frame_source const*>(this))
        return std::nullopt;
    return static_cast<slot_record const*>(seen)->slot * page_bytes;
}

std::size_t frame_store::live() const
{
    std::scoped_lock const lock(mutex_);
    return live_;
}

void frame_store::give_back_memory() noexcept
{
    std::scoped_lock const lock(mutex_);
    give_back_withheld();
    punch_free_slots();
}

void frame_store::hold() noexcept
{
    mutex_.lock();
}
void frame_store::let_go() noexcept
{
    mutex_.unlock();
}

/// Effect: takes a slot for each page, home where that is free. Those that are taken when it throws are in
/// `slots`; the others are no_slot there. Precondition: the mutex is held.
void frame_store::take_slots(std::span<page_index const> pages, std::vector<std::size_t>& slots)
{
    slots.assign(pages.size(), no_slot);
    std::size_t away = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        auto const home = static_cast<std::size_t>(pages[i]);
        if (pages[i] < home_pages_) {
            make_room_for(homes_, home);
            if (homes_.space.is_free(home)) {
                homes_.space.take(home);
                slots[i] = home;
                ++filling_;
                continue;
            }
        }
        ++away;
    }
    if (away == 0)
        return;
    while (others_.space.free_slots() < away)
        make_room_for(others_, others_.space.end());
    std::vector<std::size_t> lowest(away);
    std::size_t done = 0;
    struct handing_out {
        std::vector<std::size_t>& slots;
        std::vector<std::size_t> const& lowest;
        std::size_t const& done;
        std::size_t& filling;
        ~handing_out()
        {
            filling += done;
            for (std::size_t i = 0, next = 0; next < done; ++i)
                if (slots[i] == no_slot)
                    slots[i] = lowest[next++];
        }
    } const whatever_was_taken{ slots, lowest, done, filling_ };
    others_.space.take_lowest(lowest, done);
}

/// Effect: the slot is one of the area's, and mapped. Precondition: the mutex is held. Throws, and then
/// nothing changed that matters.
void frame_store::make_room_for(area& where, std::size_t slot)
{
    auto const extent = (slot - where.first) / extent_slots;
    if (extent >= where.extents.size())
        where.extents.resize(extent + 1);
    if (!where.extents[extent]) {
        auto const first = where.first + extent * extent_slots;
        if (file_slots_ < first + extent_slots) {
            file_.resize((first + extent_slots) * page_bytes);
            file_slots_ = first + extent_slots;
        }
        auto place = os::reserve(extent_slots * page_bytes);
        os::map_file_read_only(place.start(), file(), first * page_bytes, extent_slots * page_bytes);
        where.extents[extent] = std::move(place);
    }
    where.space.make_room_for(slot);
}

/// Effect: frees slots that no child may see any longer. Precondition: the mutex is held.
void frame_store::give_back_withheld() noexcept
{
    if (withheld() == 0 || os::process_generation() != made_in_)
        return;
    auto const living = os::find_living_children();
    homes_.space.give_back_withheld(living);
    others_.space.give_back_withheld(living);
}

/// Effect: punches holes where free slots still hold memory. Slots that the system refuses stay
/// resident and are tried again. Precondition: the mutex is held.
void frame_store::punch_free_slots() noexcept
{
    if (os::process_generation() != made_in_)
        return; // the file is the parent's
    auto const punch
        = [this](std::size_t slot, std::size_t count) { return file_.punch(slot * page_bytes, count * page_bytes); };
    homes_.space.give_back_memory(punch);
    others_.space.give_back_memory(punch);
}

std::byte const* frame_store::address(std::size_t slot) noexcept
{
    auto const& where = area_of(slot);
    auto const place = slot - where.first;
    return where.extents[place / extent_slots].start() + place % extent_slots * page_bytes;
}

report frame_store::validate() const
{
    std::scoped_lock const lock(mutex_);
    for (auto const* const where : { &homes_, &others_ })
        if (auto found = where->space.validate(); !found)
            return found;
    auto const free = homes_.space.free_slots() + others_.space.free_slots();
    if (live_ + free + withheld() + filling_ != homes_.space.slots() + others_.space.slots())
        return { "live + free + withheld + filling = slots", std::to_string(live_) + " + " + std::to_string(free) };
    if (os::process_generation() != made_in_)
        return {}; // the file is the parent's
    if (file_.occupied() > (live_ + resident_free() + withheld() + filling_) * page_bytes)
        return { "occupied ≤ live + resident free + withheld + filling", std::to_string(file_.occupied()) };
    return {};
}

} // namespace still::heaps
