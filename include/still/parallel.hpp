// SPDX-License-Identifier: BSL-1.0
//
// Operations on large sets and maps, parted among threads. Opt-in: still.hpp has it not.
//
//   #include <still/adapters/tbb_executor.hpp>
//   auto const both = still::set_union(still::tbb_executor(), left, right);
//
// Each function does what the member or function of the same name does, and takes an executor first: the program's own
// (still/executor.hpp says how it is written), that of still/adapters/tbb_executor.hpp, or still::inline_executor.
// Results are equal to those without one, by `==`; how their elements are laid out in nodes may differ. Where
// nothing changes it is the same root. Operands are shared, and stay as they are whatever is thrown, on any thread:
// the exception comes to the caller, and nothing leaks. Of several exceptions one comes.
//
// Thread contract: comparators, predicates, copies and moves of elements, iterators of random access and the heap's
// handle (each thread has a copy) are used on several threads at the same time, and elements' destructors run on any;
// what they throw is thrown on any. Operands may be read meanwhile, as ever. The policy's count is one for several
// threads: `local_policy` is refused.
//
// Costs: the same work as without an executor, and O(log n) nodes laid out anew at each cut. Small operands, and
// versions that share nearly all, run on the caller's thread; so does all where concurrency() is 1, by the very
// function without an executor. See Note: parallel.

#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

#include "still/executor.hpp"
#include "still/tree/container.hpp"
#include "still/tree/parallel_algebra.hpp"
#include "still/tree/parallel_batch.hpp"
#include "still/tree/parallel_build.hpp"
#include "still/tree/parallel_filter.hpp"
#include "still/tree/parallel_release.hpp"

namespace still::tree {

/// What may be given as an executor.
template <class Executor>
concept executor_argument = executor<std::remove_reference_t<Executor>>;

/// Iterators that go any distance in constant time: those of random access. std::move_iterator over such a one says so
/// to the standard library's older concepts only, until C++23.
template <class Iterator>
concept leaps = std::random_access_iterator<Iterator>
    || std::derived_from<typename std::iterator_traits<Iterator>::iterator_category, std::random_access_iterator_tag>;

/// Effect: the combination of two containers, parted as `to` says.
template <class Face, class Access, class Core, class Executor, class LeftOnly, class RightOnly, class Both>
[[nodiscard]] Face combine_in_parallel(forks<Executor> const& to, container<Face, Access, Core> const& left,
    container<Face, Access, Core> const& right, LeftOnly left_only, RightOnly right_only, Both both)
{
    using schema = typename Access::schema;
    require_shared_counts<schema>();
    auto const& core = internals::core(left);
    return internals::make<Face>(core.combine(
        internals::core(right), left_only, right_only, both, [&](auto& heap, auto left_root, auto right_root) {
            return combine_trees<schema, typename Face::key_compare>(
                to, heap, left_root, right_root, core.less(), left_only, right_only, both);
        }));
}
template <class Face, class Access, class Core, class Executor, class LeftOnly, class RightOnly, class Both>
[[nodiscard]] Face combine_on(Executor& on, container<Face, Access, Core> const& left,
    container<Face, Access, Core> const& right, LeftOnly left_only, RightOnly right_only, Both both)
{
    return combine_in_parallel(part_among(on, left.size() + right.size()), left, right, left_only, right_only, both);
}

} // namespace still::tree

namespace still {

/// Effect: elements of either version; of those with equivalent keys the left operand's survives. Otherwise as
/// set_union(left, right).
template <tree::executor_argument Executor, class Face, class Access, class Core>
    requires(Core::is_shared)
[[nodiscard]] Face set_union(Executor&& on, tree::container<Face, Access, Core> const& left,
    std::type_identity_t<tree::container<Face, Access, Core>> const& right)
{
    return tree::combine_on(on, left, right, keep, keep, keep);
}

/// Effect: elements of the left version whose keys the right one has too. Otherwise as
/// set_intersection(left, right).
template <tree::executor_argument Executor, class Face, class Access, class Core>
    requires(Core::is_shared)
[[nodiscard]] Face set_intersection(Executor&& on, tree::container<Face, Access, Core> const& left,
    std::type_identity_t<tree::container<Face, Access, Core>> const& right)
{
    return tree::combine_on(on, left, right, drop, drop, keep);
}

/// Effect: elements of the left version whose keys the right one doesn't have. Otherwise as
/// set_difference(left, right).
template <tree::executor_argument Executor, class Face, class Access, class Core>
    requires(Core::is_shared)
[[nodiscard]] Face set_difference(Executor&& on, tree::container<Face, Access, Core> const& left,
    std::type_identity_t<tree::container<Face, Access, Core>> const& right)
{
    return tree::combine_on(on, left, right, keep, drop, drop);
}

/// Effect: elements whose keys exactly one version has. Otherwise as set_symmetric_difference(left, right).
template <tree::executor_argument Executor, class Face, class Access, class Core>
    requires(Core::is_shared)
[[nodiscard]] Face set_symmetric_difference(Executor&& on, tree::container<Face, Access, Core> const& left,
    std::type_identity_t<tree::container<Face, Access, Core>> const& right)
{
    return tree::combine_on(on, left, right, keep, keep, drop);
}

/// Effect: a version with the elements of a range as well, as version.insert_range(elements): an element whose key is
/// present stays out, as do all but the first of those with equivalent keys; the same root where nothing is new.
/// The range is read on the caller's thread; sorting is parted among threads, and so is what follows.
template <tree::executor_argument Executor, class Face, class Access, class Core, std::ranges::input_range Range>
    requires(Core::is_shared)
[[nodiscard]] Face insert_range(Executor&& on, tree::container<Face, Access, Core> const& version, Range&& elements)
{
    using schema = typename Access::schema;
    tree::require_shared_counts<schema>();
    auto const& core = tree::internals::core(version);
    auto heap = core.heap_to_share();
    auto gathered = tree::gather<schema>(std::forward<Range>(elements), core.less());
    auto const to = tree::part_among(on, version.size() + 8 * gathered.size()).for_batches();
    return tree::internals::make<Face>(core.with(
        tree::insert_all<schema, typename Face::key_compare>(to, heap, core.root(), std::move(gathered), core.less())));
}

/// Effect: a version without the elements that have these keys, as version.erase_keys(keys); the same root where there
/// are none. The range is read on the caller's thread; sorting is parted among threads, and so is what follows.
template <tree::executor_argument Executor, class Face, class Access, class Core, std::ranges::input_range Keys>
    requires(Core::is_shared)
[[nodiscard]] Face erase_keys(Executor&& on, tree::container<Face, Access, Core> const& version, Keys&& keys)
{
    using schema = typename Access::schema;
    tree::require_shared_counts<schema>();
    auto const& core = tree::internals::core(version);
    auto heap = core.heap_to_share();
    auto const to = tree::part_among(on, version.size()).for_batches();
    return tree::internals::make<Face>(core.with(tree::erase_all<schema, typename Face::key_compare>(
        to, heap, core.root(), std::forward<Keys>(keys), core.less())));
}

/// Effect: the elements for which `holds` is true, as version.filter(holds); the same root where all stay. It is
/// called with each element once, in any order, as const, on several threads at the same time.
template <tree::executor_argument Executor, class Face, class Access, class Core, class Holds>
    requires(Core::is_shared)
[[nodiscard]] Face filter(Executor&& on, tree::container<Face, Access, Core> const& version, Holds holds)
{
    tree::require_shared_counts<typename Access::schema>();
    auto const& core = tree::internals::core(version);
    auto const to = tree::part_among(on, version.size());
    auto const& asked = holds;
    auto const condition = [&asked](auto at) { return static_cast<bool>(Access::call(asked, at)); };
    return tree::internals::make<Face>(
        core.with(tree::filter_tree(to, core.heap_to_share(), core.root(), core.less(), condition)));
}

/// Effect: a container of strictly ascending elements, packed as densely as Container::from_sorted packs them. O(n).
/// The range is read on several threads at the same time, each element once; rvalues, as of
/// std::make_move_iterator, are moved. Throws std::invalid_argument where an element is not greater than the one
/// before it; what was moved then is gone.
template <class Container, tree::executor_argument Executor, std::ranges::input_range Range>
    requires(tree::leaps<std::ranges::iterator_t<Range>>)
[[nodiscard]] Container from_sorted(Executor&& on, Range&& elements,
    typename Container::key_compare compare = typename Container::key_compare(),
    typename Container::heap_type heap = typename Container::heap_type())
{
    using schema = typename Container::schema;
    using less = typename Container::key_compare;
    tree::require_shared_counts<schema>();
    auto const count = static_cast<std::size_t>(std::ranges::distance(elements));
    auto const to = tree::part_among(on, count);
    if (count <= to.grain)
        return Container::from_sorted(std::forward<Range>(elements), std::move(compare), std::move(heap));
    require_writable(heap);
    tree::parallel_build<schema, less, std::remove_reference_t<Executor>, std::ranges::iterator_t<Range>> build(
        to, heap, compare, std::ranges::begin(elements), count);
    auto root = build.run();
    return tree::internals::make<Container>(
        tree::version<schema, less>(std::move(compare), std::move(heap)).with(std::move(root)));
}

/// Effect: lets go of a version, which is empty from then on and may be used again. Where this was the last owner of
/// many nodes, they are destroyed on several threads; nodes that other versions have are counted down. Each node is
/// touched once. Allocates nothing itself. Throws what the executor throws: where that comes from `concurrency()`, the
/// version is as it was; else all has been let go of.
template <tree::executor_argument Executor, class Face, class Access, class Core>
void release(Executor&& on, tree::container<Face, Access, Core>&& version)
{
    using schema = typename Access::schema;
    tree::require_shared_counts<schema>();
    auto const to = tree::part_among(on, version.size());
    auto& core = tree::internals::core(version);
    if constexpr (placing_heap<typename schema::heap>)
        core.let_go([&](auto root) { tree::release_tree<schema>(to, std::move(root)); });
    else
        tree::release_tree<schema>(to, core.give_root());
}

} // namespace still
