// SPDX-License-Identifier: BSL-1.0
//
// Rolling the live heap back to a version, and what has to be done about it.

#include <algorithm>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

#include "heap/cut.hpp"
#include "heap/heap_core.hpp"
#include "os/memory.hpp"

namespace still::heaps {

/// Throws std::invalid_argument for a version that isn't this heap's.
void heap_core::require_own(snapshot const& wanted) const
{
    if (wanted.version_ == nullptr || &wanted.version_->home() != versions_.get())
        boost::throw_exception(std::invalid_argument("still: heap \"" + label() + "\" can't be restored from a "
            + (wanted.version_ == nullptr ? std::string("snapshot of no heap")
                                          : "snapshot of heap \"" + wanted.version_->home().label + "\"")
            + " (take the snapshot from the heap that is restored)"));
}

void heap_core::restore(snapshot const& wanted, deadline until)
{
    require_own(wanted);
    require_no_loan();
    tell_of_old_versions();
    auto const& target = wanted.version_->content();
    std::exception_ptr first_failure;
    {
        cut now(*this, until, cut::purpose::rollback);
        now.close_to_all(until);
        require_no_loan(); // made while this waited
        // Those, too, that were given while this waited, and not those that somebody let go of under a guard.
        auto const hooks = given_hooks();
        roll_back(target);
        now.enter();
        for (auto const& given : hooks) {
            try {
                // One of them may let go of another.
                if (auto const hook = given.lock(); hook != nullptr && *hook)
                    (*hook)();
            } catch (...) {
                if (!first_failure)
                    first_failure = std::current_exception();
            }
        }
        now.open();
        note_times(now, [](cut_record&) { });
    }
    if (first_failure)
        std::rethrow_exception(first_failure);
}

void heap_core::become(snapshot const& wanted)
{
    require_own(wanted);
    if (!is_inherited())
        boost::throw_exception(std::logic_error("still: heap \"" + label()
            + "\" doesn't become a version in the process that made it (restore it; or fork, and call this in the "
              "child)"));
    require_no_owners_outside();
    // Without what a tracker or the last cut knew, which is the parent's: all pages are compared.
    auto const quiet = lock_image();
    std::scoped_lock const lock(tracking_mutex_);
    auto const pages = region_.used() / page_bytes;
    tracker_->prepare({ 0, pages });
    differing_.clear();
    differing_.insert({ 0, pages });
    overwrite(wanted.version_->content());
    last_ = segment(wanted.version_->content());
    begin_generation();
}

/// Effect: makes the live bytes those of `target`. Precondition: writers are kept out. Throws, and then
/// nothing changed.
void heap_core::roll_back(segment const& target)
{
    auto const quiet = lock_image();
    // Not taken yet: then what is about to be overwritten would be armed, and cost a fault each.
    find_written();
    // Of a page that isn't pending, the live bytes are those of its frame in last_.
    differing_.clear();
    differing_.insert(pending_);
    diff(last_.pages(), target.pages(), [&](slot_change<page_slot> const& seen) {
        differing_.insert({ static_cast<std::size_t>(seen.index), static_cast<std::size_t>(seen.count) });
    });

    // Nothing below throws.
    std::scoped_lock const lock(tracking_mutex_);
    auto const pages = region_.used() / page_bytes;
    tracker_->prepare({ 0, pages }); // so that no page costs a fault
    overwrite(target);
    pending_.clear();
    try {
        // The pages just written count as written; they aren't, since they hold what last_ says.
        tracker_->take(pages, pending_, writers::out);
        pending_.clear();
    } catch (std::system_error const&) {
        // Then all pages are pending: the next cut looks at more than it needs to, and is right.
    }
    segment content(target);
    versions_->rest_on(content);
    last_ = std::move(content);
    begin_generation();
}

/// Effect: writes the bytes of `target` to the pages of differing_, where they differ. Precondition:
/// tracking_mutex_ is held.
void heap_core::overwrite(segment const& target) noexcept
{
    auto const& store = *versions_->store;
    resting_.note_rollback(differing_, target, store);
    // Neighbours that a call for all of them serves.
    struct {
        page_span pages{ 0, 0 };
        bool zeros = false;
    } run;
    auto const end_run = [&] {
        if (run.pages.count > 0)
            run.zeros ? write_zeros(run.pages) : show_homes(run.pages, target);
        run.pages.count = 0;
    };
    auto const add = [&](std::size_t index, bool zeros) {
        if (run.pages.first + run.pages.count != index || run.zeros != zeros)
            end_run();
        if (run.pages.count == 0)
            run = { { index, 0 }, zeros };
        ++run.pages.count;
    };
    differing_.for_each([&](std::size_t index) {
        auto const* const held = target.pages().find(index);
        auto const* const content = page_content(held).data();
        auto const backed = resting_.is_backed(index);
        // A page that shows the file must show it no longer, also where the bytes are equal: they are those of a
        // frame that may go.
        if (!backed && std::memcmp(page(index), content, page_bytes) == 0)
            return;
        if (held == nullptr || held->kind() == slot_kind::nothing)
            add(index, true);
        else if (backed && store.is_at_home(held->frame(), index))
            add(index, false);
        else
            std::memcpy(page(index), content, page_bytes);
    });
    end_run();
}

/// Effect: makes the pages zeros. Long runs go back to the system; short ones aren't worth a call.
void heap_core::write_zeros(page_span pages) noexcept
{
    constexpr std::size_t pages_worth_discarding = 32;
    auto const worth_it = pages.count >= pages_worth_discarding;
    auto* const start = page(pages.first);
    auto const bytes = pages.count * page_bytes;
    if (!resting_.is_any_backed(pages)) {
        if (!worth_it || tracker_->has_own_mapping() || !os::discard(start, bytes))
            std::memset(start, 0, bytes);
        return;
    }
    // To discard them would bring the file's bytes back.
    if (!worth_it || !map_zeros(pages))
        std::memset(start, 0, bytes);
}

/// Effect: puts anonymous memory in the place of pages that are backed. Returns false, and changes nothing, where
/// the system refuses.
bool heap_core::map_zeros(page_span pages) noexcept
{
    auto const held = entries_.count();
    // A gap in a run takes two entries more.
    if (!entries_.hold(held + 2))
        return false;
    try {
        region_.map_zeros(pages);
    } catch (std::system_error const&) {
        static_cast<void>(entries_.hold(held));
        return false;
    }
    resting_.note_anonymous(pages);
    // In a child of fork the tracker is its parent's: what is armed there would be the parent's pages.
    if (is_inherited())
        return true;
    try {
        tracker_->arm(pages);
    } catch (std::system_error const&) {
        auto const end = std::max(unarmed_.first + unarmed_.count, pages.first + pages.count);
        unarmed_.first = unarmed_.count == 0 ? pages.first : std::min(unarmed_.first, pages.first);
        unarmed_.count = end - unarmed_.first;
    }
    return true;
}

/// Effect: takes the pages' own bytes away, so that they show their homes. Precondition: backed, and at home in
/// `target`.
void heap_core::show_homes(page_span pages, segment const& target) noexcept
{
    if (os::discard(page(pages.first), pages.count * page_bytes)) {
        resting_.note_resting(pages);
        return;
    }
    for (auto index = pages.first; index < pages.first + pages.count; ++index)
        std::memcpy(page(index), page_content(target.pages().find(index)).data(), page_bytes);
}

std::shared_ptr<std::function<void()> const> heap_core::on_restore(std::function<void()> hook)
{
    auto made = std::make_shared<std::function<void()> const>(std::move(hook));
    std::scoped_lock const lock(hooks_mutex_);
    std::erase_if(hooks_, [](auto const& kept) { return kept.expired(); });
    hooks_.push_back(made);
    return made;
}

/// The hooks of this moment, in the order in which they were given.
std::vector<std::weak_ptr<std::function<void()> const>> heap_core::given_hooks() const
{
    std::scoped_lock const lock(hooks_mutex_);
    return hooks_;
}

} // namespace still::heaps
