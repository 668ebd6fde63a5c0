// SPDX-License-Identifier: BSL-1.0
//
// Asking a keeper for a page. No lock is held, so that a keeper that hangs stalls its caller alone.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "still/segment/content.hpp"
#include "still/segment/error.hpp"

namespace still::segments {

/// The questions that a thread has open: a keeper that needs other pages asks on, but not without end, and
/// never for the page it was asked for.
class question {
public:
    /// So many may be open at a time: it bounds the stack.
    static constexpr unsigned most = 16;

    /// Effect: the question is open until this goes. Throws keeper_failed where it can't have an answer.
    question(keeper_record const& whom, page_index page)
        : whom_(whom.kept_by.get())
        , page_(page)
        , outer_(innermost)
        , depth_(outer_ == nullptr ? 1 : outer_->depth_ + 1)
    {
        for (auto const* open = outer_; open != nullptr; open = open->outer_) {
            if (open->whom_ == whom_ && open->page_ == page_)
                boost::throw_exception(keeper_failed("still: a keeper asked for page " + std::to_string(page_)
                    + " while it was asked for it (supply it from somewhere else)"));
        }
        if (depth_ > most)
            boost::throw_exception(keeper_failed("still: " + std::to_string(most)
                + " keepers wait for one another (supply pages without reading so many others)"));
        innermost = this;
    }
    question(question const&) = delete;
    question& operator=(question const&) = delete;
    ~question()
    {
        if (innermost == this)
            innermost = outer_;
    }

private:
    static inline thread_local question const* innermost = nullptr;

    keeper const* whom_;
    page_index page_;
    question const* outer_;
    unsigned depth_;
};

/// A page of a keeper, and how much of it: what two records of one keeper may agree about.
struct kept_page {
    keeper const* whom;
    page_index page;
    std::size_t bytes;

    [[nodiscard]] friend auto operator<=>(kept_page, kept_page) noexcept = default;
};
/// The name of a page in a record, as all records of its keeper have it.
[[nodiscard]] inline kept_page page_kept(keeper_record const& whom, page_index page) noexcept
{
    return { whom.kept_by.get(), page, whom.bytes_in(page) };
}

/// Returns the bytes of a page, as the keeper counts it: page_bytes of them, zeros past what it keeps.
/// Calls the keeper. Throws not_present where it refuses, keeper_failed where it answers with another size or
/// asks for what it was asked for, and what it throws.
[[nodiscard]] inline std::vector<std::byte> ask(keeper_record const& whom, page_index page)
{
    auto const kept_alive = whom.kept_by; // the keeper may replace the version that names it
    auto const bytes_kept = whom.bytes_in(page);
    auto answer = [&] {
        question const open(whom, page);
        return kept_alive->supply(page);
    }();
    if (answer.empty())
        boost::throw_exception(not_present(page));
    if (answer.size() != page_bytes)
        boost::throw_exception(keeper_failed("still: a keeper answered with " + std::to_string(answer.size())
            + " bytes for page " + std::to_string(page) + " (supply 4096, or none to refuse)"));
    std::fill(answer.begin() + static_cast<std::ptrdiff_t>(bytes_kept), answer.end(), std::byte{ 0 });
    return answer;
}

} // namespace still::segments
