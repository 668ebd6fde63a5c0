// SPDX-License-Identifier: BSL-1.0
//
// Batches on several threads: sorted, cut at keys, and each part put into its part of the tree.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/tree/batch.hpp"
#include "still/tree/parallel.hpp"

namespace still::tree {

/// Effect: sorts items [0, count) from `first` on, as sort_stably does.
template <class Item, class Executor, class Before>
void sort_stably(forks<Executor> const& to, Item* first, std::size_t count, Before const& before)
{
    using std::make_move_iterator;
    std::vector<Item> merged;
    if (count <= to.grain) {
        merged.assign(make_move_iterator(first), make_move_iterator(first + count));
        sort_stably(merged, before);
    } else {
        auto* const middle = first + count / 2;
        auto* const last = first + count;
        invoke_both(
            to.on, [&] { sort_stably(to, first, count / 2, before); },
            [&] { sort_stably(to, middle, count - count / 2, before); });
        merged.reserve(count);
        std::merge(make_move_iterator(first), make_move_iterator(middle), make_move_iterator(middle),
            make_move_iterator(last), std::back_inserter(merged), before);
    }
    std::ranges::move(merged, first);
}

/// Makes edits of runs of a batch in the parts of a tree that they fall into. `Edit` makes one, of a run's first item,
/// by an editor; `Sought` is what to look for in place of an item.
template <class Schema, class Less, class Executor, class Batch, class Sought, class Edit>
class parallel_edits {
public:
    parallel_edits(forks<Executor> const& to, typename Schema::heap const& heap, Less const& less, Batch& items,
        Sought const& sought, Edit const& edit) noexcept
        : to_(to)
        , heap_(heap)
        , less_(less)
        , items_(items)
        , sought_(sought)
        , edit_(edit)
    {
    }

    [[nodiscard]] owned<node<Schema>> run(borrowed<node<Schema>> root)
    {
        items_.arrange([&](auto& items, auto const& before) {
            if (items.size() <= to_.grain)
                sort_stably(items, before);
            else
                sort_stably(to_, items.data(), items.size(), before);
        });
        return run(root, 0, items_.size());
    }

private:
    [[nodiscard]] owned<node<Schema>> run(borrowed<node<Schema>> root, std::size_t first, std::size_t last)
    {
        auto heap = heap_;
        auto const middle = last - first <= to_.grain ? first : items_.start_of_run(first, first + (last - first) / 2);
        if (middle <= first)
            return run_here(heap, root, first, last);
        auto const before = rank(root, sought_(items_.at(middle)), less_);
        auto const low = first_of(heap, root, before);
        auto const high = rest_of(heap, root, before);
        auto made = fork<Schema>(
            to_, [&] { return run(low.borrow(), first, middle); }, [&] { return run(high.borrow(), middle, last); });
        if (made.low.get() == low.get() && made.high.get() == high.get())
            return owned<node<Schema>>::share(root);
        return concat(heap, std::move(made.low), std::move(made.high));
    }

    [[nodiscard]] owned<node<Schema>> run_here(
        typename Schema::heap& heap, borrowed<node<Schema>> root, std::size_t first, std::size_t last)
    {
        editor<Schema, Less> edits(heap, root, less_);
        auto const each = [&](auto& item, auto&) { edit_(edits, item); };
        items_.visit(first, last, each);
        return edits.finish();
    }

    forks<Executor> const& to_;
    typename Schema::heap const& heap_;
    Less const& less_;
    Batch& items_;
    Sought const& sought_;
    Edit const& edit_;
};

/// Effect: as insert_all without an executor.
template <class Schema, class Less, class Executor>
[[nodiscard]] owned<node<Schema>> insert_all(forks<Executor> const& to, typename Schema::heap& heap,
    borrowed<node<Schema>> root, element_batch<Schema, Less>&& elements, Less const& less)
{
    auto const sought = [](batch_element<Schema> const& element) -> auto const& {
        if constexpr (Schema::has_values)
            return element.first;
        else
            return element;
    };
    auto const insert = [](editor<Schema, Less>& edits, batch_element<Schema>& element) { insert_new(edits, element); };
    return parallel_edits<Schema, Less, Executor, element_batch<Schema, Less>, decltype(sought), decltype(insert)>(
        to, heap, less, elements, sought, insert)
        .run(root);
}

/// Effect: as erase_all without an executor.
template <class Schema, class Less, class Executor, class Range>
[[nodiscard]] owned<node<Schema>> erase_all(
    forks<Executor> const& to, typename Schema::heap& heap, borrowed<node<Schema>> root, Range&& keys, Less const& less)
{
    return with_keys<typename Schema::key_type>(
        std::forward<Range>(keys), less, [&](auto& gathered, auto const& sought) {
            auto const erase = [&](editor<Schema, Less>& edits, auto& item) {
                if (edits.seek(sought(item)))
                    edits.erase();
            };
            return parallel_edits<Schema, Less, Executor, std::remove_reference_t<decltype(gathered)>,
                std::remove_cvref_t<decltype(sought)>, decltype(erase)>(to, heap, less, gathered, sought, erase)
                .run(root);
        });
}

} // namespace still::tree
