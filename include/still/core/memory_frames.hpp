// SPDX-License-Identifier: BSL-1.0
//
// Frames in ordinary memory, each paid for by whoever wrote it. See Note: segment slots.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <utility>

#include "still/core/frame.hpp"
#include "still/core/node_heap.hpp"

namespace still {

/// A frame whose bytes its maker still fills: nobody else has it yet.
struct fresh_frame {
    frame handle;
    std::byte* bytes; ///< page_bytes of them, not filled
};

/// Makes frames, and takes them back. Two blocks a frame, one for the bytes and one for the record, so that the
/// records of neighbouring pages lie together: copying a leaf of a page table counts up 32 of them.
/// Thread contract: any thread.
class memory_frames final : public frame_source {
public:
    constexpr memory_frames() noexcept = default;

    /// Returns a frame that `payer` pays for: a bank's memory resource, or null for nobody. Its byte `telling` is
    /// likely to differ from what the page had. Whoever fills it leaves it other than zeros, as long as anybody else
    /// has it. Allocates two blocks, or none. Throws what the payer does, else
    /// std::bad_alloc.
    [[nodiscard]] static fresh_frame make(std::pmr::memory_resource* payer, std::size_t telling);

    /// The bytes of a frame, for editing them where they lie: where it came from here, the same payer paid for
    /// it, and the caller holds its only handle. Else null.
    /// Effect, where not null: the hash that was kept is forgotten.
    [[nodiscard]] static std::byte* edit(frame_record& held, std::pmr::memory_resource const* payer) noexcept;

    /// True for frames made here: whoever makes or edits them gives none the bytes of a hole.
    [[nodiscard]] static bool never_zero(frame_record const& held) noexcept;

    /// Effect: gives the frame's memory back, and to its payer what it cost.
    void reclaim(frame_record& gone) noexcept override;

private:
    struct record : frame_record {
        std::pmr::memory_resource* payer = nullptr;
    };

    /// A block that goes back if nobody takes it.
    class block {
    public:
        block(std::pmr::memory_resource* payer, std::size_t bytes)
            : payer_(payer)
            , bytes_(bytes)
            , start_(payer == nullptr ? standard_heap().allocate(bytes, alignment) : payer->allocate(bytes, alignment))
        {
        }
        block(block const&) = delete;
        block& operator=(block const&) = delete;
        ~block() { give_back(payer_, start_, bytes_); }

        [[nodiscard]] void* take() noexcept { return std::exchange(start_, nullptr); }

        static void give_back(std::pmr::memory_resource* payer, void* start, std::size_t bytes) noexcept
        {
            if (start == nullptr)
                return;
            if (payer == nullptr)
                standard_heap::deallocate(start, bytes, alignment);
            else
                payer->deallocate(start, bytes, alignment);
        }

    private:
        static constexpr std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
        std::pmr::memory_resource* payer_;
        std::size_t bytes_;
        void* start_;
    };
};

/// The one source of all frames in ordinary memory: it has no state. See Note: shared objects.
[[gnu::visibility("default")]] inline constinit memory_frames frames_in_memory{};

inline fresh_frame memory_frames::make(std::pmr::memory_resource* payer, std::size_t telling)
{
    block content(payer, page_bytes);
    block about(payer, sizeof(record));
    auto* const made = ::new (about.take()) record();
    auto* const bytes = static_cast<std::byte*>(content.take());
    made->source = &frames_in_memory;
    made->bytes = bytes;
    made->payer = payer;
    made->telling = static_cast<std::uint32_t>(telling);
    return { frame::adopt(*made), bytes };
}

inline std::byte* memory_frames::edit(frame_record& held, std::pmr::memory_resource const* payer) noexcept
{
    if (held.source != &frames_in_memory || static_cast<record&>(held).payer != payer || !held.references.unique())
        return nullptr;
    held.hash.store(0, std::memory_order_relaxed);
    return const_cast<std::byte*>(held.bytes); // they were never const
}

inline bool memory_frames::never_zero(frame_record const& held) noexcept
{
    return held.source == &frames_in_memory;
}

inline void memory_frames::reclaim(frame_record& gone) noexcept
{
    auto& dead = static_cast<record&>(gone);
    auto* const payer = dead.payer;
    block::give_back(payer, const_cast<std::byte*>(dead.bytes), page_bytes);
    dead.~record();
    block::give_back(payer, &dead, sizeof(record));
}

} // namespace still
