// SPDX-License-Identifier: BSL-1.0

#include "heap/version.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace still::heaps {

version::version(std::shared_ptr<version_register> home, segment content, origin cut)
    : home_(std::move(home))
    , content_(std::move(content))
    , cut_(std::move(cut))
{
    std::list<version const*> node{ this };
    place_ = node.begin();
    std::scoped_lock const lock(home_->mutex_);
    auto const all_told = home_->untold_ == home_->alive_.end();
    home_->alive_.splice(home_->alive_.end(), node);
    if (all_told)
        home_->untold_ = place_;
}

version::~version()
{
    std::list<version const*> node;
    std::scoped_lock const lock(home_->mutex_);
    if (home_->untold_ == place_)
        ++home_->untold_;
    node.splice(node.end(), home_->alive_, place_);
}

void version_register::hold() noexcept
{
    mutex_.lock();
}
void version_register::let_go() noexcept
{
    mutex_.unlock();
}

std::size_t version_register::alive() const
{
    std::scoped_lock const lock(mutex_);
    return alive_.size();
}

void version_register::rest_on(segment last) noexcept
{
    // What it rested on until now goes after the lock: its frames may go with it.
    std::scoped_lock const lock(mutex_);
    std::swap(last_, last);
}

namespace {

version_info described(version const& seen, std::chrono::steady_clock::time_point now)
{
    auto const& cut = seen.cut();
    return { cut.number, seen.label(), cut.taken_at, now - cut.taken_at, {} };
}

} // namespace

std::optional<version_info> version_register::next_older_than(std::chrono::steady_clock::time_point then)
{
    std::optional<version_info> found;
    {
        std::scoped_lock const lock(mutex_);
        if (untold_ == alive_.end() || (*untold_)->cut().taken_at >= then)
            return found;
        found = described(**untold_, std::chrono::steady_clock::now());
        ++untold_;
    }
    return found;
}

std::vector<version_info> version_register::list() const
{
    std::vector<version_info> all;
    // Segments, not versions, as below. The live heap's last cut is one more, which isn't told of.
    std::vector<segment> contents;
    {
        auto const now = std::chrono::steady_clock::now();
        std::scoped_lock const lock(mutex_);
        all.reserve(alive_.size());
        contents.reserve(alive_.size() + 1);
        for (auto const* const seen : alive_) {
            all.push_back(described(*seen, now));
            contents.push_back(seen->content());
        }
        contents.push_back(last_);
    }

    // A frame stays from one version to a later one, may go, and come back by a rollback. How many versions
    // have it, and since which it is there, follows from the differences between neighbours.
    struct stay {
        std::size_t since = 0;
        std::size_t versions = 0; // of the stays that have ended
    };
    std::unordered_map<frame_record const*, stay> frames;
    std::vector<std::size_t> alone(contents.size());
    segment const none;
    auto const* before = &none;
    auto const end = [&](page_slot const* slot, std::size_t version) {
        if (slot == nullptr || slot->kind() != slot_kind::frame)
            return;
        auto& seen = frames[slot->frame()];
        seen.versions += version - seen.since;
    };
    for (std::size_t i = 0; i <= contents.size(); ++i) {
        auto const& after = i < contents.size() ? contents[i] : none;
        diff(before->pages(), after.pages(), [&](slot_change<page_slot> const& seen) {
            end(seen.change.before, i);
            if (seen.change.after != nullptr && seen.change.after->kind() == slot_kind::frame)
                frames[seen.change.after->frame()].since = i;
        });
        before = &after;
    }
    for (auto const& [record, seen] : frames)
        if (seen.versions == 1)
            ++alone[seen.since];
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const held = static_cast<std::size_t>(contents[i].frame_count());
        all[i].cost = { alone[i] * page_bytes, (held - alone[i]) * page_bytes };
    }
    return all;
}

footprint version_register::cost(version const& asked) const
{
    // Segments, not versions, so that nothing here keeps a version alive, or lets one go, under the lock.
    // The nearest first: they leave the fewest pages to look up in the rest.
    std::vector<segment> others;
    {
        std::scoped_lock const lock(mutex_);
        others.reserve(alive_.size() + 1);
        auto const at = std::find(alive_.begin(), alive_.end(), &asked);
        for (auto before = std::make_reverse_iterator(at); before != alive_.rend(); ++before)
            others.push_back((*before)->content());
        auto const earlier = others.size();
        for (auto after = std::next(at); after != alive_.end(); ++after)
            others.push_back((*after)->content());
        if (earlier > 0 && earlier < others.size())
            std::swap(others[earlier], others[std::min<std::size_t>(1, others.size() - 1)]);
        others.push_back(last_);
    }

    struct held {
        page_index page;
        page_slot const* content;
    };
    std::vector<held> alone;
    auto const& pages = asked.content().pages();
    diff(others.front().pages(), pages, [&](slot_change<page_slot> const& seen) {
        if (seen.change.after == nullptr || seen.change.after->kind() == slot_kind::nothing)
            return;
        for (std::uint64_t i = 0; i < seen.count; ++i)
            alone.push_back({ seen.index + i, seen.change.after });
    });
    for (auto other = std::next(others.begin()); other != others.end() && !alone.empty(); ++other)
        std::erase_if(alone, [&](held const& candidate) {
            auto const* const there = other->pages().find(candidate.page);
            return there != nullptr && *there == *candidate.content;
        });
    auto const all = static_cast<std::size_t>(asked.content().frame_count());
    return { alone.size() * page_bytes, (all - alone.size()) * page_bytes };
}

} // namespace still::heaps
