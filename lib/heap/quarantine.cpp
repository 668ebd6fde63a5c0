// SPDX-License-Identifier: BSL-1.0

#include "heap/quarantine.hpp"

#include <mutex>
#include <tuple>
#include <utility>

#include "os/forks.hpp"
#include "still/core/config.hpp"

namespace still::heaps {

namespace {

using places = std::unique_ptr<quarantine::place>;

/// Never destroyed: mappings may end after everything else.
class queue {
public:
    /// Effect: enters a place, and returns those that there is no more room for, for the caller to destroy.
    [[nodiscard]] places enter(places ended) noexcept
    {
        std::scoped_lock const lock(mutex_);
        auto const bytes = ended->range.bytes();
        places over;
        auto* end = &over;
        while (seen_.ranges + 1 > quarantine::most_ranges || seen_.bytes + bytes > quarantine::most_bytes) {
            *end = take_oldest();
            end = &(*end)->next;
        }
        auto* const newest = ended.get();
        (newest_ != nullptr ? newest_->next : oldest_) = std::move(ended);
        newest_ = newest;
        ++seen_.ranges;
        seen_.bytes += bytes;
        return over;
    }
    /// Effect: empties it, and returns all places.
    [[nodiscard]] places take_all() noexcept
    {
        std::scoped_lock const lock(mutex_);
        newest_ = nullptr;
        seen_ = {};
        return std::move(oldest_);
    }
    [[nodiscard]] quarantine::contents seen() noexcept
    {
        std::scoped_lock const lock(mutex_);
        return seen_;
    }

    void hold() noexcept { mutex_.lock(); }
    void let_go() noexcept { mutex_.unlock(); }

private:
    [[nodiscard]] places take_oldest() noexcept
    {
        auto taken = std::move(oldest_);
        oldest_ = std::move(taken->next);
        if (oldest_ == nullptr)
            newest_ = nullptr;
        --seen_.ranges;
        seen_.bytes -= taken->range.bytes();
        return taken;
    }

    std::mutex mutex_;
    places oldest_; // each has the next
    quarantine::place* newest_ = nullptr;
    quarantine::contents seen_;
};

/// Its destructor is never called.
union kept {
    queue ranges;
    constexpr kept() noexcept
        : ranges()
    {
    }
    ~kept() { }
};
constinit kept all;

constinit struct : os::fork_part {
    void hold() noexcept override { all.ranges.hold(); }
    void let_go() noexcept override { all.ranges.let_go(); }
} queue_in_forks;
[[gnu::init_priority(os::fork_registration::priority)]] os::fork_registration const queue_whole_in_children(
    os::fork_registration::at_load{}, queue_in_forks);

/// Effect: destroys places one after the other: there may be many.
void destroy(places gone) noexcept
{
    while (gone != nullptr)
        gone = std::move(gone->next);
}

} // namespace

void quarantine::enter(std::unique_ptr<place> ended, late_reads late) noexcept
{
    auto const replace = [late](std::byte* start, std::size_t bytes) {
        return late == late_reads::zeros ? os::map_zeros_read_only_at(start, bytes) : os::map_guard_at(start, bytes);
    };
    auto& range = ended->range;
    if (!replace(range.start(), range.bytes())) {
        if (range.unmap())
            return;
        // Not one entry is left to part it from its neighbours, with which the system has joined it in one. What shows
        // a file has entries of its own, and is never refused: cutting it out takes none.
        STILL_CHECK(ended->is_private && os::discard(range.start(), range.bytes()));
    }
    // None, where the mapping was a copy that nobody had an entry for.
    std::ignore = ended->entries.hold(1);
    destroy(all.ranges.enter(std::move(ended)));
}

void quarantine::clear() noexcept
{
    destroy(all.ranges.take_all());
}

quarantine::contents quarantine::seen() noexcept
{
    return all.ranges.seen();
}

} // namespace still::heaps
