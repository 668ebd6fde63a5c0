// SPDX-License-Identifier: BSL-1.0
//
// Taking a version of the live heap: ahead while writers go on, the rest while they don't. See Note:
// pre-copy.

#include <utility>

#include "heap/heap_core.hpp"
#include "heap/taking.hpp"

namespace still::heaps {

namespace {

/// Left to the pause without another round: fewer pages than are written during a round's scan.
constexpr std::size_t few_pages = 32;
/// A round pays when it leaves at most so much of what the one before copied.
constexpr bool pays(std::size_t copied, std::size_t copied_before) noexcept
{
    return copied < copied_before - copied_before / 4;
}
constexpr unsigned most_rounds = 8;
constexpr unsigned most_slow_rounds = 16;

} // namespace

heap_core::taking::taking(heap_core& heap, snapshot_options options)
    : heap_(heap)
    , options_(std::move(options))
    , cut_(heap, options_.deadline)
    , next_(*heap.versions_->store, heap.last_, heap.region_.base())
{
}

void heap_core::taking::copy_ahead()
{
    ahead_ = heap_.copy_ahead(next_, cut_);
}

void heap_core::taking::copy_ahead_or_close()
{
    found_few_ = heap_.finds_few(cut_, options_.deadline);
    if (!found_few_)
        copy_ahead();
}

void heap_core::taking::close()
{
    if (!found_few_)
        cut_.close(options_.deadline);
}

bool heap_core::taking::try_close(deadline until)
{
    if (!cut_.try_close(until)) {
        cut_.open();
        return false;
    }
    heap_.require_no_owners_outside();
    return true;
}

void heap_core::taking::copy_residue()
{
    // Protect first, copy after: what is written once the gate is open belongs to the next cut.
    if (!found_few_)
        heap_.note_written(heap_.round_, writers::out);
    // After a rollback the region may have more in use than the image: zeros, which nobody refers to.
    bytes_ = heap_.image_->bytes();
    residue_ = next_.copy_residue(ahead_.rounds == 0 ? heap_.pending_ : heap_.round_);
    heap_.begin_generation();
}

snapshot heap_core::taking::finish()
{
    // Writers go on. If anything throws, the pages are still pending for the next cut.
    auto content = std::move(next_).finish(bytes_);
    auto const number = heap_.cuts_.load(std::memory_order_relaxed) + 1;
    auto taken = std::make_shared<version const>(heap_.versions_, content,
        version::origin{ number, cut_.closed_at(), cut_.pause(), cut_.elapsed(), std::move(options_.label) });
    snapshot result(std::move(taken));

    // Nothing below throws.
    heap_.versions_->rest_on(content);
    heap_.note_cut(content);
    heap_.cuts_.store(number, std::memory_order_relaxed);
    heap_.copied_last_ = ahead_.pages + residue_;
    heap_.note_times(cut_, [&](cut_record& seen) {
        seen.copied_ahead = ahead_.pages;
        seen.copied_in_pause = residue_;
        seen.outrun += ahead_.outrun ? 1 : 0;
    });
    heap_.rest_for_a_while(cut_, options_.deadline);
    return result;
}

snapshot heap_core::take(snapshot_options options)
{
    tell_of_old_versions();
    taking next(*this, std::move(options));
    next.copy_ahead_or_close();
    next.close();
    next.copy_residue();
    next.open();
    return next.finish();
}

/// Effect: notes that all that was pending is in `content`, the last cut from now on; `content` is the one before then.
void heap_core::note_cut(segment& content) noexcept
{
    std::scoped_lock const lock(tracking_mutex_);
    differing_.clear();
    diff(last_.pages(), content.pages(), [&](slot_change<page_slot> const& seen) {
        differing_.insert({ static_cast<std::size_t>(seen.index), static_cast<std::size_t>(seen.count) });
    });
    // Who can't tell what was written knows what changed.
    auto const& written = tracker_->kind() == tracker_kind::compare ? differing_ : pending_;
    resting_.note_cut(written, differing_, content, *versions_->store);
    pending_.clear();
    std::swap(last_, content); // what only the one before had goes after the lock
}

/// Effect: where the last cut found little, looks at once with writers kept out, which spares a scan. Returns true,
/// with writers still kept out, when there is little this time too; else they are let in again. Throws as `close`.
bool heap_core::finds_few(cut& now, deadline until)
{
    // Who suspects every page never finds few.
    if (copied_last_ > few_pages || tracker_->kind() == tracker_kind::compare)
        return false;
    now.close(until);
    note_written(round_, writers::out);
    if (pending_.count() <= few_pages)
        return true;
    now.open();
    return false;
}

/// Effect: copies what was written, while writers go on, for as long as that pays.
heap_core::precopied heap_core::copy_ahead(draft& next, cut& now)
{
    precopied done;
    auto rounds_left = most_rounds;
    auto copied_before = ~std::size_t{ 0 };
    while (rounds_left-- > 0) {
        note_written(round_, writers::in);
        // The first also has what a cut that failed has left.
        auto const copied = next.copy_ahead(copy_of(done.rounds == 0 ? pending_ : round_));
        ++done.rounds;
        done.pages += copied;
        // Another round would find the same pages again.
        if (copied <= few_pages || !tracker_->takes_from_writers())
            break;
        if (!pays(copied, copied_before) && !done.outrun) {
            done.outrun = true;
            if (when_outrun_ == outrun_rule::accept)
                break;
            now.slow_writers();
            rounds_left = most_slow_rounds;
        }
        copied_before = copied;
    }
    return done;
}

/// Returns a copy that is as it is while writers go on: a heap that grows gives its sets more room.
/// Throws std::bad_alloc.
page_set const& heap_core::copy_of(page_set const& written)
{
    std::scoped_lock const lock(tracking_mutex_);
    ahead_ = written;
    return ahead_;
}

/// Effect: moves what the tracker knows to `found`, which is empty before, and to pending_.
void heap_core::note_written(page_set& found, writers present)
{
    std::scoped_lock const lock(tracking_mutex_);
    struct keeping {
        page_set& pending;
        page_set const& found;
        ~keeping() { pending.insert(found); }
    };
    found.clear();
    keeping const all{ pending_, found };
    // What came to rest and couldn't be armed then: nobody knows whether it was written meanwhile.
    auto const late = unarmed_;
    arm_anew();
    found.insert(late);
    tracker_->take(region_.used() / page_bytes, found, present);
}

/// Effect: adds what the tracker knows to pending_, and leaves it known.
void heap_core::find_written()
{
    std::scoped_lock const lock(tracking_mutex_);
    pending_.insert(unarmed_);
    arm_anew();
    tracker_->look({ 0, region_.used() / page_bytes }, pending_);
}

} // namespace still::heaps
