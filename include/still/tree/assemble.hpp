// SPDX-License-Identifier: BSL-1.0
//
// Making the result of an operation on a version, which may turn out to be that version itself.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/builder.hpp"
#include "still/tree/cursor.hpp"

namespace still::tree {

/// Builds a result out of the elements of a version, its base, and others. It is told of all the base's
/// elements in order, how many stay and how many go, and follows only when something else comes between.
/// Then whatever stays is taken in the largest subtrees there are. So each node of the base without a
/// change below it is shared, whatever was opened to find that out; and an operation that changes nothing
/// gives the same root and allocates nothing. See Note: merging.
///
/// Costs O(1) amortised for what is told, and O(log n) at most for each change.
template <class Schema, class Less>
class assembler {
public:
    assembler(typename Schema::heap& heap, borrowed<node<Schema>> base, Less const& less) noexcept
        : base_(base)
        , follower_(base)
        , built_(heap, less)
    {
    }

    /// The base's next elements stay.
    void keep(std::uint64_t count)
    {
        if (count == 0)
            return;
        if (dropped_ > 0)
            follow();
        kept_ += count;
    }

    /// The base's next elements go.
    void drop(std::uint64_t count) noexcept { dropped_ += count; }

    /// Elements that the base doesn't have come in.
    void add(subtree<Schema> const& from)
    {
        follow();
        built_.add(from);
    }
    void add(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        follow();
        built_.add(from, first, last);
    }
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        follow();
        built_.add(std::move(element));
    }

    /// True while the result so far is the base's beginning.
    [[nodiscard]] bool is_beginning() const noexcept { return is_base_ && dropped_ == 0; }

    /// The base's next elements go, and others come instead, some of which may be the same.
    void replace(std::uint64_t count, mixture<Schema> const& by)
    {
        follow();
        built_.add(by);
        drop(count);
    }

    /// Effect: the result, without those elements of the base that nothing was told of.
    [[nodiscard]] owned<node<Schema>> finish()
    {
        if (is_base_ && kept_ == size_of(base_))
            return owned<node<Schema>>::share(base_);
        dropped_ = 0;
        follow();
        return built_.finish();
    }

    /// Effect: the same, with them.
    [[nodiscard]] owned<node<Schema>> finish_with_rest()
    {
        if (is_base_ && dropped_ == 0)
            return owned<node<Schema>>::share(base_);
        follow();
        while (!follower_.at_end())
            static_cast<void>(pass<true>(~std::uint64_t{ 0 }));
        return built_.finish();
    }

private:
    /// Effect: does what was told.
    [[gnu::always_inline]] void follow()
    {
        is_base_ = false;
        auto const told = kept_ + dropped_;
        if (told == 0)
            return;
        if (follower_.in_leaf()) [[likely]] {
            auto const& in = follower_.in();
            auto const first = follower_.index();
            if (told < in.length - first) {
                auto const kept = static_cast<std::size_t>(kept_);
                if (kept > 0)
                    built_.add(in, first, first + kept);
                follower_.advance(static_cast<std::size_t>(told));
                kept_ = dropped_ = 0;
                return;
            }
        }
        follow_further();
    }
    [[gnu::noinline]] void follow_further()
    {
        while (kept_ > 0)
            kept_ -= pass<true>(kept_);
        while (dropped_ > 0)
            dropped_ -= pass<false>(dropped_);
    }

    /// Effect: goes past the next element, or as many as lie together and `most` allows, and takes them
    /// into the result where they stay. Returns how many: 0 where a subtree had to be opened first.
    template <bool Stay>
    [[nodiscard]] std::uint64_t pass(std::uint64_t most)
    {
        if (follower_.in_leaf()) {
            auto const& in = follower_.in();
            auto const first = follower_.index();
            auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(most, in.length - first));
            if constexpr (Stay)
                built_.add(in, first, first + count);
            follower_.advance(count);
            return count;
        }
        if (follower_.level() == base_->level) {
            auto const all = size_of(*base_);
            if (all > most) {
                follower_.open();
                return 0;
            }
            if constexpr (Stay)
                built_.add(follower_.item());
            follower_.skip(base_->level);
            return all;
        }
        auto const next = follower_.siblings(most);
        if (next.size == 0) {
            follower_.open();
            return 0;
        }
        if constexpr (Stay)
            built_.add(next.of, next.first, next.last);
        follower_.skip(next);
        return next.size;
    }

    borrowed<node<Schema>> base_;
    cursor<Schema> follower_; ///< before the first element that isn't in `built_` yet, nor gone
    std::uint64_t kept_ = 0; ///< of the next elements, these stay,
    std::uint64_t dropped_ = 0; ///< and behind them these go
    bool is_base_ = true; ///< all that was told so far is the base's beginning
    builder<Schema, Less> built_;
};

} // namespace still::tree
