// SPDX-License-Identifier: BSL-1.0
//
// What is behind a still::heap: the region and its tracker, the frames of its versions, the locks.
// None of it is inside the region, so that a rollback doesn't touch it.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heap/frame_store.hpp"
#include "heap/image.hpp"
#include "heap/page_set.hpp"
#include "heap/region.hpp"
#include "heap/tracker.hpp"
#include "heap/version.hpp"
#include "still/core/report.hpp"
#include "still/heap/gate.hpp"
#include "still/heap/options.hpp"
#include "still/heap/snapshot.hpp"
#include "still/heap/statistics.hpp"

namespace still::heaps {

/// Invariants, whenever no cut is in progress:
///   a page of [0, used) that is neither in pending_ nor known to the tracker as written holds the bytes
///   of its frame in last_ (zeros where it has none); no page of last_ lies past used.
///
/// Locks, in the order in which they are taken: cut_mutex_, the gate, allocation_mutex_, tracking_mutex_.
/// A thread may be inside the gate when it takes the last two, and never waits for the gate under them.
class heap_core final : public std::pmr::memory_resource {
public:
    explicit heap_core(heap_options options);
    heap_core(heap_core const&) = delete;
    heap_core& operator=(heap_core const&) = delete;
    ~heap_core() override;

    [[nodiscard]] gate& entrance() noexcept { return gate_; }
    [[nodiscard]] region_start* start() const noexcept { return reinterpret_cast<region_start*>(region_.base()); }
    [[nodiscard]] static heap_core& of(region_start* start) noexcept
    {
        return *static_cast<heap_core*>(region::keeper_of(start));
    }
    [[nodiscard]] std::string const& label() const noexcept { return versions_->label; }

    // Allocation (allocation.cpp)
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);
    void deallocate(void* block) noexcept;
    [[nodiscard]] void* allocate_pooled(std::size_t bytes, std::size_t alignment);
    void deallocate_pooled(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void require_unused(std::string_view name) const;
    void insert_name(std::string_view name, std::uint64_t type, void* object);
    /// Effect: forgets a name and gives its object to the caller, who destroys it. Null, and nothing
    /// changed, when there is none. Throws std::invalid_argument as find_object.
    [[nodiscard]] void* take_object(std::string_view name, std::uint64_t type);
    [[nodiscard]] void* find_object(std::string_view name, std::uint64_t type) const;

    /// Effect: as mutation::prepare. Precondition: this thread is inside the gate.
    void prepare(std::span<std::byte const> bytes);

    // Cuts (cut.cpp)
    [[nodiscard]] snapshot take(deadline until);
    void restore(snapshot const& wanted, deadline until);

    // Looking
    [[nodiscard]] heap_statistics statistics() const;
    [[nodiscard]] std::span<std::byte const> bytes() const;
    [[nodiscard]] report validate() const;

private:
    class cut;
    /// What a cut found: for each page that differs from its last frame, in order, its new frame.
    struct findings {
        std::vector<page_index> stored;
        std::vector<frame> frames; // of `stored`
        std::vector<page_index> zeroed;
    };

    void require_unused_locked(std::string const& name) const;
    [[nodiscard]] bool grow(std::size_t bytes);
    [[nodiscard]] void* find_room(std::size_t bytes, std::size_t alignment);
    [[nodiscard]] void* refill(unsigned size_class);
    void take_back(unsigned size_class, void* block) noexcept;
    [[nodiscard]] thread_cache* cache_for(std::uint32_t thread) noexcept;
    [[nodiscard]] bool add_slab(unsigned size_class);
    [[nodiscard]] bool give_back_slab();
    void use_until(std::size_t bytes);
    [[nodiscard]] findings copy_pending();
    void note_written();
    void overwrite(segment const& target) noexcept;
    void note_pause(std::chrono::nanoseconds pause) noexcept;
    [[nodiscard]] std::byte* page(page_index index) const noexcept;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return allocate_pooled(bytes, alignment); }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override
    {
        deallocate_pooled(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override
    {
        return this == &other;
    }

    std::uint32_t const home_; // the process that made it
    bool const has_pools_;
    gate gate_;
    std::timed_mutex cut_mutex_;
    mutable std::mutex allocation_mutex_; // the image
    mutable std::mutex tracking_mutex_; // the tracker, pending_, the extent of the region
    std::shared_ptr<version_register> const versions_;
    region region_;
    std::string passed_over_;
    std::unique_ptr<tracker> tracker_;
    image* image_ = nullptr;
    page_set pending_; // written since the last cut, and no longer known to the tracker
    page_set differing_; // for restore; here so that it has room
    segment last_; // the last cut, or what was restored since; guarded by cut_mutex_
    std::atomic<std::uint64_t> cuts_{ 0 };
    std::atomic<std::chrono::nanoseconds::rep> last_pause_{ 0 };
    std::atomic<std::chrono::nanoseconds::rep> longest_pause_{ 0 };
};

} // namespace still::heaps
