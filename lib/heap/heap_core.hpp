// SPDX-License-Identifier: BSL-1.0
//
// What is behind a still::heap: the region and its tracker, the frames of its versions, the locks.
// None of it is inside the region, so that a rollback doesn't touch it.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "heap/frame_store.hpp"
#include "heap/image.hpp"
#include "heap/map_entries.hpp"
#include "heap/page_set.hpp"
#include "heap/region.hpp"
#include "heap/resting_pages.hpp"
#include "heap/tracker.hpp"
#include "heap/version.hpp"
#include "os/forks.hpp"
#include "os/process.hpp"
#include "still/core/report.hpp"
#include "still/heap/gate.hpp"
#include "still/heap/name_group.hpp"
#include "still/heap/options.hpp"
#include "still/heap/snapshot.hpp"
#include "still/heap/statistics.hpp"

namespace still::heaps {

class draft;

/// Invariants, whenever no cut is in progress:
///   a page of [0, used) that is neither in pending_ nor known to the tracker as written holds the bytes
///   of its frame in last_ (zeros where it has none); no page of last_ lies past used;
///   a page that shows what is in the file, since it has no bytes of its own, has its frame in last_ at home: as long
///   as the heap holds last_, nothing else comes to be there.
///
/// Locks, in the order in which they are taken: rollback_mutex_, the readers' gate, cut_mutex_, the writers' gate,
/// allocation_mutex_, tracking_mutex_. Under cut_mutex_ a rollback waits for readers a moment at most, since a thread
/// that reads may take that, and only that. A thread may be inside the gates when it takes the last two, and never
/// waits for a gate under them. record_mutex_ and hooks_mutex_ are taken for a moment, and none under them.
/// Whoever forks takes all but rollback_mutex_ and cut_mutex_, and waits for no gate (fork.cpp).
class heap_core final : public std::pmr::memory_resource,
                        public std::enable_shared_from_this<heap_core>,
                        private os::fork_part {
public:
    explicit heap_core(heap_options options);
    /// Effect: begins as what another heap's version shows, at another address. Throws as above.
    /// Precondition: the snapshot is of a heap.
    heap_core(heap_options options, snapshot const& from);
    heap_core(heap_core const&) = delete;
    heap_core& operator=(heap_core const&) = delete;
    ~heap_core() override;

    /// A heap as `heap` and its loans share it. When the last of them goes, it goes too, unless objects outside own
    /// trees in its region: then it goes with the last of those. Arguments as for the constructors; throws as they do.
    template <class... Arguments>
    [[nodiscard]] static std::shared_ptr<heap_core> make(Arguments&&... arguments)
    {
        return { new heap_core(std::forward<Arguments>(arguments)...), &leave };
    }

    [[nodiscard]] gate& entrance() noexcept { return gate_; }
    [[nodiscard]] gate& readers_entrance() noexcept { return readers_; }
    [[nodiscard]] region_start* start() const noexcept { return reinterpret_cast<region_start*>(region_.base()); }
    [[nodiscard]] static heap_core& of(region_start* start) noexcept
    {
        return *static_cast<heap_core*>(region::keeper_of(start));
    }
    /// The same, for who asks for memory. Throws std::logic_error where no heap is named, or a mapping.
    [[nodiscard]] static heap_core& to_allocate_from(region_start* start);
    [[nodiscard]] std::string const& label() const noexcept { return versions_->label; }

    // Allocation (allocation.cpp)
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);
    void deallocate(void* block) noexcept;
    [[nodiscard]] void* allocate_pooled(std::size_t bytes, std::size_t alignment);
    void deallocate_pooled(void* block, std::size_t bytes, std::size_t alignment) noexcept;
    void require_unused(std::string_view name) const;
    void insert_name(std::string_view name, std::uint64_t type, void* object);
    /// Effect: forgets a name and gives its object to the caller, who destroys it. Null, and nothing
    /// changed, when there is none. Throws as find_object.
    [[nodiscard]] void* take_object(std::string_view name, std::uint64_t type, bool relocatable);
    /// Throws std::invalid_argument (another type), std::logic_error (constructed at another address, and
    /// not relocatable).
    [[nodiscard]] void* find_object(std::string_view name, std::uint64_t type, bool relocatable) const;

    /// Effect: as name_group::publish, but for what it destroys.
    void publish(name_group const& group);

    // Loans (loan.cpp)
    /// Throws std::logic_error in a child of fork that doesn't have the image whole.
    void require_whole() const;
    /// Effect: no rollback from now on; the first `to`, which isn't empty, is what errors name. Precondition: under
    /// no lock. Throws std::bad_alloc.
    void note_loan(std::string to);
    /// Throws std::logic_error when there is a loan.
    void require_no_loan() const;

    /// Effect: as mutation::prepare. Precondition: this thread is inside the gate.
    void prepare(std::span<std::byte const> bytes);

    // Cuts (take.cpp, restore.cpp)
    [[nodiscard]] snapshot take(snapshot_options options);
    /// Effect: as `snapshots_at_once` (joint_cut.cpp), for heaps that are distinct and in ascending order.
    [[nodiscard]] static std::vector<snapshot> take_together(
        std::span<heap_core* const> heaps, deadline until, std::function<void()> const& meanwhile);
    void restore(snapshot const& wanted, deadline until);
    /// Effect: as heap::become.
    void become(snapshot const& wanted);
    [[nodiscard]] std::shared_ptr<std::function<void()> const> on_restore(std::function<void()> hook);

    // Resting (rest.cpp)
    std::size_t rest();

    // Looking
    [[nodiscard]] heap_statistics statistics() const;
    [[nodiscard]] std::span<std::byte const> bytes() const;
    [[nodiscard]] std::uint64_t generation() const noexcept
    {
        return region_.threshold().generation.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::vector<version_info> versions() const { return versions_->list(); }
    [[nodiscard]] report validate() const;

private:
    class cut;
    class taking;
    /// What was copied before writers were kept out.
    struct precopied {
        std::size_t pages = 0;
        unsigned rounds = 0;
        bool outrun = false;
    };
    /// What is known of the cuts and rollbacks so far.
    struct cut_record {
        pause_histogram pauses{};
        std::chrono::nanoseconds last_pause{};
        std::chrono::nanoseconds last_total{};
        std::chrono::nanoseconds longest_total{};
        std::size_t copied_ahead = 0;
        std::size_t copied_in_pause = 0;
        std::uint64_t outrun = 0;
        std::uint64_t rests = 0;
    };
    enum class slice : std::uint8_t { done, nothing_left, refused };

    /// Everything but the image, with `bytes` in use.
    heap_core(heap_options options, version const& from);
    heap_core(heap_options options, std::size_t bytes);
    /// True in a child of fork: the data are the child's own, the tracker and the frames are its parent's.
    [[nodiscard]] bool is_inherited() const noexcept { return os::process_generation() != home_; }
    /// The lock of the image. Throws std::logic_error in a child of fork that doesn't have it whole.
    [[nodiscard]] std::unique_lock<std::mutex> lock_image() const;
    // Forks (fork.cpp)
    void hold() noexcept override;
    void let_go() noexcept override;
    void begin_child() noexcept override;

    void require_unused_locked(std::string const& name) const;
    void enter_name_locked(std::string const& name, std::uint64_t type, void* object);
    [[nodiscard]] bool grow(std::size_t bytes);
    [[nodiscard]] void* find_room(std::size_t bytes, std::size_t alignment);
    [[nodiscard]] void* refill(unsigned size_class);
    void take_back(unsigned size_class, void* block) noexcept;
    [[nodiscard]] thread_cache* cache_for(std::uint32_t thread) noexcept;
    [[nodiscard]] bool add_slab(unsigned size_class);
    [[nodiscard]] bool give_back_slabs();
    void use_until(std::size_t bytes);
    void tell_of_old_versions() const;
    [[nodiscard]] bool finds_few(cut& now, deadline until);
    [[nodiscard]] precopied copy_ahead(draft& next, cut& now);
    [[nodiscard]] page_set const& copy_of(page_set const& written);
    void note_written(page_set& found, writers present);
    void find_written();
    /// Effect: what is born or edited from now on has another generation. Precondition: writers are kept out.
    void begin_generation() noexcept
    {
        region_.threshold().generation.store(next_generation(), std::memory_order_relaxed);
    }
    void note_cut(segment& content) noexcept;
    void require_own(snapshot const& wanted) const;
    static void leave(heap_core* gone) noexcept;
    void require_no_owners_outside() const;
    void roll_back(segment const& target);
    void overwrite(segment const& target) noexcept;
    void write_zeros(page_span pages) noexcept;
    [[nodiscard]] bool map_zeros(page_span pages) noexcept;
    void show_homes(page_span pages, segment const& target) noexcept;
    void rest_for_a_while(cut& now, deadline until);
    [[nodiscard]] slice rest_slice(cut& now);
    void rest_runs(std::span<page_span const> runs);
    [[nodiscard]] bool rest_run(page_span pages);
    void note_written_or_different(std::span<page_span const> runs, page_set& found) const;
    void arm_anew();
    [[nodiscard]] std::vector<std::weak_ptr<std::function<void()> const>> given_hooks() const;
    /// Effect: notes the times of a cut that has let writers in again, and what `more` notes.
    template <class More>
    void note_times(cut const& now, More&& more);
    /// Effect: notes how long it took until now.
    void note_total(cut const& now) noexcept;
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
    gate gate_; // of writers
    gate readers_;
    std::timed_mutex rollback_mutex_; // one of them at a time waits for readers
    std::timed_mutex cut_mutex_;
    std::atomic<std::thread::id> cutter_{}; // who has it
    std::atomic<bool> rolls_back_{ false }; // that one, which has readers kept out
    mutable std::mutex allocation_mutex_; // the image
    mutable std::mutex tracking_mutex_; // the tracker, pending_, the extent of the region
    std::shared_ptr<version_register> const versions_;
    region region_;
    std::string passed_over_;
    std::unique_ptr<tracker> tracker_;
    image* image_ = nullptr;
    std::string lent_to_; // guarded by allocation_mutex_; empty: to nobody
    std::atomic<bool> is_lent_{ false };
    bool held_whole_ = false; // during a fork: this thread has the image's and the tracker's lock
    bool torn_ = false; // set in a child of fork only
    std::shared_ptr<heap_core> self_; // of one that is torn
    page_set pending_; // written since the last cut, and no longer known to the tracker
    page_set round_; // those of pending_ that were found last; like the next two, only for whoever cuts
    page_set ahead_; // what is copied while writers go on: no growth touches it
    page_set differing_; // what a rollback writes, or whose frame a cut changes; members so that they have room
    resting_pages resting_; // guarded by tracking_mutex_
    map_entries entries_; // those of resting pages; only for whoever cuts
    page_span unarmed_{ 0, 0 }; // mapped anew, and couldn't be armed yet; guarded by tracking_mutex_
    std::chrono::steady_clock::time_point rested_{}; // when pages could rest last; only for whoever cuts
    segment last_; // the last cut, or what was restored since; changed under cut_mutex_ and tracking_mutex_
    std::atomic<std::uint64_t> cuts_{ 0 };
    outrun_rule const when_outrun_;
    std::function<void(version_info const&)> const on_old_version_;
    std::chrono::nanoseconds const version_age_limit_;
    std::size_t copied_last_ = ~std::size_t{ 0 }; // pages of the last cut; guarded by cut_mutex_
    mutable std::mutex record_mutex_;
    cut_record record_;
    mutable std::mutex hooks_mutex_;
    std::vector<std::weak_ptr<std::function<void()> const>> hooks_;
    os::fork_registration const forks_{ os::fork_layer::heaps, *this };
};

} // namespace still::heaps
