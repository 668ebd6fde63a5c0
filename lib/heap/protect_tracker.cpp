// SPDX-License-Identifier: BSL-1.0

#include "heap/protect_tracker.hpp"

#include <algorithm>
#include <system_error>

#include <boost/throw_exception.hpp>

#include "heap/map_entries.hpp"
#include "still/core/frame.hpp"

namespace still::heaps {

namespace {

constexpr std::size_t word_bits = 64;

/// What pages opened by themselves take of the memory map: their own entry, and one for what is behind them.
constexpr std::size_t entries_apart = 2;

/// Those of all trackers together. They may have half of what the process may take: without any they do, at a price,
/// and a mapping without any is a copy.
constinit std::atomic<std::size_t> entries_of_trackers{ 0 };

std::size_t mark_bytes(std::size_t pages) noexcept
{
    constexpr auto pages_a_page = page_bytes * 8;
    return (pages + pages_a_page - 1) / pages_a_page * page_bytes;
}

} // namespace

protect_tracker::protect_tracker(tracked_place where)
    : base_(where.base)
    , memory_(os::map_zeros(mark_bytes(where.pages)))
    , watched_(where.base, where.pages * page_bytes, *this)
{
    static_cast<void>(map_entries::most()); // before a signal handler asks
}

protect_tracker::~protect_tracker()
{
    give_back_entries(entries_.load());
}

void protect_tracker::prove()
{
    auto const scratch = os::map_zeros(3 * page_bytes);
    protect_tracker seen({ scratch.start(), 3 });
    page_set written;
    written.make_room(3);
    auto const take = [&] {
        written.clear();
        seen.take(3, written, writers::out);
        return written.count();
    };
    seen.arm({ 0, 3 });
    auto const before = take();
    static_cast<std::byte volatile&>(scratch.start()[page_bytes]) = std::byte{ 1 };
    auto const after = take();
    auto const right = written.contains(1);
    if (before != 0 || after != 1 || !right || take() != 0)
        boost::throw_exception(std::system_error(
            std::make_error_code(std::errc::not_supported), "still: mprotect doesn't report what was written"));
}

std::atomic_ref<std::uint64_t> protect_tracker::marks(std::size_t word) const noexcept
{
    return std::atomic_ref(reinterpret_cast<std::uint64_t*>(memory_.start())[word]);
}

void protect_tracker::arm(page_span pages)
{
    os::make_read_only(base_ + pages.first * page_bytes, pages.count * page_bytes);
    armed_.store(std::max(armed_.load(), pages.first + pages.count));
}

void protect_tracker::watch(page_span pages)
{
    if (!open(pages))
        return arm(pages);
    armed_.store(std::max(armed_.load(), pages.first + pages.count));
}

void protect_tracker::take(std::size_t pages, page_set& written, writers present)
{
    if (present == writers::out)
        prepared_ = false;
    // A system call may be writing to prepared pages, and would fail if they were closed.
    if (prepared_) {
        look({ 0, pages }, written);
        return;
    }
    auto found = false;
    for (std::size_t word = 0; word * word_bits < pages; ++word) {
        if (marks(word).load(std::memory_order_relaxed) == 0)
            continue;
        found = true;
        for (auto left = marks(word).exchange(0); left != 0; left &= left - 1) {
            auto const page = word * word_bits + static_cast<std::size_t>(std::countr_zero(left));
            if (page < pages)
                written.insert({ page, 1 });
        }
    }
    if (!found)
        return;
    // Those of a fault that comes meanwhile are the next call's to give back. One that is in progress already may keep
    // its page open without them until then.
    auto const entries = entries_.exchange(0);
    // If the pages can't be closed, nothing will be noticed: then all count as written, until they can.
    struct suspicion {
        protect_tracker& tracker;
        page_set& written;
        std::size_t pages;
        std::size_t entries;
        ~suspicion()
        {
            if (pages == 0) {
                tracker.give_back_entries(entries);
                return;
            }
            tracker.entries_.fetch_add(entries);
            for (std::size_t word = 0; word * word_bits < pages; ++word)
                tracker.marks(word).store(~std::uint64_t{ 0 });
            written.insert({ 0, pages });
        }
    } all{ *this, written, pages, entries };
    // One call: the kernel passes over what is closed already.
    os::make_read_only(base_, pages * page_bytes);
    all.pages = 0;
}

void protect_tracker::look(page_span pages, page_set& written)
{
    auto const end = pages.first + pages.count;
    for (auto word = pages.first / word_bits; word * word_bits < end; ++word)
        for (auto left = marks(word).load(); left != 0; left &= left - 1) {
            auto const page = word * word_bits + static_cast<std::size_t>(std::countr_zero(left));
            if (page >= pages.first && page < end)
                written.insert({ page, 1 });
        }
}

void protect_tracker::prepare(page_span pages) noexcept
{
    prepared_ = true;
    // Where the pages can't be opened, the faults of those who write will try again.
    static_cast<void>(open_apart(pages));
}

bool protect_tracker::open(page_span pages) noexcept
{
    if (!os::make_writable(base_ + pages.first * page_bytes, pages.count * page_bytes))
        return false;
    for (auto page = pages.first, end = pages.first + pages.count; page < end; ++page)
        marks(page / word_bits).fetch_or(std::uint64_t{ 1 } << (page % word_bits));
    return true;
}

bool protect_tracker::resolve(void* address) noexcept
{
    auto const armed = armed_.load();
    auto const page = static_cast<std::size_t>(static_cast<std::byte*>(address) - base_) / page_bytes;
    if (page >= armed)
        return false;
    return open_apart({ page, 1 });
}

bool protect_tracker::open_apart(page_span pages) noexcept
{
    // What is open already takes nothing more.
    if ((are_marked(pages) || take_entries()) && open(pages))
        return true;
    auto const entries = entries_.exchange(0);
    if (!open({ 0, armed_.load() })) {
        entries_.fetch_add(entries);
        return false;
    }
    give_back_entries(entries);
    return true;
}

bool protect_tracker::are_marked(page_span pages) const noexcept
{
    for (auto page = pages.first; page < pages.first + pages.count; ++page)
        if ((marks(page / word_bits).load(std::memory_order_relaxed) >> (page % word_bits) & 1) == 0)
            return false;
    return true;
}

bool protect_tracker::take_entries() noexcept
{
    if (entries_of_trackers.fetch_add(entries_apart) + entries_apart <= map_entries::most() / 2
        && map_entries::take(entries_apart)) {
        entries_.fetch_add(entries_apart);
        return true;
    }
    entries_of_trackers.fetch_sub(entries_apart);
    return false;
}

void protect_tracker::give_back_entries(std::size_t count) noexcept
{
    map_entries::give_back(count);
    entries_of_trackers.fetch_sub(count);
}

} // namespace still::heaps
