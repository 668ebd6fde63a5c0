// SPDX-License-Identifier: BSL-1.0
//
// What a segment must be, for the interpreter of programs over segments: an array of bytes, and what each page is.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "still/segment.hpp"

namespace still_test {

using still::page_bytes;

/// A page of a keeper, as it counts, and the bytes that it keeps of it.
struct model_keeping {
    unsigned keeper;
    std::uint64_t page;
    std::uint64_t bytes;

    /// What the keepers of programs supply. Zeros at times.
    [[nodiscard]] static std::byte value(unsigned keeper, std::uint64_t page)
    {
        return static_cast<std::byte>((keeper * 7 + page) % 4);
    }
    [[nodiscard]] friend bool operator==(model_keeping const&, model_keeping const&) = default;
};

/// How a page comes by its bytes. By itself: a frame or a hole.
struct model_page {
    bool mounted = false;
    bool read_only = false;
    std::optional<model_keeping> kept; // directly, or by what is mounted

    [[nodiscard]] friend bool operator==(model_page const&, model_page const&) = default;
};

struct model_watch {
    std::size_t first;
    std::size_t end;
    unsigned observer;
};

class segment_model {
public:
    std::vector<std::byte> bytes;
    std::vector<model_page> pages;
    std::vector<model_watch> watches; // in ascending order of their first bytes

    [[nodiscard]] std::size_t size() const { return bytes.size(); }

    /// True when something of bytes [offset, offset + count) is with a keeper.
    [[nodiscard]] bool has_keepers(std::size_t offset, std::size_t count) const
    {
        for (auto page = offset / page_bytes; count > 0 && page <= (offset + count - 1) / page_bytes; ++page) {
            if (pages[page].kept)
                return true;
        }
        return false;
    }
    [[nodiscard]] bool frames_only() const
    {
        return watches.empty()
            && std::ranges::none_of(pages, [](model_page const& page) { return page.mounted || page.kept; });
    }

    /// Returns whether it may be written.
    [[nodiscard]] bool write(std::size_t offset, std::span<std::byte const> source)
    {
        auto const before = *this;
        while (!source.empty()) {
            auto const page = offset / page_bytes;
            auto const count = std::min(source.size(), (page + 1) * page_bytes - offset);
            if (pages[page].read_only) {
                *this = before;
                return false;
            }
            auto const whole = count == std::min(page_bytes, size() - page * page_bytes);
            auto const here = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
            if (!std::ranges::equal(source.first(count), std::span(here, count)) || (whole && pages[page].kept))
                pages[page] = {};
            std::ranges::copy(source.first(count), here);
            source = source.subspan(count);
            offset += count;
        }
        return true;
    }
    void resize(std::size_t count)
    {
        auto const page = count / page_bytes;
        if (count < size() && count % page_bytes != 0) {
            auto const rest = std::span(bytes).subspan(count, std::min(size(), (page + 1) * page_bytes) - count);
            if (pages[page].kept || std::ranges::any_of(rest, [](std::byte byte) { return byte != std::byte{ 0 }; }))
                pages[page] = {};
        }
        bytes.resize(count);
        pages.resize((count + page_bytes - 1) / page_bytes);
        std::erase_if(watches, [&](model_watch const& one) { return one.first >= count; });
        for (auto& one : watches)
            one.end = std::min(one.end, count);
    }
    void mount(std::size_t offset, segment_model const& other, std::size_t from, std::size_t count, bool read_only)
    {
        auto const shown = std::vector(other.bytes.begin() + static_cast<std::ptrdiff_t>(from),
            other.bytes.begin() + static_cast<std::ptrdiff_t>(from + count));
        auto const first = from / page_bytes;
        auto inner = std::vector(other.pages.begin() + static_cast<std::ptrdiff_t>(first), other.pages.end());
        put(offset, shown);
        for (std::size_t page = 0; page * page_bytes < count; ++page)
            pages[offset / page_bytes + page] = { true, read_only, inner[page].kept };
    }
    void keep(std::size_t offset, std::size_t count, unsigned keeper)
    {
        std::vector<std::byte> kept(count);
        for (std::size_t i = 0; i < count; ++i)
            kept[i] = model_keeping::value(keeper, i / page_bytes);
        put(offset, kept);
        for (std::size_t page = 0; page * page_bytes < count; ++page)
            pages[offset / page_bytes + page]
                = { false, false, model_keeping{ keeper, page, std::min(page_bytes, count - page * page_bytes) } };
    }
    void fetch(std::size_t offset, std::size_t count)
    {
        for (auto page = offset / page_bytes; count > 0 && page <= (offset + count - 1) / page_bytes; ++page)
            pages[page].kept.reset();
    }
    void freeze()
    {
        std::ranges::fill(pages, model_page());
        watches.clear();
    }
    void watch(std::size_t offset, std::size_t count, unsigned observer)
    {
        auto const at = std::ranges::upper_bound(watches, offset, {}, &model_watch::first);
        watches.insert(at, { offset, offset + count, observer });
    }
    void unwatch(unsigned observer)
    {
        std::erase_if(watches, [&](model_watch const& one) { return one.observer == observer; });
    }

    /// The bytes of a page, with zeros behind the end.
    [[nodiscard]] std::array<std::byte, page_bytes> page(std::size_t number) const
    {
        std::array<std::byte, page_bytes> all{};
        auto const start = number * page_bytes;
        for (std::size_t i = 0; i < page_bytes && start + i < size(); ++i)
            all[i] = bytes[start + i];
        return all;
    }
    [[nodiscard]] std::optional<model_keeping> keeping(std::size_t number) const
    {
        return number < pages.size() ? pages[number].kept : std::nullopt;
    }
    /// True when `diff` must tell of a page.
    [[nodiscard]] bool differs(segment_model const& other, std::size_t number) const
    {
        auto const one = keeping(number);
        auto const two = other.keeping(number);
        return one || two ? one != two : page(number) != other.page(number);
    }
    /// True when a page that differs is with a keeper.
    [[nodiscard]] bool differs_in_keepers(segment_model const& other, std::size_t number) const
    {
        return differs(other, number) && (keeping(number) || other.keeping(number));
    }
    /// As another has a page, whose bytes past the end are zeros.
    void adopt(segment_model const& other, std::size_t number)
    {
        auto const theirs = other.page(number);
        auto const start = number * page_bytes;
        put(start, std::span(theirs).first(std::min(page_bytes, size() - start)));
        pages[number] = number < other.pages.size() ? other.pages[number] : model_page();
    }

private:
    /// Bytes, and zeros to the end of the last page.
    void put(std::size_t offset, std::span<std::byte const> source)
    {
        std::ranges::copy(source, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        auto const end = offset + source.size();
        auto const page_end = std::min(size(), (end + page_bytes - 1) / page_bytes * page_bytes);
        std::ranges::fill(std::span(bytes).subspan(end, page_end - end), std::byte{ 0 });
    }
};

/// Runs of numbers below `count` for which `chosen` holds.
template <class Run, class Chosen>
[[nodiscard]] std::vector<Run> runs_where(std::size_t count, Chosen&& chosen)
{
    std::vector<Run> runs;
    for (std::size_t i = 0; i < count; ++i) {
        if (!chosen(i))
            continue;
        auto const start = i;
        while (i < count && chosen(i))
            ++i;
        runs.push_back({ start, i - start });
    }
    return runs;
}

} // namespace still_test
