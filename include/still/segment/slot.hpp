// SPDX-License-Identifier: BSL-1.0
//
// What a segment has at a page: nothing, a frame, a mount of another segment, or a keeper; watched or not.
// See Note: segment slots.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/frame.hpp"
#include "still/core/metered_heap.hpp"
#include "still/page_table.hpp"

namespace still {

enum class slot_kind : std::uint8_t {
    nothing, ///< reads as zeros
    frame, ///< bytes
    mount, ///< the pages of another segment
    keeper, ///< whatever its keeper supplies
};

namespace segments {

/// What a slot that isn't a frame names: counted, and destroyed by the function it brings along.
struct slot_record : counted_record {
    using destroyer = void (*)(slot_record*) noexcept;
    explicit slot_record(destroyer destroy) noexcept
        : destroy_(destroy)
    {
    }

    /// Precondition: nobody owns the record any more.
    static void dispose(slot_record* gone) noexcept { gone->destroy_(gone); }

private:
    destroyer destroy_;
};

struct mount_record;
struct keeper_record;

} // namespace segments

/// One slot of a segment: a word, which counts as an owner of what it names. Equal slots name the same thing and are
/// both watched, or neither is. Thread contract: distinct slots from any threads.
class page_slot {
public:
    /// Nodes of segments keep sums of their pages' hashes. See segment/hash.hpp.
    using keeps_hashes = void;

    /// Nothing, and not watched.
    page_slot() noexcept = default;
    /// A frame; nothing, where the handle is null. Implicit, so that a table is filled with frames.
    page_slot(still::frame held) noexcept
        : word_(word_of(held.release(), slot_kind::frame))
    {
    }
    /// Effect: takes over one unit of the record's count.
    [[nodiscard]] static page_slot adopt(segments::slot_record* record, slot_kind kind) noexcept
    {
        page_slot result;
        result.word_ = word_of(record, kind);
        return result;
    }

    page_slot(page_slot const& other) noexcept
        : word_(other.word_)
    {
        if (auto* const record = counted())
            record->references.retain();
    }
    page_slot(page_slot&& other) noexcept
        : word_(std::exchange(other.word_, 0))
    {
    }
    page_slot& operator=(page_slot other) noexcept
    {
        std::swap(word_, other.word_);
        return *this;
    }
    ~page_slot()
    {
        if (auto* const record = counted(); record != nullptr && record->references.release())
            dispose();
    }

    /// What the page holds.
    [[nodiscard]] slot_kind kind() const noexcept { return static_cast<slot_kind>(word_ & kind_bits); }
    /// True where loads and stores are reported to an observer.
    [[nodiscard]] bool watched() const noexcept { return (word_ & watched_bit) != 0; }
    /// True for frames and nothing, where nobody watches: no code but the library's has a part in reading it.
    [[nodiscard]] bool plain() const noexcept { return (word_ & (watched_bit | 2U)) == 0; }

    /// Effect: asks for the count of what the slot names, before many of them are counted.
    void prefetch_count() const noexcept { __builtin_prefetch(counted(), 1); }

    /// Effect: asks for what the slot names, before it is read.
    void prefetch() const noexcept { __builtin_prefetch(counted()); }

    /// The frame's record, or null where it isn't a frame.
    [[nodiscard]] frame_record* frame() const noexcept
    {
        return kind() == slot_kind::frame ? static_cast<frame_record*>(counted()) : nullptr;
    }
    /// A handle of the frame, or of none.
    [[nodiscard]] still::frame frame_handle() const noexcept
    {
        auto* const record = frame();
        if (record == nullptr)
            return {};
        record->references.retain();
        return still::frame::adopt(*record);
    }
    /// What is mounted, or null.
    [[nodiscard]] segments::mount_record const* mount() const noexcept;
    /// Who keeps the page, or null.
    [[nodiscard]] segments::keeper_record const* keeper() const noexcept;

    /// The same slot, watched or not.
    [[nodiscard]] page_slot with_watch(bool watched) && noexcept
    {
        word_ = (word_ & ~watched_bit) | (watched ? watched_bit : 0);
        return std::move(*this);
    }
    [[nodiscard]] page_slot with_watch(bool watched) const& noexcept { return page_slot(*this).with_watch(watched); }

    [[nodiscard]] friend bool operator==(page_slot const&, page_slot const&) noexcept = default;

private:
    static constexpr std::uintptr_t kind_bits = 3;
    static constexpr std::uintptr_t watched_bit = 4;
    static_assert(static_cast<unsigned>(slot_kind::mount) == 2 && static_cast<unsigned>(slot_kind::keeper) == 3);
    static_assert(alignof(frame_record) > (kind_bits | watched_bit));
    static_assert(alignof(segments::slot_record) > (kind_bits | watched_bit));

    template <class Record>
    [[nodiscard]] static std::uintptr_t word_of(Record* record, slot_kind kind) noexcept
    {
        // The counted base starts the record, so that one word leads to either.
        return record == nullptr ? 0
                                 : reinterpret_cast<std::uintptr_t>(static_cast<counted_record*>(record))
                | static_cast<std::uintptr_t>(kind);
    }
    [[nodiscard]] counted_record* counted() const noexcept
    {
        return reinterpret_cast<counted_record*>(word_ & ~(kind_bits | watched_bit));
    }
    void dispose() noexcept
    {
        if (auto* const record = frame()) {
            record->source->reclaim(*record);
            return;
        }
        segments::slot_record::dispose(static_cast<segments::slot_record*>(counted()));
    }

    std::uintptr_t word_ = 0;
};

static_assert(sizeof(page_slot) == sizeof(void*));

/// The page table of a segment.
using segment_table = page_table<page_slot, metered_policy>;

/// What a hole reads as.
inline constexpr std::array<std::byte, page_bytes> zero_page{};

/// The bytes of a slot that is a frame or nothing; zeros for null. Precondition: it is no mount and no keeper.
[[nodiscard]] inline std::span<std::byte const, page_bytes> page_content(page_slot const* held) noexcept
{
    if (held == nullptr || held->kind() == slot_kind::nothing)
        return std::span<std::byte const, page_bytes>(zero_page);
    auto const* const record = held->frame();
    STILL_CHECK(record != nullptr);
    return std::span<std::byte const, page_bytes>(record->bytes, page_bytes);
}

/// True when two pages hold the same bytes. Costs nothing where they are one page.
[[nodiscard]] inline bool same_bytes(
    std::span<std::byte const, page_bytes> one, std::span<std::byte const, page_bytes> other) noexcept
{
    return one.data() == other.data() || std::memcmp(one.data(), other.data(), page_bytes) == 0;
}

} // namespace still
