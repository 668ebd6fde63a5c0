// SPDX-License-Identifier: BSL-1.0
//
// Where the frames of a heap's versions live: slots of one memory file that this room alone writes,
// and everybody maps read-only. See Note: frame-store.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "os/memory.hpp"
#include "os/memory_file.hpp"
#include "still/core/bank.hpp"
#include "still/core/frame.hpp"
#include "still/core/report.hpp"

namespace still::heaps {

/// Invariants: each slot is free or has one live frame, never both; live + free = slots;
/// a bank, when there is one, pays page_bytes for each live frame; a free slot that isn't resident
/// occupies no memory. The store lives while anybody holds it or any of its frames.
///
/// Thread contract: every member from any thread. After `fork` the child may read and drop frames:
/// its drops don't touch the file, which is its parent's; it may not add.
class frame_store final : public frame_source, public std::enable_shared_from_this<frame_store> {
    struct key { };

public:
    /// Effect: makes an empty store whose frames `payer` pays for (nobody, if it names no bank).
    /// Throws std::system_error, std::bad_alloc.
    [[nodiscard]] static std::shared_ptr<frame_store> make(bank payer);
    frame_store(key, bank payer);

    /// Effect: copies each page into a frame of its own and appends the frames to `frames`, in order.
    /// Precondition: each points at page_bytes that nobody writes meanwhile.
    /// All or nothing. Throws quota_exceeded, std::bad_alloc, std::system_error (memory is full).
    void add(std::span<std::byte const* const> pages, std::vector<frame>& frames);

    /// Effect: spares the first reader of each frame a fault. The next cut is that reader, while writers
    /// are kept out; so this is called when they aren't. Precondition: the frames are this store's.
    void prepare_reading(std::span<frame const> frames) const noexcept;

    /// Where in the file a frame's bytes are, or nothing when it isn't this store's (or null).
    [[nodiscard]] std::optional<std::size_t> offset_of(frame const& seen) const noexcept
    {
        return offset_of(seen.record());
    }
    [[nodiscard]] std::optional<std::size_t> offset_of(frame_record const* seen) const noexcept;
    /// The file, to be mapped for reading only.
    [[nodiscard]] int file() const noexcept { return file_.handle(); }

    /// Frames that somebody holds.
    [[nodiscard]] std::size_t live() const;
    /// Bytes of memory that the file occupies: live frames, and freed slots not yet given back.
    [[nodiscard]] std::size_t occupied() const { return file_.occupied(); }

    /// Effect: checks the invariants. O(slots).
    [[nodiscard]] report validate() const;

    void reclaim(frame_record& record) noexcept override;

private:
    struct slot_record : frame_record {
        std::size_t slot = 0;
    };
    // 4 MiB of frames: the unit in which records are allocated and free slots are searched.
    static constexpr std::size_t chunk_slots = 1024;
    static constexpr std::size_t word_bits = 64;
    struct chunk {
        union record_place {
            record_place() noexcept { }
            ~record_place() { }
            slot_record record;
        };
        std::unique_ptr<record_place[]> records;
        std::array<std::uint64_t, chunk_slots / word_bits> free{}; // may be handed out
        std::array<std::uint64_t, chunk_slots / word_bits> resident{}; // free, and still holding memory
        std::size_t free_count = 0;
    };
    // 256 MiB of address space: the unit in which the file is mapped.
    static constexpr std::size_t extent_slots = 64 * chunk_slots;

    struct reservation;

    void take_slots(std::size_t count, std::vector<std::size_t>& slots);
    void free_slot(std::size_t slot) noexcept;
    void give_back_memory() noexcept;
    void add_chunk();
    [[nodiscard]] std::byte const* address(std::size_t slot) const noexcept;

    mutable std::mutex mutex_;
    os::memory_file file_;
    bank const payer_;
    std::uint32_t const home_;
    std::vector<os::address_range> extents_;
    std::vector<chunk> chunks_;
    std::size_t lowest_free_chunk_ = 0; // no chunk below it has a free slot
    std::size_t live_ = 0;
    std::size_t resident_free_ = 0;
    std::shared_ptr<frame_store> self_; // set while live_ > 0
};

} // namespace still::heaps
