// SPDX-License-Identifier: BSL-1.0
//
// Keeping a version past its giver's will: one's own bank buys a copy.
//
//   still::adopter<map> mine(bank);
//   auto const first = mine.adopt(offered);        // all of it
//   auto const next = mine.adopt(offered_later);   // pays for what differs from the last, and shares the rest with it

#pragma once

#include <boost/system/result.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#include "still/capability/capability.hpp"
#include "still/capability/versions.hpp"
#include "still/core/charged_heap.hpp"

namespace still {

/// What adopting a T gives, and how. Specialised for Still's versions.
///   type                            the copy: of the same contents, charged to the adopter's bank
///   copy(seen, payer)               all of it
///   follow(before, seen, payer)     the same contents, sharing with `before`, which `payer` had paid for
template <class T>
struct adoption;

/// Adopts versions, one after the other, into one bank. It keeps the last one, to share with it. See Note: adopting.
/// Thread contract: one adopter by the standard library's rule. Capabilities may be revoked meanwhile.
template <can_be_adopted T>
class adopter {
public:
    using version_type = typename adoption<T>::type;

    /// Allocates nothing.
    explicit adopter(bank payer) noexcept
        : payer_(std::move(payer))
    {
    }

    /// Effect: a version with the contents of the one that a capability names, all of whose nodes, frames and elements
    /// this adopter's bank pays for. Nothing of the giver's is shared or kept; it may be revoked, and its bank
    /// destroyed. Nodes and frames are bought where contents differ from what was adopted last; what is equal is shared
    /// with that. The same version where nothing differs. Reads all of both: O(n) steps, O(changes · log n)
    /// allocations. It runs under a lease. Throws quota_exceeded, bank_destroyed, std::bad_alloc, std::logic_error
    /// where there is no bank, and what copying elements throws; then what was adopted last is as it was. Errors:
    /// those of capability_error.
    [[nodiscard]] boost::system::result<version_type> adopt(capability<T> const& offered)
    {
        if (static_cast<bool>(offered) && offered.allows(rights::read) && !offered.allows(rights::adopt))
            return error_code_of(slots::refusal::no_right);
        auto const lease = slots::scoped(slots::open(offered.name_, slots::kind_of<T>));
        if (!lease)
            return error_code_of(lease.why());
        auto const& seen = stored_version<T>::in(lease.version());
        last_ = any_ ? adoption<T>::follow(last_, seen, payer_) : adoption<T>::copy(seen, payer_);
        any_ = true;
        return last_;
    }

    /// What was adopted last, or an empty version.
    [[nodiscard]] version_type const& last() const noexcept { return last_; }
    [[nodiscard]] bank const& payer() const noexcept { return payer_; }

private:
    bank payer_;
    version_type last_;
    bool any_ = false;
};

/// Effect: adopts a version once. As adopter<T>::adopt.
template <can_be_adopted T>
[[nodiscard]] boost::system::result<typename adoption<T>::type> adopt(capability<T> const& offered, bank const& payer)
{
    return adopter<T>(payer).adopt(offered);
}

/// The policy of an adopted version: the same where a bank pays already, else charged_policy.
template <class Policy>
using adopted_policy = std::conditional_t<std::same_as<typename Policy::heap, charged_heap>, Policy, charged_policy>;

namespace adopting {

/// Effect: goes over two ascending ranges side by side, and calls gone(before) for what only the first has, came(after)
/// for what only the second has, both(before, after) else.
template <class Before, class After, class Less, class Gone, class Came, class Both>
void side_by_side(Before const& before, After const& after, Less less, Gone gone, Came came, Both both)
{
    auto old = before.begin();
    auto const old_end = before.end();
    auto now = after.begin();
    auto const now_end = after.end();
    while (old != old_end || now != now_end) {
        if (now == now_end || (old != old_end && less(*old, *now)))
            gone(*old++);
        else if (old == old_end || less(*now, *old))
            came(*now++);
        else
            both(*old++, *now++);
    }
}

} // namespace adopting

template <std::equality_comparable T, class Compare, class Policy>
struct adoption<set<T, Compare, Policy>> {
    using seen_type = set<T, Compare, Policy>;
    using type = set<T, Compare, adopted_policy<Policy>>;

    /// All of it, paid for by `payer`. O(n).
    [[nodiscard]] static type copy(seen_type const& seen, bank const& payer)
    {
        return type::from_sorted(std::ranges::subrange(seen.begin(), seen.end()), seen.key_comp(), charged_heap(payer));
    }
    /// The same contents, sharing with `before` what is equal. O(n) steps; nodes where they differ.
    [[nodiscard]] static type follow(type const& before, seen_type const& seen, bank const&)
    {
        auto next = before;
        auto const forget = [&](T const& gone) { next = std::move(next).erase(gone); };
        auto const take = [&](T const& came) { next = std::move(next).insert(came); };
        adopting::side_by_side(before, seen, seen.key_comp(), forget, take, [&](T const& old, T const& now) {
            if (old == now)
                return;
            forget(old);
            take(now);
        });
        return next;
    }
};

template <class K, std::equality_comparable V, class Compare, class Policy>
struct adoption<map<K, V, Compare, Policy>> {
    using seen_type = map<K, V, Compare, Policy>;
    using type = map<K, V, Compare, adopted_policy<Policy>>;

    /// All of it, paid for by `payer`. O(n).
    [[nodiscard]] static type copy(seen_type const& seen, bank const& payer)
    {
        return type::from_sorted(std::ranges::subrange(seen.begin(), seen.end()), seen.key_comp(), charged_heap(payer));
    }
    /// The same contents, sharing with `before` what is equal. O(n) steps; nodes where they differ.
    [[nodiscard]] static type follow(type const& before, seen_type const& seen, bank const&)
    {
        auto next = before;
        adopting::side_by_side(
            before, seen,
            [less = seen.key_comp()](auto const& one, auto const& other) { return less(one.first, other.first); },
            [&](auto const& gone) { next = std::move(next).erase(gone.first); },
            [&](auto const& came) { next = std::move(next).insert(came.first, came.second); },
            [&](auto const& old, auto const& now) {
                if (!(old.second == now.second))
                    next = std::move(next).insert_or_assign(now.first, now.second);
            });
        return next;
    }
};

template <std::equality_comparable T, class Policy>
struct adoption<vector<T, Policy>> {
    using seen_type = vector<T, Policy>;
    using type = vector<T, adopted_policy<Policy>>;

    /// All of it, paid for by `payer`. O(n).
    [[nodiscard]] static type copy(seen_type const& seen, bank const& payer)
    {
        return type(seen.begin(), seen.end(), charged_heap(payer));
    }
    /// The same contents, sharing with `before` what is equal. O(n) steps; nodes where they differ.
    [[nodiscard]] static type follow(type const& before, seen_type const& seen, bank const&)
    {
        auto next = before;
        auto const both = std::min(before.size(), seen.size());
        auto old = before.begin();
        auto now = seen.begin();
        for (typename type::size_type index = 0; index < both; ++index, ++old, ++now)
            if (!(*old == *now))
                next = std::move(next).assign(index, *now);
        if (before.size() > both)
            next = std::move(next).take(both);
        return std::move(next).append_range(std::ranges::subrange(now, seen.end()));
    }
};

template <std::equality_comparable Slot, class Policy>
struct adoption<page_table<Slot, Policy>> {
    using seen_type = page_table<Slot, Policy>;
    using type = page_table<Slot, adopted_policy<Policy>>;

    /// All of it, paid for by `payer`. O(n).
    [[nodiscard]] static type copy(seen_type const& seen, bank const& payer)
    {
        auto next = type(charged_heap(payer));
        for (auto const run : seen.runs())
            next = std::move(next).assign(run.first, run.count, run.slot);
        return next;
    }
    /// The same contents, sharing with `before` what is equal. O(n) steps; nodes where they differ.
    [[nodiscard]] static type follow(type const& before, seen_type const& seen, bank const&)
    {
        auto next = before;
        adopting::side_by_side(
            before, seen, [](auto const& one, auto const& other) { return one.index < other.index; },
            [&](auto const& gone) { next = std::move(next).erase(gone.index); },
            [&](auto const& came) { next = std::move(next).assign(came.index, came.slot); },
            [&](auto const& old, auto const& now) {
                if (!(old.slot == now.slot))
                    next = std::move(next).assign(now.index, now.slot);
            });
        return next;
    }
};

template <>
struct adoption<segment> {
    using type = segment;

    /// All of it, paid for by `payer`. O(n).
    [[nodiscard]] static type copy(segment const& seen, bank const& payer)
    {
        return follow(segment(0, payer), seen, payer);
    }
    /// The same contents, sharing with `before` what is equal. O(n) steps; nodes where they differ.
    [[nodiscard]] static type follow(segment const& before, segment const& seen, bank const& payer)
    {
        auto next = before.paid_by(payer).resize(seen.size());
        std::array<std::byte, page_bytes> page;
        auto const copy_page = [&](page_index index) {
            auto const offset = index * page_bytes;
            auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(page_bytes, seen.size() - offset));
            seen.read(offset, std::span(page).first(count));
            next = std::move(next).write(offset, std::span<std::byte const>(page).first(count));
        };
        // Mounts may be large, and sparse: what is equal in both isn't looked at page by page.
        for (auto pages = diff(before, seen).pages(); !pages.at_end(); pages.advance_page()) {
            if (pages.page() * page_bytes < seen.size())
                copy_page(pages.page());
        }
        return next;
    }
};

template <>
struct adoption<snapshot> : adoption<segment> { };

} // namespace still
