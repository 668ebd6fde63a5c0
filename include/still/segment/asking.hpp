// SPDX-License-Identifier: BSL-1.0
//
// Asking a keeper for a page. No lock is held, so that a keeper that hangs stalls its caller alone.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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
    /// See Note: shared objects.
    [[gnu::visibility("default")]] static inline thread_local question const* innermost = nullptr;

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

/// Returns the bytes of a page, as the keeper counts it, and of as many after it as the keeper answered with: whole
/// pages, zeros past what it keeps. Calls the keeper. Throws not_present where it refuses, keeper_failed where it
/// answers with another size or asks for what it was asked for, and what it throws.
[[nodiscard]] inline std::vector<std::byte> ask(keeper_record const& whom, page_index page)
{
    auto const kept_alive = whom.kept_by; // the keeper may replace the version that names it
    auto const kept_from_here = whom.bytes - page * page_bytes;
    auto answer = [&] {
        question const open(whom, page);
        return kept_alive->supply(page);
    }();
    if (answer.empty())
        boost::throw_exception(not_present(page));
    if (answer.size() % page_bytes != 0 || answer.size() - page_bytes >= kept_from_here)
        boost::throw_exception(keeper_failed("still: a keeper answered with " + std::to_string(answer.size())
            + " bytes for page " + std::to_string(page)
            + " (supply 4096, or a multiple for the pages after it too; or none to refuse)"));
    if (answer.size() > kept_from_here)
        std::fill(answer.begin() + static_cast<std::ptrdiff_t>(kept_from_here), answer.end(), std::byte{ 0 });
    return answer;
}

/// Asks for pages in order, and takes those that came with the answer before from there.
class asking_in_order {
public:
    /// The bytes of a page, valid until the next call. Throws as `ask`.
    [[nodiscard]] std::span<std::byte const, page_bytes> bytes_of(keeper_record const& whom, page_index page)
    {
        auto const known = !answer_.empty() && whom_ == whom.kept_by && kept_ == whom.bytes && page >= first_
            && page - first_ < answer_.size() / page_bytes;
        if (!known) {
            answer_.clear();
            answer_ = ask(whom, page);
            whom_ = whom.kept_by;
            kept_ = whom.bytes;
            first_ = page;
        }
        return std::span<std::byte const, page_bytes>(answer_.data() + (page - first_) * page_bytes, page_bytes);
    }

private:
    std::shared_ptr<keeper> whom_;
    std::uint64_t kept_ = 0;
    page_index first_ = 0;
    std::vector<std::byte> answer_;
};

} // namespace still::segments
