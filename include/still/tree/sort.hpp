// SPDX-License-Identifier: BSL-1.0
//
// Sorting scratch so that equivalent items keep their order. The standard library's stable sort would do,
// but that of libstdc++ 12 makes Clang warn about what it is made of.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace still::tree {

/// Effect: sorts by `before`, and keeps the order in which equivalent items came. O(k log k) comparisons
/// and moves; allocates room for as many items again. Throws what these throw; what is left then is valid,
/// and may have lost items.
template <class Item, class Before>
void sort_stably(std::vector<Item>& items, Before before)
{
    using std::make_move_iterator;
    constexpr std::ptrdiff_t start = 16; // runs that are sorted where they lie
    auto const count = std::ssize(items);
    for (std::ptrdiff_t first = 0; first < count; first += start) {
        auto const begin = items.begin() + first;
        auto const end = items.begin() + std::min(first + start, count);
        for (auto next = begin; next != end; ++next)
            std::rotate(std::upper_bound(begin, next, *next, before), next, next + 1);
    }
    std::vector<Item> merged;
    if (count > start)
        merged.reserve(items.size());
    for (auto width = start; width < count; width *= 2) {
        merged.clear();
        for (std::ptrdiff_t first = 0; first < count; first += 2 * width) {
            auto const begin = make_move_iterator(items.begin() + first);
            auto const middle = make_move_iterator(items.begin() + std::min(first + width, count));
            auto const end = make_move_iterator(items.begin() + std::min(first + 2 * width, count));
            std::merge(begin, middle, middle, end, std::back_inserter(merged), before);
        }
        std::swap(items, merged);
    }
}

} // namespace still::tree
