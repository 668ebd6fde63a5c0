// SPDX-License-Identifier: BSL-1.0

#include "heap/draft.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "heap/racing_copy.hpp"

namespace still::heaps {

namespace {

/// Pages copied in one piece while writers go on: enough that calls don't count, few enough to stay in the
/// cache between the comparison and the write.
constexpr std::size_t batch_pages = 64;

bool holds(page_slot const* slot, std::byte const* content) noexcept
{
    return std::memcmp(content, page_content(slot).data(), page_bytes) == 0;
}

/// A byte near the first at which a page differs from what it was. Precondition: it does, or is being written to.
std::uint32_t telling_byte(page_slot const* slot, std::byte const* content) noexcept
{
    constexpr std::uint32_t line = 64;
    auto const* const before = page_content(slot).data();
    std::uint32_t from = 0;
    while (from < page_bytes - line && std::memcmp(content + from, before + from, line) == 0)
        from += line;
    return from;
}

} // namespace

void draft::findings::clear() noexcept
{
    stored.clear();
    contents.clear();
    telling.clear();
    frames.clear();
    zeroed.clear();
    reverted.clear();
}

draft::draft(frame_store& store, segment const& last, std::byte const* base) noexcept
    : store_(store)
    , last_(last)
    , base_(base)
    , pages_(last.pages())
{
}

std::size_t draft::copy_ahead(page_set const& written)
{
    auto const count = std::min(batch_pages, written.count());
    if (count == 0)
        return 0;
    struct alignas(std::uint64_t) page_copy {
        std::byte bytes[page_bytes];
    };
    auto const copies = std::make_unique_for_overwrite<page_copy[]>(count);
    std::size_t used = 0;
    std::size_t stored = 0;
    auto const finish_batch = [&] {
        store();
        stored += found_.stored.size();
        store_.prepare_reading(found_.frames);
        apply();
        used = 0;
    };
    found_.clear();
    written.for_each([&](std::size_t index) {
        auto* const copy = copies[used].bytes;
        copy_racing(copy, base_ + index * page_bytes);
        look(index, copy);
        if (!found_.contents.empty() && found_.contents.back() == copy)
            ++used;
        if (used == count)
            finish_batch();
    });
    finish_batch();
    may_have_reverted_ = true;
    return stored;
}

std::size_t draft::copy_residue(page_set const& written)
{
    found_.clear();
    auto const count = written.count();
    found_.stored.reserve(count);
    found_.contents.reserve(count);
    found_.telling.reserve(count);
    written.for_each([&](std::size_t index) { look(index, base_ + index * page_bytes); });
    store();
    return found_.stored.size();
}

segment draft::finish(std::uint64_t bytes) &&
{
    store_.prepare_reading(found_.frames);
    apply();
    if (may_have_reverted_ && !pages_.same_root(last_.pages()) && pages_ == last_.pages())
        pages_ = last_.pages();
    return segment(std::move(pages_), bytes);
}

/// Effect: notes what a page's content asks for.
void draft::look(page_index index, std::byte const* content)
{
    auto const* const held = pages_.find(index);
    if (holds(held, content))
        return;
    auto const* const original = last_.pages().find(index);
    auto const copied_before = may_have_reverted_ && (held == nullptr || original == nullptr || !(*held == *original));
    if (copied_before && original != nullptr && holds(original, content)) {
        found_.reverted.push_back(index);
        return;
    }
    if (held != nullptr && std::memcmp(content, zero_page.data(), page_bytes) == 0) {
        found_.zeroed.push_back(index);
        return;
    }
    found_.stored.push_back(index);
    found_.contents.push_back(content);
    found_.telling.push_back(telling_byte(held, content));
}

/// Effect: stores what was found.
void draft::store()
{
    if (found_.contents.empty())
        return;
    try {
        store_.add(found_.stored, found_.contents, found_.frames);
    } catch (quota_exceeded const&) {
        // What was copied ahead of these pages pays for them.
        auto const before = store_.live();
        for (auto const index : found_.stored) {
            auto const* const original = last_.pages().find(index);
            if (original == nullptr)
                pages_ = std::move(pages_).erase(index);
            else
                pages_ = std::move(pages_).assign(index, *original);
        }
        if (store_.live() == before)
            throw;
        store_.add(found_.stored, found_.contents, found_.frames);
    }
}

/// Effect: puts what was found and stored into the table.
void draft::apply()
{
    for (std::size_t i = 0; i < found_.stored.size(); ++i) {
        found_.frames[i].record()->telling = found_.telling[i];
        pages_ = std::move(pages_).assign(found_.stored[i], std::move(found_.frames[i]));
    }
    for (auto const index : found_.zeroed)
        pages_ = std::move(pages_).erase(index);
    for (auto const index : found_.reverted) {
        auto const slot = *last_.pages().find(index);
        pages_ = std::move(pages_).assign(index, slot);
    }
    found_.clear();
}

} // namespace still::heaps
