// SPDX-License-Identifier: BSL-1.0

#include "heap/slot_space.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace still::heaps {

bool slot_space::is_free(std::size_t slot) const noexcept
{
    STILL_ASSERT(contains(slot));
    auto const place = slot - first_;
    return has(chunks_[place / chunk_slots].free, place % chunk_slots);
}

void slot_space::make_room_for(std::size_t slot)
{
    STILL_ASSERT(slot >= first_);
    auto const wanted = (slot - first_) / chunk_slots + 1;
    if (wanted <= chunks_.size())
        return;
    if (wanted > chunks_.capacity())
        chunks_.reserve(std::max(wanted, 2 * chunks_.capacity()));
    while (chunks_.size() < wanted) {
        auto& fresh = chunks_.emplace_back();
        fresh.free.fill(~std::uint64_t{ 0 });
        fresh.free_count = chunk_slots;
        free_ += chunk_slots;
    }
}

void slot_space::prepare_records(chunk& here)
{
    if (here.records == nullptr)
        here.records = std::make_unique<record_room[]>(chunk_slots);
}

void slot_space::mark_taken(chunk& here, std::size_t place) noexcept
{
    auto const word = place / word_bits;
    here.free[word] &= ~single(place);
    if ((here.resident[word] & single(place)) != 0) {
        here.resident[word] &= ~single(place);
        --resident_;
    }
    --here.free_count;
    --free_;
}

void slot_space::take(std::size_t slot)
{
    STILL_ASSERT(is_free(slot));
    auto const place = slot - first_;
    auto& here = chunks_[place / chunk_slots];
    prepare_records(here);
    mark_taken(here, place % chunk_slots);
}

void slot_space::take_lowest(std::span<std::size_t> slots, std::size_t& done)
{
    STILL_ASSERT(slots.size() <= free_);
    for (done = 0; done < slots.size(); ++lowest_free_chunk_) {
        auto& here = chunks_[lowest_free_chunk_];
        if (here.free_count > 0)
            prepare_records(here);
        for (std::size_t word = 0; word < here.free.size() && done < slots.size(); ++word) {
            while (here.free[word] != 0 && done < slots.size()) {
                auto const place = word * word_bits + static_cast<std::size_t>(std::countr_zero(here.free[word]));
                mark_taken(here, place);
                slots[done++] = first_ + lowest_free_chunk_ * chunk_slots + place;
            }
        }
        if (here.free_count > 0)
            break;
    }
}

void slot_space::give_back(std::size_t slot) noexcept
{
    auto const place = slot - first_;
    auto const index = place / chunk_slots;
    auto& here = chunks_[index];
    auto const word = place % chunk_slots / word_bits;
    STILL_CHECK((here.free[word] & single(place)) == 0);
    here.free[word] |= single(place);
    here.resident[word] |= single(place);
    ++here.free_count;
    ++free_;
    ++resident_;
    lowest_free_chunk_ = std::min(lowest_free_chunk_, index);
}

void slot_space::withhold(std::size_t slot) noexcept
{
    auto const place = slot - first_;
    chunks_[place / chunk_slots].withheld[place % chunk_slots / word_bits] |= single(place);
    ++withheld_;
}

void slot_space::give_back_withheld(os::living_children const& living) noexcept
{
    for (std::size_t i = 0; i < chunks_.size() && withheld_ > 0; ++i)
        for (std::size_t word = 0; word < chunks_[i].withheld.size(); ++word)
            for (auto left = chunks_[i].withheld[word]; left != 0; left &= left - 1) {
                auto const place = word * word_bits + static_cast<std::size_t>(std::countr_zero(left));
                if (living.may_see(chunks_[i].records[place].record.forks))
                    continue;
                chunks_[i].withheld[word] &= ~single(place);
                --withheld_;
                give_back(first_ + i * chunk_slots + place);
            }
}

slot_record* slot_space::record_place(std::size_t slot) const noexcept
{
    auto const place = slot - first_;
    return &chunks_[place / chunk_slots].records[place % chunk_slots].record;
}

report slot_space::validate() const
{
    std::size_t free = 0;
    std::size_t resident = 0;
    std::size_t withheld = 0;
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
        auto const& here = chunks_[i];
        std::size_t free_here = 0;
        for (std::size_t word = 0; word < here.free.size(); ++word) {
            if ((here.resident[word] & ~here.free[word]) != 0)
                return { "resident free slots ⊆ free slots", "chunk " + std::to_string(i) };
            if ((here.withheld[word] & here.free[word]) != 0)
                return { "no withheld slot is free", "chunk " + std::to_string(i) };
            withheld += static_cast<std::size_t>(std::popcount(here.withheld[word]));
            free_here += static_cast<std::size_t>(std::popcount(here.free[word]));
            resident += static_cast<std::size_t>(std::popcount(here.resident[word]));
        }
        if (free_here != here.free_count)
            return { "free_count = bits in free", "chunk " + std::to_string(i) };
        if (free_here > 0 && i < lowest_free_chunk_)
            return { "chunks below the lowest free one are full", "chunk " + std::to_string(i) };
        if (free_here < chunk_slots && here.records == nullptr)
            return { "a chunk with a taken slot has records", "chunk " + std::to_string(i) };
        free += free_here;
    }
    if (resident != resident_)
        return { "resident free slots = bits in resident", std::to_string(resident) };
    if (withheld != withheld_)
        return { "withheld slots = bits in withheld", std::to_string(withheld) };
    if (free != free_)
        return { "free slots = bits in free", std::to_string(free) };
    return {};
}

} // namespace still::heaps
