// SPDX-License-Identifier: BSL-1.0

#include "heap/version.hpp"

#include <algorithm>
#include <iterator>

namespace still::heaps {

version::version(std::shared_ptr<version_register> home, segment content, origin cut)
    : home_(std::move(home))
    , content_(std::move(content))
    , cut_(cut)
{
    std::list<version const*> node{ this };
    place_ = node.begin();
    std::scoped_lock const lock(home_->mutex_);
    home_->alive_.splice(home_->alive_.end(), node);
}

version::~version()
{
    std::list<version const*> node;
    std::scoped_lock const lock(home_->mutex_);
    node.splice(node.end(), home_->alive_, place_);
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
