// SPDX-License-Identifier: BSL-1.0
//
// A frame source for tests: each frame has a block of its own, so that a sanitizer sees a use after the
// last handle, and the pool knows how many are live.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "still/core/config.hpp"
#include "still/core/frame.hpp"

namespace still_test {

/// Must outlive its frames. Thread contract: any thread.
class frame_pool final : public still::frame_source {
public:
    frame_pool() = default;
    frame_pool(frame_pool const&) = delete;
    frame_pool& operator=(frame_pool const&) = delete;
    ~frame_pool() { STILL_CHECK(live() == 0); }

    /// A new frame of these bytes, and zeros after them.
    [[nodiscard]] still::frame make(std::span<std::byte const> bytes)
    {
        STILL_CHECK(bytes.size() <= still::page_bytes);
        auto* const fresh = new block;
        std::ranges::copy(bytes, fresh->content.begin());
        fresh->source = this;
        fresh->bytes = fresh->content.data();
        live_.fetch_add(1, std::memory_order_relaxed);
        return still::frame::adopt(*fresh);
    }
    /// A new frame that holds one value all over.
    [[nodiscard]] still::frame filled(std::uint8_t value)
    {
        std::array<std::byte, still::page_bytes> bytes;
        bytes.fill(std::byte{ value });
        return make(bytes);
    }

    [[nodiscard]] std::int64_t live() const noexcept { return live_.load(std::memory_order_acquire); }

private:
    struct block : still::frame_record {
        std::array<std::byte, still::page_bytes> content{};
    };

    void reclaim(still::frame_record& record) noexcept override
    {
        live_.fetch_sub(1, std::memory_order_release);
        delete static_cast<block*>(&record);
    }

    std::atomic<std::int64_t> live_{ 0 };
};

} // namespace still_test
