// SPDX-License-Identifier: BSL-1.0

#include "heap/frame_store.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "os/process.hpp"

namespace still::heaps {

std::shared_ptr<frame_store> frame_store::make(bank payer)
{
    return std::make_shared<frame_store>(key{}, std::move(payer));
}

frame_store::frame_store(key, bank payer)
    : file_("still-frames")
    , payer_(std::move(payer))
    , home_(os::process_generation())
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
                store.free_slot(slot);
        }
        if (charged > 0)
            store.payer_.refund(charged);
    }
};

void frame_store::add(std::span<std::byte const* const> pages, std::vector<frame>& frames)
{
    if (pages.empty())
        return;
    if (os::process_generation() != home_)
        boost::throw_exception(std::logic_error("still: a child of fork can't add frames to its parent's store"));

    reservation taken{ *this };
    frames.reserve(frames.size() + pages.size());
    taken.slots.reserve(pages.size());
    std::vector<std::span<std::byte const>> pieces;
    pieces.reserve(pages.size());
    if (payer_) {
        payer_.charge(pages.size() * page_bytes);
        taken.charged = pages.size() * page_bytes;
    }
    {
        std::scoped_lock const lock(mutex_);
        take_slots(pages.size(), taken.slots);
    }

    // Slots ascend, so neighbours go out in one call.
    for (auto const* const page : pages)
        pieces.emplace_back(page, page_bytes);
    for (std::size_t i = 0; i < pages.size();) {
        auto end = i + 1;
        while (end < pages.size() && taken.slots[end] == taken.slots[end - 1] + 1)
            ++end;
        file_.write(taken.slots[i] * page_bytes, std::span(pieces).subspan(i, end - i));
        i = end;
    }

    // Nothing below throws.
    std::scoped_lock const lock(mutex_);
    if (live_ == 0)
        self_ = shared_from_this();
    for (auto const slot : taken.slots) {
        auto& record = *std::construct_at(&chunks_[slot / chunk_slots].records[slot % chunk_slots].record);
        record.source = this;
        record.bytes = address(slot);
        record.slot = slot;
        frames.push_back(frame::adopt(record));
    }
    live_ += taken.slots.size();
    taken.slots.clear();
    taken.charged = 0;
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
        free_slot(static_cast<slot_record&>(record).slot);
        --live_;
        // Kept for recycling: a quarter of what is live, and a chunk's worth; nothing when all are gone.
        auto const spare = live_ == 0 ? 0 : std::max(chunk_slots, live_ / 4);
        if (resident_free_ > spare)
            give_back_memory();
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

/// Effect: appends `count` free slots in ascending order. The lowest first, so that the store stays
/// compact and neighbours in a version tend to be neighbours in the file.
/// Precondition: the mutex is held; the vector has room. All or nothing.
void frame_store::take_slots(std::size_t count, std::vector<std::size_t>& slots)
{
    std::size_t available = 0;
    for (auto i = lowest_free_chunk_; i < chunks_.size() && available < count; ++i)
        available += chunks_[i].free_count;
    for (; available < count; available += chunk_slots)
        add_chunk();

    for (; count > 0; ++lowest_free_chunk_) {
        auto& here = chunks_[lowest_free_chunk_];
        for (std::size_t i = 0; i < here.free.size() && count > 0; ++i) {
            while (here.free[i] != 0 && count > 0) {
                auto const bit = static_cast<std::size_t>(std::countr_zero(here.free[i]));
                auto const single = std::uint64_t{ 1 } << bit;
                here.free[i] &= ~single;
                if ((here.resident[i] & single) != 0) {
                    here.resident[i] &= ~single;
                    --resident_free_;
                }
                --here.free_count;
                --count;
                slots.push_back(lowest_free_chunk_ * chunk_slots + i * word_bits + bit);
            }
        }
        if (here.free_count > 0)
            break;
    }
}

/// Precondition: the mutex is held; the slot is taken.
void frame_store::free_slot(std::size_t slot) noexcept
{
    auto const index = slot / chunk_slots;
    auto& home = chunks_[index];
    auto const single = std::uint64_t{ 1 } << (slot % word_bits);
    auto const word = slot % chunk_slots / word_bits;
    STILL_CHECK((home.free[word] & single) == 0);
    home.free[word] |= single;
    home.resident[word] |= single;
    ++home.free_count;
    ++resident_free_;
    lowest_free_chunk_ = std::min(lowest_free_chunk_, index);
}

/// Effect: punches holes where free slots still hold memory. Slots that the system refuses stay
/// resident and are tried again. Precondition: the mutex is held.
void frame_store::give_back_memory() noexcept
{
    if (os::process_generation() != home_)
        return; // the file is the parent's
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
        auto& resident = chunks_[i].resident;
        auto const is_resident
            = [&resident](std::size_t slot) { return (resident[slot / word_bits] >> (slot % word_bits) & 1) != 0; };
        for (std::size_t slot = 0; slot < chunk_slots;) {
            if (!is_resident(slot)) {
                ++slot;
                continue;
            }
            auto end = slot + 1;
            while (end < chunk_slots && is_resident(end))
                ++end;
            if (file_.punch((i * chunk_slots + slot) * page_bytes, (end - slot) * page_bytes)) {
                resident_free_ -= end - slot;
                for (auto given = slot; given < end; ++given)
                    resident[given / word_bits] &= ~(std::uint64_t{ 1 } << (given % word_bits));
            }
            slot = end;
        }
    }
}

/// Precondition: the mutex is held. Throws, and then nothing changed.
void frame_store::add_chunk()
{
    auto const first = chunks_.size() * chunk_slots;
    if (first / extent_slots == extents_.size()) {
        extents_.reserve(extents_.size() + 1);
        auto const bytes = extent_slots * page_bytes;
        file_.resize((extents_.size() + 1) * bytes);
        auto place = os::reserve(bytes);
        os::map_file_read_only(place.start(), file(), extents_.size() * bytes, bytes);
        extents_.push_back(std::move(place));
    }
    chunk fresh;
    fresh.records = std::make_unique<chunk::record_place[]>(chunk_slots);
    fresh.free.fill(~std::uint64_t{ 0 });
    fresh.free_count = chunk_slots;
    chunks_.push_back(std::move(fresh));
}

std::byte const* frame_store::address(std::size_t slot) const noexcept
{
    return extents_[slot / extent_slots].start() + slot % extent_slots * page_bytes;
}

report frame_store::validate() const
{
    std::scoped_lock const lock(mutex_);
    std::size_t free = 0;
    std::size_t resident = 0;
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
        auto const& here = chunks_[i];
        std::size_t free_here = 0;
        for (std::size_t word = 0; word < here.free.size(); ++word) {
            if ((here.resident[word] & ~here.free[word]) != 0)
                return { "resident free slots ⊆ free slots", "chunk " + std::to_string(i) };
            free_here += static_cast<std::size_t>(std::popcount(here.free[word]));
            resident += static_cast<std::size_t>(std::popcount(here.resident[word]));
        }
        if (free_here != here.free_count)
            return { "free_count = bits in free", "chunk " + std::to_string(i) };
        if (free_here > 0 && i < lowest_free_chunk_)
            return { "chunks below the lowest free one are full", "chunk " + std::to_string(i) };
        free += free_here;
    }
    if (resident != resident_free_)
        return { "resident_free = bits in resident", std::to_string(resident) };
    if (live_ + free != chunks_.size() * chunk_slots)
        return { "live + free = slots", std::to_string(live_) + " + " + std::to_string(free) };
    if (file_.occupied() > (live_ + resident) * page_bytes)
        return { "occupied ≤ live + resident free", std::to_string(file_.occupied()) };
    return {};
}

} // namespace still::heaps
