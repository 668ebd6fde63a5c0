// SPDX-License-Identifier: BSL-1.0
//
// Taking a version of the live heap: ahead while writers go on, the rest while they don't. See Note:
// pre-copy.

#include <utility>

#include "heap/cut.hpp"
#include "heap/draft.hpp"
#include "heap/heap_core.hpp"

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

snapshot heap_core::take(snapshot_options options)
{
    tell_of_old_versions();
    cut now(*this, options.deadline);
    draft next(*versions_->store, last_, region_.base());
    precopied ahead;
    if (!finds_few(now, options.deadline)) {
        ahead = copy_ahead(next, now);
        now.close(options.deadline);
        // Protect first, copy after: what is written once the gate is open belongs to the next cut.
        note_written(round_, writers::out);
    }
    // After a rollback the region may have more in use than the image: zeros, which nobody refers to.
    auto const bytes = image_->bytes();
    auto const residue = next.copy_residue(ahead.rounds == 0 ? pending_ : round_);
    begin_generation();
    now.open();

    // From here on writers go on. If anything throws, the pages are still pending for the next cut.
    auto content = std::move(next).finish(bytes);
    auto const number = cuts_.load(std::memory_order_relaxed) + 1;
    auto taken = std::make_shared<version const>(versions_, content,
        version::origin{ number, now.closed_at(), now.pause(), now.elapsed(), std::move(options.label) });
    snapshot result(std::move(taken));

    // Nothing below throws.
    versions_->rest_on(content);
    note_cut(content);
    cuts_.store(number, std::memory_order_relaxed);
    copied_last_ = ahead.pages + residue;
    note_times(now, [&](cut_record& seen) {
        seen.copied_ahead = ahead.pages;
        seen.copied_in_pause = residue;
        seen.outrun += ahead.outrun ? 1 : 0;
    });
    rest_for_a_while(now);
    return result;
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

} // namespace still::heaps
