// SPDX-License-Identifier: BSL-1.0
//
// A frame: the immutable bytes that a version has at one page. Page tables and segments hold frames;
// who makes and reclaims their bytes is a frame source, in a layer above or below them.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/count.hpp"

namespace still {

/// Bytes in a page. Pages are positions in an address space, frames their contents.
inline constexpr std::size_t page_bytes = 4096;

struct frame_record;

/// Makes frames, and takes them back. `reclaim` is called once, by whichever thread drops the last
/// handle; it neither throws nor calls user code.
class frame_source {
public:
    virtual void reclaim(frame_record& record) noexcept = 0;

protected:
    ~frame_source() = default;
};

/// What counts its owners, and nothing more is known of.
struct counted_record {
    atomic_count references;
};

/// What a source keeps for each frame that is in use. The bytes stay as they are while another owner may read
/// them.
struct frame_record : counted_record {
    /// A byte of the page that is likely to tell it from others: who compares looks there first.
    std::uint32_t telling = 0;
    frame_source* source = nullptr;
    std::byte const* bytes = nullptr;
    /// The hash of the bytes, once somebody asked for it; else 0. Whoever edits the bytes sets it to 0.
    mutable std::atomic<std::uint64_t> hash{ 0 };
};

/// A handle to a frame, or to none: a null frame reads as a page of zeros.
/// Equality is identity. Thread contract: distinct handles from any threads.
class frame {
public:
    frame() noexcept = default;
    /// Effect: takes over one unit of the record's count, as its source made it.
    [[nodiscard]] static frame adopt(frame_record& record) noexcept
    {
        frame result;
        result.record_ = &record;
        return result;
    }

    frame(frame const& other) noexcept
        : record_(other.record_)
    {
        if (record_ != nullptr)
            record_->references.retain();
    }
    frame(frame&& other) noexcept
        : record_(std::exchange(other.record_, nullptr))
    {
    }
    frame& operator=(frame other) noexcept
    {
        std::swap(record_, other.record_);
        return *this;
    }
    ~frame()
    {
        if (record_ != nullptr && record_->references.release())
            record_->source->reclaim(*record_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return record_ != nullptr; }
    /// Precondition: not null.
    [[nodiscard]] std::span<std::byte const, page_bytes> bytes() const noexcept
    {
        STILL_ASSERT(record_ != nullptr);
        return std::span<std::byte const, page_bytes>(record_->bytes, page_bytes);
    }
    /// Effect: gives the unit of the count to the caller, who must adopt it. Null where the frame is.
    [[nodiscard]] frame_record* release() noexcept { return std::exchange(record_, nullptr); }
    /// The source's own record, for the source: null where the frame is.
    [[nodiscard]] frame_record* record() const noexcept { return record_; }
    [[nodiscard]] friend bool operator==(frame const&, frame const&) noexcept = default;

private:
    frame_record* record_ = nullptr;
};

} // namespace still
