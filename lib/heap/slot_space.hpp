// SPDX-License-Identifier: BSL-1.0
//
// A stretch of a frame store's file, cut into slots: which are free, which of those still hold memory, and
// the records of the frames in the others.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "os/children.hpp"
#include "still/core/frame.hpp"
#include "still/core/report.hpp"

namespace still::heaps {

/// What a store knows of a frame.
struct slot_record : frame_record {
    std::size_t slot = 0;
    os::fork_span forks{ 0, 0 }; // gone: once it is withheld
};

/// Slots are numbered from the start of the file; a space has those from `first` on, as many as it was made
/// room for. Its own memory follows the highest slot in use: 440 bytes for 1024 slots, and their records once
/// one of them was taken.
///
/// Invariants: a slot is free, taken or withheld; one that is resident is free. A slot is withheld when nobody here
/// has its frame any longer, and a child of `fork` may see it. Thread contract: the caller's lock.
class slot_space {
public:
    explicit slot_space(std::size_t first) noexcept
        : first_(first)
    {
    }

    [[nodiscard]] std::size_t end() const noexcept { return first_ + chunks_.size() * chunk_slots; }
    [[nodiscard]] bool contains(std::size_t slot) const noexcept { return slot >= first_ && slot < end(); }
    [[nodiscard]] bool is_free(std::size_t slot) const noexcept;
    /// Slots that can be taken without making room.
    [[nodiscard]] std::size_t free_slots() const noexcept { return free_; }
    /// Slots that are neither free nor taken.
    [[nodiscard]] std::size_t withheld_slots() const noexcept { return withheld_; }
    /// Free slots that hold memory.
    [[nodiscard]] std::size_t resident_slots() const noexcept { return resident_; }
    /// All slots.
    [[nodiscard]] std::size_t slots() const noexcept { return chunks_.size() * chunk_slots; }

    /// Effect: the slot is one of the space's. O(1), amortised. Throws std::bad_alloc, and then nothing changed.
    void make_room_for(std::size_t slot);
    /// Effect: takes this slot. Precondition: it is free. Throws std::bad_alloc, and then nothing changed.
    void take(std::size_t slot);
    /// Effect: takes the lowest free slots, in ascending order, so that neighbours in a version tend to be
    /// neighbours in the file. Precondition: there are as many. Throws std::bad_alloc, and then the first
    /// `done` of them are taken.
    void take_lowest(std::span<std::size_t> slots, std::size_t& done);
    /// Effect: the slot is free, and holds memory as long as nobody gives that back. Precondition: it is taken.
    void give_back(std::size_t slot) noexcept;
    /// Effect: the slot is withheld. Precondition: it is taken, and its record says by whom it may be seen.
    void withhold(std::size_t slot) noexcept;
    /// Effect: gives those back that none of the children may see. O(slots) where any is withheld.
    void give_back_withheld(os::living_children const& living) noexcept;
    /// Where a taken slot's record is made. Precondition: the slot is taken.
    [[nodiscard]] slot_record* record_place(std::size_t slot) const noexcept;

    /// Effect: calls punch(slot, count) for each run of free slots that hold memory; they don't any longer where it
    /// returns true.
    template <class Punch>
    void give_back_memory(Punch&& punch) noexcept
    {
        for (std::size_t i = 0; i < chunks_.size() && resident_ > 0; ++i) {
            auto& resident = chunks_[i].resident;
            for (std::size_t slot = 0; slot < chunk_slots;) {
                if (!has(resident, slot)) {
                    ++slot;
                    continue;
                }
                auto end = slot + 1;
                while (end < chunk_slots && has(resident, end))
                    ++end;
                if (punch(first_ + i * chunk_slots + slot, end - slot)) {
                    resident_ -= end - slot;
                    for (auto given = slot; given < end; ++given)
                        resident[given / word_bits] &= ~single(given);
                }
                slot = end;
            }
        }
    }

    [[nodiscard]] report validate() const;

private:
    // 4 MiB of frames: the unit in which records are allocated and free slots are searched.
    static constexpr std::size_t chunk_slots = 1024;
    static constexpr std::size_t word_bits = 64;
    using bits = std::array<std::uint64_t, chunk_slots / word_bits>;

    union record_room {
        record_room() noexcept { }
        ~record_room() { }
        slot_record record;
    };
    struct chunk {
        std::unique_ptr<record_room[]> records; // once a slot was taken
        bits free{}; // may be handed out
        bits resident{}; // free, and still holding memory
        bits withheld{};
        std::size_t free_count = 0;
    };

    [[nodiscard]] static constexpr std::uint64_t single(std::size_t slot) noexcept
    {
        return std::uint64_t{ 1 } << (slot % word_bits);
    }
    [[nodiscard]] static bool has(bits const& set, std::size_t slot) noexcept
    {
        return (set[slot / word_bits] & single(slot)) != 0;
    }
    static void prepare_records(chunk& here);
    void mark_taken(chunk& here, std::size_t place) noexcept;

    std::size_t const first_;
    std::vector<chunk> chunks_;
    std::size_t lowest_free_chunk_ = 0; // no chunk below it has a free slot
    std::size_t free_ = 0;
    std::size_t resident_ = 0;
    std::size_t withheld_ = 0;
};

} // namespace still::heaps
