// SPDX-License-Identifier: BSL-1.0
//
// What the storm's threads know of banks, grants and forwarders, so that somebody can reckon up what must be there.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "still/capability.hpp"

namespace still_test {

/// A bank, and how far its end has come.
struct account {
    account(std::size_t place, account const* parent, still::bank mine)
        : number(place)
        , above(parent)
        , bank(std::move(mine))
    {
    }
    std::size_t const number;
    account const* const above;
    still::bank const bank;
    std::atomic<bool> ending{ false };
    std::atomic<bool> ended{ false };
};

/// A grant, or a forwarder before another or before a grant, and how far its end has come.
struct step {
    step(std::shared_ptr<step const> source, account const& paying, int number, std::size_t size)
        : before(std::move(source))
        , payer(paying)
        , key(number)
        , version_bytes(size)
    {
    }
    std::shared_ptr<step const> const before; ///< of a grant, null
    account const& payer;
    int const key; ///< what the version at the end of the way has
    std::size_t const version_bytes; ///< of a forwarder, 0
    std::atomic<bool> ending{ false };
    std::atomic<bool> ended{ false };
};

[[nodiscard]] inline bool has(std::atomic<bool> account::* come, account const& of)
{
    for (auto const* at = &of; at != nullptr; at = at->above)
        if ((at->*come).load())
            return true;
    return false;
}
/// True when an end on the way has come that far: a step's, or that of a bank that pays for one.
[[nodiscard]] inline bool has_begun_to_end(step const& of)
{
    for (auto const* at = &of; at != nullptr; at = at->before.get())
        if (at->ending.load() || has(&account::ending, at->payer))
            return true;
    return false;
}
[[nodiscard]] inline bool has_ended(step const& of)
{
    for (auto const* at = &of; at != nullptr; at = at->before.get())
        if (at->ended.load() || has(&account::ended, at->payer))
            return true;
    return false;
}
[[nodiscard]] inline step const& grant_of(step const& of)
{
    auto const* at = &of;
    while (at->before != nullptr)
        at = at->before.get();
    return *at;
}
[[nodiscard]] inline std::size_t depth_of(step const& of)
{
    std::size_t depth = 0;
    for (auto const* at = of.before.get(); at != nullptr; at = at->before.get())
        ++depth;
    return depth;
}

/// A root, ten banks below it, and a hundred below those, of which some soon are full. Whoever is destroyed gets a
/// successor; who was there is kept, as it may still have charges.
class accounts {
public:
    static constexpr std::size_t groups = 10;
    static constexpr std::size_t leaves = 100;

    explicit accounts(std::size_t leaf_limit)
        : leaf_limit_(leaf_limit)
    {
        all_.emplace_back(0U, nullptr, still::bank(leaf_limit * leaves));
        for (std::size_t group = 0; group < groups; ++group)
            found_group(group);
    }

    [[nodiscard]] account& leaf(std::size_t which) const { return *leaves_.at(which).load(); }

    /// Effect: destroys a bank, and founds its successor. Any thread.
    void destroy_leaf(std::size_t which)
    {
        auto& doomed = leaf(which);
        end(doomed);
        std::lock_guard const lock(founding_);
        auto& group = *groups_.at(which % groups);
        if (leaves_.at(which) == &doomed && !group.ending)
            try {
                found_leaf(which);
            } catch (still::bank_destroyed const&) {
                // whoever destroyed the group founds them all
            }
    }
    /// Effect: destroys a bank and the ten below it, and founds their successors. Any thread.
    void destroy_group(std::size_t which)
    {
        account* doomed = nullptr;
        {
            std::lock_guard const lock(founding_);
            doomed = groups_.at(which);
        }
        end(*doomed);
        std::lock_guard const lock(founding_);
        if (groups_.at(which) == doomed)
            found_group(which);
    }

    /// All that ever were. Precondition: nobody destroys any.
    [[nodiscard]] std::deque<account> const& all() const { return all_; }

private:
    static void end(account& doomed)
    {
        doomed.ending = true;
        doomed.bank.destroy();
        doomed.ended = true;
    }
    void found_group(std::size_t which)
    {
        auto const& root = all_.front();
        groups_.at(which) = &all_.emplace_back(all_.size(), &root, root.bank.child(leaf_limit_ * (leaves / groups)));
        for (auto below = which; below < leaves; below += groups)
            found_leaf(below);
    }
    void found_leaf(std::size_t which)
    {
        auto const& group = *groups_.at(which % groups);
        auto const limit = which == 0 ? 1'000 : which % 8 == 0 ? leaf_limit_ / 8 : leaf_limit_;
        leaves_.at(which) = &all_.emplace_back(all_.size(), &group, group.bank.child(limit));
    }

    std::size_t const leaf_limit_;
    std::mutex founding_;
    std::deque<account> all_;
    std::array<account*, groups> groups_{};
    std::array<std::atomic<account*>, leaves> leaves_{};
};

/// What a thread has brought into banks and taken out again, by their numbers. One thread may take out what another
/// brought: only the sums over all threads mean something.
class ledger {
public:
    struct sums {
        std::int64_t slots = 0; ///< grants and forwarders
        std::int64_t versions = 0; ///< bytes of granted versions
        std::int64_t probes = 0; ///< granted versions that are probes
        std::int64_t kept = 0; ///< bytes of versions held by value, which the bank's end doesn't take away
    };
    [[nodiscard]] sums& of(account const& payer)
    {
        if (sums_.size() <= payer.number)
            sums_.resize(payer.number + 1);
        return sums_[payer.number];
    }
    [[nodiscard]] sums seen(std::size_t number) const { return number < sums_.size() ? sums_[number] : sums(); }

private:
    std::vector<sums> sums_;
};

} // namespace still_test
