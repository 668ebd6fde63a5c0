// SPDX-License-Identifier: BSL-1.0

#include "heap/private_file_tracker.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <system_error>

#include <boost/throw_exception.hpp>

#include "os/children.hpp"
#include "os/memory.hpp"
#include "still/core/frame.hpp"
#include "still/segment/slot.hpp"

namespace still::heaps {

namespace {

/// So many zeros in a row are worth giving back to the system.
constexpr std::size_t zeros_worth_punching = 32;

/// Effect: children are watched. Returns how many forks were done.
std::uint64_t forks_so_far()
{
    os::watch_children();
    return os::forks_done();
}

} // namespace

private_file_tracker::private_file_tracker(tracked_place where, way wanted)
    : place_(where.base)
    , born_(forks_so_far())
    , private_(wanted)
    , base_("still-base")
{
    if (where.huge_pages)
        boost::throw_exception(std::system_error(std::make_error_code(std::errc::not_supported),
            "still: a private mapping of a file has no huge pages (ask for none, or for another tracker)"));
}

void private_file_tracker::prove(way wanted)
{
    auto const scratch = os::map_zeros(3 * page_bytes);
    private_file_tracker seen({ scratch.start(), 3 }, wanted);
    page_set written;
    written.make_room(3);
    auto const take = [&] {
        written.clear();
        // A child that is born meanwhile never looks at the scratch pages.
        seen.take_all(3, written, true);
        return written.count();
    };
    seen.arm({ 0, 3 });
    auto volatile* const byte = scratch.start() + page_bytes;
    auto const untouched = byte[page_bytes] == std::byte{ 0 }; // reading is not writing
    auto const before = take();
    *byte = std::byte{ 1 };
    auto const after = take();
    auto const right = written.contains(1) && *byte == std::byte{ 1 };
    if (before != 0 || after != 1 || !right || !untouched || take() != 0)
        boost::throw_exception(std::system_error(std::make_error_code(std::errc::not_supported),
            "still: /proc/self/pagemap doesn't tell which pages of a private mapping were written"));
}

void private_file_tracker::arm(page_span pages)
{
    auto const end = pages.first + pages.count;
    if (end > base_pages_) {
        base_.resize(end * page_bytes);
        base_pages_ = end;
    }
    auto const offset = pages.first * page_bytes;
    os::map_file_privately(place_ + offset, base_.handle(), offset, pages.count * page_bytes);
    os::refuse_huge_pages(place_ + offset, pages.count * page_bytes);
}

void private_file_tracker::take(std::size_t pages, page_set& written, writers present)
{
    // What is written between the copy and its drop would be lost.
    take_all(pages, written, present == writers::out && !is_base_shared());
}

/// Effect: enters the pages that are private; where `settling`, they show the base from now on.
void private_file_tracker::take_all(std::size_t pages, page_set& written, bool settling)
{
    private_.find(place_, pages * page_bytes, [&](void* start, std::size_t bytes) {
        page_span const run{ static_cast<std::size_t>(static_cast<std::byte*>(start) - place_) / page_bytes,
            bytes / page_bytes };
        written.insert(run);
        if (settling)
            settle(run);
    });
}

void private_file_tracker::look(page_span pages, page_set& written)
{
    private_.find(place_ + pages.first * page_bytes, pages.count * page_bytes, [&](void* start, std::size_t bytes) {
        written.insert(
            { static_cast<std::size_t>(static_cast<std::byte*>(start) - place_) / page_bytes, bytes / page_bytes });
    });
}

/// True when a child of fork may show the base.
bool private_file_tracker::is_base_shared() const noexcept
{
    return os::find_living_children().newest > born_;
}

/// Effect: the pages show the base, which has their bytes. Where the system refuses they stay private, and are
/// reported again. Precondition: private; nobody writes to them. A fork meanwhile does no harm: its child has copies of
/// its own of all that still changes in the base.
void private_file_tracker::settle(page_span run) noexcept
{
    if (bring_base_up_to_date(run))
        static_cast<void>(os::discard(place_ + run.first * page_bytes, run.count * page_bytes));
}

/// Effect: the base has the pages' bytes; of long runs of zeros, no memory. Returns false where the system refuses, and
/// some of the pages may be in the base then.
bool private_file_tracker::bring_base_up_to_date(page_span run) noexcept
{
    auto const end = run.first + run.count;
    auto from = run.first; // what is before is done
    for (auto page = from; page < end;) {
        auto const zeros = count_zeros({ page, end - page });
        if (zeros < zeros_worth_punching || !base_.punch(page * page_bytes, zeros * page_bytes)) {
            page += std::max<std::size_t>(zeros, 1);
            continue;
        }
        if (!write_to_base({ from, page - from }))
            return false;
        from = page += zeros;
    }
    return write_to_base({ from, end - from });
}

bool private_file_tracker::write_to_base(page_span run) noexcept
{
    std::span<std::byte const> const piece(place_ + run.first * page_bytes, run.count * page_bytes);
    if (piece.empty())
        return true;
    try {
        base_.write(run.first * page_bytes, { &piece, 1 });
    } catch (std::system_error const&) {
        return false;
    }
    return true;
}

/// How many of the pages are zeros, from the first on.
std::size_t private_file_tracker::count_zeros(page_span run) const noexcept
{
    std::size_t count = 0;
    while (
        count < run.count && std::memcmp(place_ + (run.first + count) * page_bytes, zero_page.data(), page_bytes) == 0)
        ++count;
    return count;
}

} // namespace still::heaps
