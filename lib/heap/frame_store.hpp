// SPDX-License-Identifier: BSL-1.0
//
// Where the frames of a heap's versions live: slots of one memory file that this room alone writes,
// and everybody maps read-only. See Note: frame-store.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "heap/slot_space.hpp"
#include "os/forks.hpp"
#include "os/memory.hpp"
#include "os/memory_file.hpp"
#include "still/core/bank.hpp"
#include "still/core/frame.hpp"
#include "still/core/report.hpp"
#include "still/radix/digits.hpp"

namespace still::heaps {

/// Invariants: each slot is free, has one live frame, is withheld, or is being filled by an `add`; live + free +
/// withheld
/// + filling = slots;
/// a bank, when there is one, pays page_bytes for each live frame; a free slot that isn't resident
/// occupies no memory. Slot p below home_pages has frames of page p only: its home. The store lives while anybody
/// holds it or any of its frames.
///
/// Thread contract: every member from any thread. After `fork` the child may read and drop frames:
/// its drops don't touch the file, which is its parent's; it may not add. What it may see stays as it is as long as it
/// lives: the slots of frames that go meanwhile are withheld until the first `add` after its end.
class frame_store final : public frame_source, public std::enable_shared_from_this<frame_store>, private os::fork_part {
    struct key { };

public:
    /// Effect: makes an empty store whose frames `payer` pays for (nobody, if it names no bank), and in which
    /// pages below `home_pages` have a home. Costs no memory for them.
    /// Throws std::system_error, std::bad_alloc.
    [[nodiscard]] static std::shared_ptr<frame_store> make(bank payer, std::size_t home_pages = 0);
    frame_store(key, bank payer, std::size_t home_pages);

    /// Effect: copies the content of each page into a frame of its own and appends the frames to `frames`, in
    /// order. A page's frame is at home if that slot is free, else in the lowest free slot behind all homes.
    /// Precondition: pages.size() = contents.size(); the pages ascend; each content is page_bytes that nobody
    /// writes meanwhile.
    /// All or nothing. Throws quota_exceeded, std::bad_alloc, std::system_error (memory is full).
    void add(std::span<page_index const> pages, std::span<std::byte const* const> contents, std::vector<frame>& frames);

    /// Effect: spares the first reader of each frame a fault. The next cut is that reader, while writers
    /// are kept out; so this is called when they aren't. Precondition: the frames are this store's.
    void prepare_reading(std::span<frame const> frames) const noexcept;

    /// Where in the file a frame's bytes are, or nothing when it isn't this store's (or null).
    [[nodiscard]] std::optional<std::size_t> offset_of(frame const& seen) const noexcept
    {
        return offset_of(seen.record());
    }
    [[nodiscard]] std::optional<std::size_t> offset_of(frame_record const* seen) const noexcept;
    /// True when this is a frame of the store's and lies in the page's home. False where the frame is null.
    [[nodiscard]] bool is_at_home(frame_record const* seen, page_index page) const noexcept
    {
        return page < home_pages_ && offset_of(seen) == static_cast<std::size_t>(page) * page_bytes;
    }
    /// The file, to be mapped for reading only; or privately, where homes have live frames.
    [[nodiscard]] int file() const noexcept { return file_.handle(); }

    /// Frames that somebody holds.
    [[nodiscard]] std::size_t live() const;
    /// Bytes of memory that the file occupies: live frames, freed slots not yet given back, and what children may see.
    [[nodiscard]] std::size_t occupied() const { return file_.occupied(); }
    /// Effect: gives the memory of free slots back, also of those kept for recycling, and of those withheld for
    /// children that are gone. O(slots).
    void give_back_memory() noexcept;

    /// Effect: checks the invariants. O(slots).
    [[nodiscard]] report validate() const;

    void reclaim(frame_record& record) noexcept override;

private:
    // 256 MiB of address space: the unit in which the file is mapped.
    static constexpr std::size_t extent_slots = 64 * 1024;
    /// Slots of one kind, and the file mapped where any of them is in use.
    struct area {
        slot_space space;
        std::size_t first; // slot, a multiple of extent_slots
        std::vector<os::address_range> extents{};
    };

    struct reservation;

    void hold() noexcept override;
    void let_go() noexcept override;

    void take_slots(std::span<page_index const> pages, std::vector<std::size_t>& slots);
    void make_room_for(area& where, std::size_t slot);
    void write(std::span<std::size_t const> slots, std::span<std::byte const* const> contents);
    [[nodiscard]] area& area_of(std::size_t slot) noexcept { return slot < others_.first ? homes_ : others_; }
    void free_slot(std::size_t slot) noexcept { area_of(slot).space.give_back(slot); }
    void give_back_withheld() noexcept;
    void punch_free_slots() noexcept;
    [[nodiscard]] std::size_t withheld() const noexcept
    {
        return homes_.space.withheld_slots() + others_.space.withheld_slots();
    }
    [[nodiscard]] std::size_t resident_free() const noexcept
    {
        return homes_.space.resident_slots() + others_.space.resident_slots();
    }
    [[nodiscard]] std::byte const* address(std::size_t slot) noexcept;

    mutable std::mutex mutex_;
    os::memory_file file_;
    bank const payer_;
    std::uint32_t const made_in_; // the process
    std::size_t const home_pages_;
    area homes_;
    area others_;
    std::size_t file_slots_ = 0; // the file's length
    std::size_t live_ = 0;
    std::size_t filling_ = 0; // in a child of fork, also for an `add` that it doesn't have
    std::shared_ptr<frame_store> self_; // set while live_ > 0
    os::fork_registration const forks_{ os::fork_layer::frames, *this };
};

} // namespace still::heaps
