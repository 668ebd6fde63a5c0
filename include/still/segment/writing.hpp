// SPDX-License-Identifier: BSL-1.0
//
// Writing to a segment's content, and changing its size. Whoever writes buys the page that changes.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include "still/core/memory_frames.hpp"
#include "still/segment/reading.hpp"
#include "still/segment/runs.hpp"

namespace still::segments {

/// Precondition: at most a page.
[[nodiscard]] inline bool all_zero(std::span<std::byte const> bytes) noexcept
{
    return std::memcmp(bytes.data(), zero_page.data(), bytes.size()) == 0;
}

/// A page's bytes, and those that are written over them from `from` on.
struct overwritten {
    std::span<std::byte const, page_bytes> before;
    std::size_t from;
    std::span<std::byte const> written;

    /// True when the page holds these bytes already.
    [[nodiscard]] bool changes_nothing() const noexcept
    {
        return std::memcmp(before.data() + from, written.data(), written.size()) == 0;
    }
    /// True when the page is zeros once they are written.
    [[nodiscard]] bool is_zero() const noexcept
    {
        return all_zero(written) && all_zero(before.first(from)) && all_zero(before.subspan(from + written.size()));
    }
    /// Returns a slot of the bytes as they are then: nothing where they are zeros, else a new frame.
    [[nodiscard]] page_slot slot(std::pmr::memory_resource* payer) const
    {
        if (is_zero())
            return {};
        auto made = memory_frames::make(payer, from);
        auto const behind = from + written.size();
        std::memcpy(made.bytes, before.data(), from);
        std::memcpy(made.bytes + from, written.data(), written.size());
        std::memcpy(made.bytes + behind, before.data() + behind, page_bytes - behind);
        return { std::move(made.handle) };
    }
};

/// What is to become of some pages: made before anything changes, so that a throw changes nothing.
class page_edits {
public:
    void add(page_index page, page_slot slot) { edits_.push_back({ page, std::move(slot) }); }

    /// Effect: the pages have their new slots. Throws what the table does, and then `pages` is partly done: give it a
    /// copy.
    void apply(segment_table& pages)
    {
        for (auto& [page, slot] : edits_)
            put(pages, page, std::move(slot));
    }

private:
    struct edit {
        page_index page;
        page_slot slot;
    };
    std::vector<edit> edits_;
};

/// Effect: writes within one page whose slot is a frame or nothing: in place where nobody else has the nodes, and the
/// frame, and it was paid for by who pays now. Throws what table and payer do, with nothing changed.
inline void write_in_page(
    segment_table& pages, page_piece piece, page_slot const* held, std::span<std::byte const> source)
{
    overwritten const now{ page_content(held), piece.from, source };
    if (now.changes_nothing())
        return;
    auto* const payer = pages.heap().resource();
    auto const watched = held != nullptr && held->watched();
    if (held != nullptr && held->frame() != nullptr && !now.is_zero()) {
        auto const* const own = pages.unshared(piece.page);
        auto* const bytes = own == nullptr ? nullptr : memory_frames::edit(*own->frame(), payer);
        if (bytes != nullptr) {
            std::memcpy(bytes + piece.from, source.data(), source.size());
            return;
        }
    }
    put(pages, piece.page, now.slot(payer).with_watch(watched));
}

/// True, with the bytes written, where all pages that they go to are frames of this version alone, not watched, paid
/// for by who pays now, and stay other than zeros: nothing is allocated. Else nothing is done. O(bytes + pages ·
/// levels). Precondition: all are in the content.
[[nodiscard]] inline bool write_in_place(content& of, std::uint64_t offset, std::span<std::byte const> source) noexcept
{
    auto const each_frame = [&](auto const& visit) {
        auto rest = source;
        for (auto at = offset; !rest.empty();) {
            auto const from = static_cast<std::size_t>(at % page_bytes);
            auto const written = rest.first(std::min(rest.size(), page_bytes - from));
            auto const* const own = of.pages.unshared(at / page_bytes);
            if (own == nullptr || own->frame() == nullptr || own->watched())
                return false;
            auto* const bytes = memory_frames::edit(*own->frame(), of.pages.heap().resource());
            if (bytes == nullptr || !visit(bytes, from, written))
                return false;
            at += written.size();
            rest = rest.subspan(written.size());
        }
        return true;
    };
    auto const stays = [](std::byte const* bytes, std::size_t from, std::span<std::byte const> written) {
        return !overwritten{ std::span<std::byte const, page_bytes>(bytes, page_bytes), from, written }.is_zero();
    };
    auto const write = [](std::byte* bytes, std::size_t from, std::span<std::byte const> written) {
        std::memcpy(bytes + from, written.data(), written.size());
        return true;
    };
    return each_frame(stays) && each_frame(write);
}

/// Effect: puts the bytes where they are said to go. Pages that hold them already stay as they are; pages that become
/// zeros lose their frames; a page of a copy-on-write mount, or of a keeper, becomes a frame. A keeper is asked for
/// pages that are written in part; `supplied` has its answers.
/// Precondition: all are in the content. O(bytes + pages · levels · fan-out). Allocates frames and nodes for the
/// pages that change, and a list of them where they are several. Throws read_only_mount and what table, payer and
/// keepers do, and then the content is as it was, but where memory ends within a longer write: give it a copy.
inline void write(content& of, supplied_pages& supplied, std::uint64_t offset, std::span<std::byte const> source)
{
    if (source.empty())
        return;
    auto const within = static_cast<std::size_t>(offset % page_bytes);
    if (source.size() <= page_bytes - within) {
        auto const page = offset / page_bytes;
        auto const* const held = of.pages.find(page);
        if (held == nullptr || held->kind() == slot_kind::frame || held->kind() == slot_kind::nothing)
            return write_in_page(of.pages, { page, within, source.size() }, held, source);
    }
    page_edits edits;
    auto* const payer = of.pages.heap().resource();
    for_each_page(of.pages, offset, source.size(), [&](page_piece piece, page_slot const* held) {
        auto const start = piece.page * page_bytes;
        if (read_only(held))
            boost::throw_exception(read_only_mount(start + piece.from));
        auto const watched = held != nullptr && held->watched();
        auto const written = source.first(piece.count);
        source = source.subspan(piece.count);
        auto const place = place_of(held, piece.page);
        auto const whole = piece.count == std::min<std::uint64_t>(page_bytes, of.size - start);
        if (place.kept != nullptr && whole) {
            edits.add(piece.page, overwritten{ zero_page, 0, written }.slot(payer).with_watch(watched));
            return true;
        }
        overwritten const now{ supplied.bytes_of(place), piece.from, written };
        if (!now.changes_nothing())
            edits.add(piece.page, now.slot(payer).with_watch(watched));
        return true;
    });
    edits.apply(of.pages);
}

/// Effect: the content has so many bytes. Where it grows, zeros come; where it shrinks, pages go, and the rest of the
/// last is cleared: if a keeper has it, it is asked. A page of a mount that is cut becomes a frame.
/// Costs the boundary, and the release of what goes. Throws what table, payer and keepers do, with nothing changed.
inline void resize(content& of, supplied_pages& supplied, std::uint64_t size)
{
    if (size < of.size) {
        auto next = of.pages;
        auto const page = size / page_bytes;
        auto const rest = static_cast<std::size_t>(size % page_bytes);
        auto const* const held = rest == 0 ? nullptr : of.pages.find(page);
        if (held != nullptr) {
            auto const place = place_of(held, page);
            auto const before = supplied.bytes_of(place);
            overwritten const now{ before, rest, std::span(zero_page).subspan(rest) };
            // What a keeper supplies may be otherwise next time.
            if (!now.changes_nothing() || place.kept != nullptr)
                put(next, page, now.slot(of.pages.heap().resource()).with_watch(held->watched()));
        }
        auto const end = page + (rest == 0 ? 0 : 1);
        put_run(next, end, of.page_end() - end, {});
        of.pages.swap(next);
    }
    of.size = size;
}

} // namespace still::segments
