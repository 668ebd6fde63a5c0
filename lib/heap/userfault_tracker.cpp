// SPDX-License-Identifier: BSL-1.0

#include "heap/userfault_tracker.hpp"

#include <system_error>
#include <vector>

#include <boost/throw_exception.hpp>

#include "os/memory.hpp"
#include "still/core/frame.hpp"

namespace still::heaps {

namespace {

/// Writes the second of three scratch pages and sees whether exactly that is noticed, once.
/// Interfaces that open and then don't track are worse than none.
void prove(os::write_tracking& tracking)
{
    auto const scratch = os::map_zeros(3 * page_bytes);
    // Another region's page tables aren't disturbed: the pages are the scratch mapping's own.
    os::refuse_huge_pages(scratch.start(), scratch.bytes());
    tracking.arm(scratch.start(), scratch.bytes());
    auto const noticed = [&] {
        std::size_t bytes = 0;
        auto right = true;
        tracking.take_written(scratch.start(), scratch.bytes(), [&](void* start, std::size_t found) {
            bytes += found;
            right = right && start == scratch.start() + page_bytes;
        });
        return right ? bytes : ~std::size_t{ 0 };
    };
    auto const before = noticed();
    static_cast<std::byte volatile&>(scratch.start()[page_bytes]) = std::byte{ 1 };
    auto const after = noticed();
    auto const again = noticed();
    if (before != 0 || after != page_bytes || again != 0)
        boost::throw_exception(std::system_error(std::make_error_code(std::errc::not_supported),
            "still: ioctl(PAGEMAP_SCAN) doesn't report what was written"));
}

} // namespace

userfault_tracker::userfault_tracker(std::byte* base)
    : base_(base)
{
    prove(tracking_);
}

void userfault_tracker::arm(page_span pages)
{
    tracking_.arm(base_ + pages.first * page_bytes, pages.count * page_bytes);
}

void userfault_tracker::watch(page_span pages)
{
    tracking_.watch(base_ + pages.first * page_bytes, pages.count * page_bytes);
}

void userfault_tracker::take(std::size_t pages, page_set& written, writers)
{
    // If the walk fails half-way, pages may be armed again that were never reported.
    struct suspicion {
        page_set& written;
        std::size_t pages;
        ~suspicion()
        {
            if (pages > 0)
                written.insert({ 0, pages });
        }
    } all{ written, pages };
    tracking_.take_written(base_, pages * page_bytes, [&](void* start, std::size_t bytes) {
        written.insert(
            { static_cast<std::size_t>(static_cast<std::byte*>(start) - base_) / page_bytes, bytes / page_bytes });
    });
    all.pages = 0;
}

void userfault_tracker::look(page_span pages, page_set& written)
{
    tracking_.look_written(
        base_ + pages.first * page_bytes, pages.count * page_bytes, [&](void* start, std::size_t bytes) {
            written.insert(
                { static_cast<std::size_t>(static_cast<std::byte*>(start) - base_) / page_bytes, bytes / page_bytes });
        });
}

} // namespace still::heaps
