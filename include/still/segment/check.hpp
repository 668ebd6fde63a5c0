// SPDX-License-Identifier: BSL-1.0
//
// Checking a segment that somebody else has built, before it is read: that no code but the library's runs then, and
// that reading it, with all that is mounted in it, ends.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "still/core/ground.hpp"
#include "still/core/report.hpp"
#include "still/radix/position.hpp"
#include "still/radix/validate.hpp"
#include "still/segment/version.hpp"

namespace still {

namespace segments {

/// One walk over a segment's tables. A table that is mounted in many places is walked once, however many ways lead
/// there. Recursion is bounded by most_mounts.
class content_validation {
public:
    explicit content_validation(check_options const& how)
        : how_(how)
        , ground_(how)
        , most_mounts_(std::min(how.most_mounts, segments::most_mounts))
    {
    }

    /// Returns the first broken rule of a content that a read reaches through so many others.
    [[nodiscard]] report of(content const& seen, unsigned mounts)
    {
        auto const* const root = seen.pages.root().get();
        if (root == nullptr)
            return {};
        if (auto rules = walk(seen, mounts); !rules)
            return rules;
        auto const& found = known_.at(root);
        if (mounts + found.depth > most_mounts_)
            return too_deep();
        if (found.depth > seen.mount_depth)
            return { "depth of mounts ≤ mount_depth", "a table" };
        if (found.has_keepers && !seen.may_have_keepers)
            return { "may_have_keepers where a page is with a keeper", "a table" };
        return of_end(seen);
    }

private:
    /// What a walk has found in a table.
    struct finding {
        unsigned depth = 0; // of mounts
        bool has_keepers = false;
    };

    [[nodiscard]] static report too_deep() { return { "segments that a read leads through ≤ most_mounts", "a mount" }; }
    [[nodiscard]] static report broken(char const* rule, page_index page)
    {
        return { rule, "page " + std::to_string(page) };
    }

    /// Effect: learns what is in the content's table, unless it is known.
    [[nodiscard]] report walk(content const& seen, unsigned mounts)
    {
        auto const* const root = seen.pages.root().get();
        if (known_.contains(root))
            return {};
        radix::inventory inventory;
        core::sound_elements slots;
        if (auto table = radix::validate(root, inventory, ground_, slots); !table)
            return table;
        finding found;
        for (auto const [first, count, slot] : seen.pages.runs())
            if (auto rules = of_run(found, first, first + (count - 1), slot, mounts); !rules)
                return rules;
        known_.emplace(root, found);
        return {};
    }
    [[nodiscard]] report of_run(
        finding& found, page_index first, page_index last, page_slot const& slot, unsigned mounts)
    {
        if (auto const* const record = slot.frame())
            return record->bytes != nullptr ? report() : broken("a frame has bytes", first);
        if (auto const* const kept = slot.keeper()) {
            found.has_keepers = true;
            if (!how_.may_call_out)
                return broken("no page is with a keeper", first);
            auto const fits = first >= kept->start && last - kept->start < page_count(kept->bytes);
            return fits ? report() : broken("pages that a keeper has are pages that it keeps", first);
        }
        auto const* const through = slot.mount();
        if (through == nullptr)
            return {};
        auto const& mounted = through->mounted;
        if (first < through->start || through->first > mounted.page_end()
            || last - through->start >= mounted.page_end() - through->first)
            return broken("pages of a mount are pages of what is mounted", first);
        if (auto const* const rule = ground_.count())
            return broken(rule, first);
        if (mounts >= most_mounts_)
            return too_deep();
        if (auto below = of(mounted, mounts + 1); !below)
            return below;
        auto const* const root = mounted.pages.root().get();
        auto const there = root == nullptr ? finding() : known_.at(root);
        found.depth = std::max(found.depth, there.depth + 1);
        found.has_keepers = found.has_keepers || there.has_keepers;
        return {};
    }
    /// The rules that involve the size, which a table is used with.
    [[nodiscard]] static report of_end(content const& seen)
    {
        auto const last = radix::highest(seen.pages.root().get());
        auto const page = last.run_last();
        if (page >= seen.page_end())
            return broken("pages lie below the size", page);
        auto const rest = static_cast<std::size_t>(seen.size % page_bytes);
        if (page != seen.size / page_bytes || last.slot().frame() == nullptr)
            return {};
        auto const bytes = page_content(&last.slot());
        return all_zero(bytes.subspan(rest)) ? report() : broken("bytes past the size are zeros", page);
    }

    check_options const how_;
    core::sound_ground ground_;
    unsigned const most_mounts_;
    std::unordered_map<void const*, finding> known_; // by root; fewer than nodes were counted
};

} // namespace segments

/// Checks a segment whose nodes and frames came through their types: its tables, those of what is mounted in it, how
/// deep mounts go, and sizes; and, unless `how.may_call_out`, that nobody watches and no page is with a keeper, so that
/// no code but the library's runs when it is read. Nobody is called. O(nodes and slots), of each table once. Allocates
/// for each table; throws std::bad_alloc.
[[nodiscard]] inline report check(segment const& seen, check_options const& how = {})
{
    if (!how.may_call_out && segments::internals::is_watched(seen))
        return { "nobody watches", "the segment" };
    return segments::content_validation(how).of(segments::internals::of(seen), 0);
}

} // namespace still
