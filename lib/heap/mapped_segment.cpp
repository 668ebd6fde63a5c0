// SPDX-License-Identifier: BSL-1.0

#include "heap/mapped_segment.hpp"

#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace still::heaps {

namespace {

/// Neighbouring pages whose frames are neighbours in a heap's file too.
struct file_run {
    page_index first_page = 0;
    frame_store const* store = nullptr;
    std::size_t offset = 0;
    std::size_t pages = 0;
};

/// Whether a frame lies in a heap's file, and where. Frames of one heap mostly follow one another.
class finder {
public:
    [[nodiscard]] std::pair<frame_store const*, std::size_t> place_of(frame_record const& seen)
    {
        if (seen.source != source_) {
            source_ = seen.source;
            store_ = dynamic_cast<frame_store const*>(source_);
        }
        if (store_ != nullptr)
            if (auto const offset = store_->offset_of(&seen))
                return { store_, *offset };
        return {};
    }

private:
    frame_source const* source_ = nullptr;
    frame_store const* store_ = nullptr;
};

} // namespace

/// What a mapping is made of.
struct mapped_segment::layout {
    std::vector<file_run> runs;
    std::vector<std::pair<page_index, frame_record const*>> copies;
    std::vector<kept_run> kept;

    explicit layout(segments::content const& of)
    {
        finder where;
        segments::for_each_run(
            of.pages, 0, radix::index_end, [&](page_index start, std::uint64_t count, page_slot const& slot) {
                segments::for_each_through_mounts(
                    &slot, start, count, [&](page_index first, segments::pages_at const& there) {
                        if (auto const* const whom = there.held->keeper())
                            add(kept_run{ first, there.count, whom, whom->inner(there.page) });
                        else
                            for (auto page = first; page - first < there.count; ++page)
                                add(page, *there.held->frame(), where);
                    });
            });
    }

private:
    void add(kept_run const& next)
    {
        if (!kept.empty()) {
            auto& last = kept.back();
            if (next.whom == last.whom && next.first == last.first + last.count
                && next.inner == last.inner + last.count) {
                last.count += next.count;
                return;
            }
        }
        kept.push_back(next);
    }
    void add(page_index page, frame_record const& held, finder& where)
    {
        auto const [store, offset] = where.place_of(held);
        if (store == nullptr) {
            copies.emplace_back(page, &held);
            return;
        }
        if (!runs.empty()) {
            auto& last = runs.back();
            if (store == last.store && page == last.first_page + last.pages
                && offset == last.offset + last.pages * page_bytes) {
                ++last.pages;
                return;
            }
        }
        runs.push_back({ page, store, offset, 1 });
    }
};

mapped_segment::mapped_segment(segment content, std::shared_ptr<version const> of, late_reads late)
    : content_(std::move(content))
    , version_(std::move(of))
    , late_(late)
{
    if (content_.empty())
        return;
    if (content_.size() > std::numeric_limits<std::size_t>::max() / 2)
        boost::throw_exception(std::bad_alloc());
    if (late_ != late_reads::unmapped) {
        if (range_bytes() > quarantine::most_bytes)
            boost::throw_exception(std::length_error("still: a mapping of " + std::to_string(content_.size())
                + " bytes is too large to keep its addresses from others after its end (map parts of it, or let it be "
                  "unmapped)"));
        place_ = std::make_unique<quarantine::place>();
    }
    layout const parts(segments::internals::of(content_));
    // Each run splits the range of zeros: one entry for itself, and one for the zeros behind it.
    auto const wanted = 1 + 2 * (parts.runs.size() + parts.kept.size());
    if ((parts.kept.empty() || page_server::works()) && entries_.hold(wanted)) {
        map_runs(parts);
        return;
    }
    // One is taken also where there are none: a copy can't be refused.
    static_cast<void>(entries_.hold(1));
    copy_all();
}

mapped_segment::~mapped_segment()
{
    if (place_ == nullptr)
        return;
    server_.reset(); // from here on it touches no pages
    place_->range = std::move(range_);
    place_->entries = std::move(entries_);
    quarantine::enter(std::move(place_), late_);
}

/// Precondition: the content isn't empty.
std::size_t mapped_segment::range_bytes() const noexcept
{
    return page_bytes + static_cast<std::size_t>(segments::page_count(content_.size())) * page_bytes;
}

void mapped_segment::map_runs(layout const& parts)
{
    auto const has_copies = !parts.copies.empty();
    range_ = has_copies ? os::map_zeros(range_bytes()) : os::map_zeros_read_only(range_bytes());
    for (auto const& [page, held] : parts.copies)
        std::memcpy(first_page() + page * page_bytes, held->bytes, page_bytes);
    if (has_copies)
        os::make_read_only(range_.start(), range_.bytes());
    for (auto const& run : parts.runs)
        os::map_file_read_only(
            first_page() + run.first_page * page_bytes, run.store->file(), run.offset, run.pages * page_bytes);
    if (place_ != nullptr)
        place_->is_private = parts.runs.empty();
    if (!parts.kept.empty())
        server_ = std::make_unique<page_server>(first_page(), parts.kept, content_);
}

void mapped_segment::copy_all()
{
    range_ = os::map_zeros(range_bytes());
    segments::supplied_pages supplied;
    segments::read_through(
        segments::internals::of(content_), supplied, 0, { first_page(), static_cast<std::size_t>(content_.size()) });
    os::make_read_only(range_.start(), range_.bytes());
    materialised_ = true;
}

void mapped_segment::fetch(std::uint64_t offset, std::uint64_t count) const
{
    if (server_ != nullptr && count > 0)
        server_->fetch(offset / page_bytes, (offset + count - 1) / page_bytes + 1);
}

} // namespace still::heaps
