// SPDX-License-Identifier: BSL-1.0
//
// A tree's nodes as one who takes it apart sees them (see core/dismantle.hpp).

#pragma once

#include "still/core/dismantle.hpp"
#include "still/tree/node.hpp"
#include "still/tree/reader.hpp"

namespace still::tree {

template <class Schema>
[[nodiscard]] unsigned child_count(node<Schema> const& of) noexcept
{
    return of.level == 0 ? 0 : of.length;
}

/// Precondition: slot < child_count(of).
template <class Schema>
[[nodiscard]] node<Schema>* child_at(node<Schema> const& of, unsigned slot) noexcept
{
    return as_branch(of).children[slot].get();
}

/// Effect: destroys a node's elements or separators, and gives its memory back. Its children are no concern
/// of its any more.
template <class Schema>
void destroy_alone(node<Schema>* gone) noexcept
{
    static_assert(Schema::max_height <= core::most_levels);
    node<Schema>::destroy_alone(gone);
}

/// Effect: takes the root out of a container, which is empty from then on and may be used again. Not where the nodes
/// are a region's: a rollback would take them from whoever has the root.
template <class Access, class Core>
    requires(requires(Core& core) { core.give_root(); } && !readable_elsewhere<typename Access::schema::heap>)
[[nodiscard]] auto give_root(reader<Access, Core>& of) noexcept
{
    return internals::core(of).give_root();
}

} // namespace still::tree
