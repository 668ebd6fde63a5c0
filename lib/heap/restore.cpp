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

void heap_core::restore(snapshot const& wanted, deadline until)
{
    if (wanted.version_ == nullptr || &wanted.version_->home() != versions_.get())
        boost::throw_exception(std::invalid_argument("still: heap \"" + label() + "\" can't be restored from a "
            + (wanted.version_ == nullptr ? std::string("snapshot of no heap")
                                          : "snapshot of heap \"" + wanted.version_->home().label + "\"")
            + " (take the snapshot from the heap that is restored)"));

    require_no_loan();
    tell_of_old_versions();
    auto const& target = wanted.version_->content();
    auto const hooks = present_hooks();
    std::exception_ptr first_failure;
    {
        cut now(*this, until);
        now.close_to_all(until);
        require_no_loan(); // made while this waited
        roll_back(target);
        now.enter();
        for (auto const& hook : hooks) {
            try {
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

/// Effect: makes the live bytes those of `target`. Precondition: writers are kept out. Throws, and then
/// nothing changed.
void heap_core::roll_back(segment const& target)
{
    std::scoped_lock const quiet(allocation_mutex_);
    note_written(round_, writers::out);
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
    tracker_->settle();
    try {
        // The pages just written count as written; they aren't, since they hold what last_ says.
        tracker_->take(pages, pending_);
        pending_.clear();
    } catch (std::system_error const&) {
        // Then all pages are pending: the next cut looks at more than it needs to, and is right.
    }
    segment content(target);
    versions_->rest_on(content);
    last_ = std::move(content);
    begin_generation();
}

/// Effect: writes the bytes of `target` to the pages of differing_, where they differ.
void heap_core::overwrite(segment const& target) noexcept
{
    // Long runs of zeros go back to the system; short ones aren't worth a call.
    constexpr std::size_t pages_worth_discarding = 32;
    page_span zeros{ 0, 0 };
    auto const clear = [&] {
        if (zeros.count < pages_worth_discarding || !os::discard(page(zeros.first), zeros.count * page_bytes))
            std::memset(page(zeros.first), 0, zeros.count * page_bytes);
        zeros.count = 0;
    };
    differing_.for_each([&](std::size_t index) {
        auto const* const held = target.pages().find(index);
        auto const content = page_content(held);
        if (std::memcmp(page(index), content.data(), page_bytes) == 0)
            return;
        if (held != nullptr && held->kind() != slot_kind::nothing) {
            std::memcpy(page(index), content.data(), page_bytes);
            return;
        }
        if (zeros.count > 0 && zeros.first + zeros.count != index)
            clear();
        if (zeros.count == 0)
            zeros.first = index;
        ++zeros.count;
    });
    if (zeros.count > 0)
        clear();
}

std::shared_ptr<std::function<void()> const> heap_core::on_restore(std::function<void()> hook)
{
    auto made = std::make_shared<std::function<void()> const>(std::move(hook));
    std::scoped_lock const lock(hooks_mutex_);
    std::erase_if(hooks_, [](auto const& kept) { return kept.expired(); });
    hooks_.push_back(made);
    return made;
}

/// The hooks that somebody keeps, in the order in which they were given. None goes while this is held.
std::vector<std::shared_ptr<std::function<void()> const>> heap_core::present_hooks() const
{
    std::vector<std::shared_ptr<std::function<void()> const>> present;
    std::scoped_lock const lock(hooks_mutex_);
    for (auto const& kept : hooks_)
        if (auto hook = kept.lock(); hook != nullptr && *hook)
            present.push_back(std::move(hook));
    return present;
}

} // namespace still::heaps
