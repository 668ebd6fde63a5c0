// SPDX-License-Identifier: BSL-1.0

#include "heap/mapped_version.hpp"

#include <atomic>
#include <cstring>

#include "os/process.hpp"

namespace still::heaps {

namespace {

/// Entries that all mappings take, and the most that they may: half of what the kernel allows the
/// process, since malloc fails when there are none left.
std::atomic<std::size_t> entries_taken{ 0 };

std::atomic<std::size_t>& entries_allowed() noexcept
{
    static std::atomic<std::size_t> allowed{ os::most_map_entries() / 2 };
    return allowed;
}

/// Neighbouring pages of a version whose frames are neighbours in the file too.
struct file_run {
    std::size_t first_page;
    std::size_t offset;
    std::size_t pages;
};

/// Effect: calls visit(file_run) for each longest run, in order of page.
/// Precondition: every frame is the store's, as all frames of a heap's versions are.
template <class Visit>
void for_each_run(version const& seen, Visit&& visit)
{
    auto const& store = *seen.home().store;
    file_run run{ 0, 0, 0 };
    auto const& pages = seen.content().pages();
    for (auto const& [index, held] : pages) {
        auto const page = static_cast<std::size_t>(index);
        auto const offset = store.offset_of(held.frame());
        if (!offset)
            continue;
        if (run.pages > 0 && page == run.first_page + run.pages && *offset == run.offset + run.pages * page_bytes) {
            ++run.pages;
            continue;
        }
        if (run.pages > 0)
            visit(run);
        run = { page, *offset, 1 };
    }
    if (run.pages > 0)
        visit(run);
}

} // namespace

mapped_version::mapped_version(std::shared_ptr<version const> seen)
    : content_(std::move(seen))
{
    auto const bytes = static_cast<std::size_t>(content_->content().size());
    if (bytes == 0)
        return;
    // Each run splits the range of zeros: one entry for itself, and one for the zeros behind it.
    std::size_t wanted = 1;
    for_each_run(*content_, [&](file_run) { wanted += 2; });
    auto const before = entries_taken.fetch_add(wanted, std::memory_order_relaxed);
    entries_ = wanted;
    struct give_back {
        std::size_t* entries;
        ~give_back()
        {
            if (entries != nullptr)
                entries_taken.fetch_sub(*entries, std::memory_order_relaxed);
        }
    } undo{ &entries_ };
    if (before + wanted > most_entries()) {
        entries_taken.fetch_sub(wanted - 1, std::memory_order_relaxed);
        entries_ = 1;
        copy_frames();
    } else {
        map_runs();
    }
    undo.entries = nullptr;
}

mapped_version::~mapped_version()
{
    entries_taken.fetch_sub(entries_, std::memory_order_relaxed);
}

void mapped_version::map_runs()
{
    range_ = os::map_zeros_read_only(page_bytes + static_cast<std::size_t>(content_->content().size()));
    auto const file = content_->home().store->file();
    for_each_run(*content_, [&](file_run run) {
        os::map_file_read_only(first_page() + run.first_page * page_bytes, file, run.offset, run.pages * page_bytes);
    });
}

void mapped_version::copy_frames()
{
    range_ = os::map_zeros(page_bytes + static_cast<std::size_t>(content_->content().size()));
    auto const& pages = content_->content().pages();
    for (auto const& [index, held] : pages)
        std::memcpy(
            first_page() + static_cast<std::size_t>(index) * page_bytes, page_content(&held).data(), page_bytes);
    os::make_read_only(range_.start(), range_.bytes());
    materialised_ = true;
}

std::size_t mapped_version::most_entries() noexcept
{
    return entries_allowed().load(std::memory_order_relaxed);
}

std::size_t mapped_version::limit_entries(std::size_t most) noexcept
{
    return entries_allowed().exchange(most, std::memory_order_relaxed);
}

} // namespace still::heaps
