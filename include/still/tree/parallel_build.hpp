// SPDX-License-Identifier: BSL-1.0
//
// Building a tree of sorted elements on several threads.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <utility>
#include <vector>

#include "still/tree/ascending.hpp"
#include "still/tree/builder.hpp"
#include "still/tree/parallel.hpp"

namespace still::tree {

/// Builds whole subtrees of equal size, each as dense as can be, on any thread, and of these, on one, the tree.
template <class Schema, class Less, class Executor, class Iterator>
class parallel_build {
public:
    parallel_build(forks<Executor> const& to, typename Schema::heap const& heap, Less const& less, Iterator begin,
        std::size_t count)
        : to_(to)
        , heap_(heap)
        , less_(less)
        , begin_(begin)
        , count_(count)
        , roots_((count + unit_ - 1) / unit_)
    {
    }

    [[nodiscard]] owned<node<Schema>> run()
    {
        build(0, roots_.size());
        typename Schema::heap heap = heap_;
        builder<Schema, Less> built(heap, less_);
        for (std::size_t part = 0; part < roots_.size(); ++part) {
            if (part > 0)
                require_ascending(less_(*last(roots_[part - 1].borrow()).key(), *first(roots_[part].borrow()).key()));
            built.add(subtree<Schema>{ roots_[part].get(), nullptr, nullptr });
        }
        return built.finish();
    }

private:
    /// The largest full subtree that is no more than a grain.
    [[nodiscard]] static std::size_t full_subtree(std::uint64_t grain) noexcept
    {
        auto size = Schema::leaf_capacity;
        while (size <= grain / Schema::branch_capacity)
            size *= Schema::branch_capacity;
        return size;
    }

    void build(std::size_t first_part, std::size_t last_part)
    {
        if (last_part - first_part > 1) {
            auto const middle = first_part + (last_part - first_part) / 2;
            invoke_both(to_.on, [&] { build(first_part, middle); }, [&] { build(middle, last_part); });
        } else if (first_part < last_part) {
            auto const start = first_part * unit_;
            roots_[first_part] = build_here(start, std::min(start + unit_, count_));
        }
    }

    [[nodiscard]] owned<node<Schema>> build_here(std::size_t start, std::size_t end) const
    {
        typename Schema::heap heap = heap_;
        builder<Schema, Less> built(heap, less_);
        using difference = std::iter_difference_t<Iterator>;
        add_ascending_elements(
            built, less_, begin_ + static_cast<difference>(start), begin_ + static_cast<difference>(end));
        return built.finish();
    }

    forks<Executor> const& to_;
    heap_in_use_t<typename Schema::heap> heap_; ///< outlives the parts that nobody owns yet
    Less const& less_;
    Iterator begin_;
    std::size_t count_;
    std::size_t unit_ = full_subtree(to_.grain); ///< elements of a part; known before the parts are
    std::vector<owned<node<Schema>>> roots_;
};

} // namespace still::tree
