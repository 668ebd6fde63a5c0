// SPDX-License-Identifier: BSL-1.0
//
// Going through all elements of a version and telling of each whether it stays.

#pragma once

#include <utility>

#include "still/tree/assemble.hpp"
#include "still/tree/iterator.hpp"

namespace still::tree {

/// Stands at one element after another, in order, and makes the tree of those that stay and of new ones put
/// between them. Each node without a change below it is shared; where all stay the result is the root itself
/// and nothing is allocated. O(n) for all elements. Throws what the heap, the comparison and a copy throw; then
/// only dropping is left. The tree outlives the sieve.
template <class Schema, class Less>
class sieve {
public:
    sieve(typename Schema::heap& heap, borrowed<node<Schema>> root, Less const& less) noexcept
        : at_(root, 0)
        , into_(heap, root, less)
    {
    }

    [[nodiscard]] bool at_end() const noexcept { return at_.left_in_leaf() == 0; }

    /// The element at hand. Precondition: !at_end().
    [[nodiscard]] place<Schema> at() const noexcept { return at_.at(); }

    /// Effect: the element at hand stays; goes to the next one. Precondition: !at_end().
    void keep()
    {
        into_.keep(1);
        at_.step_forward();
    }

    /// Effect: the element at hand goes; goes to the next one. Precondition: !at_end().
    void drop() noexcept
    {
        into_.drop(1);
        at_.step_forward();
    }

    /// Effect: puts a new element before the one at hand. Precondition: its key is greater than those of all
    /// that stay or were put in before, and less than those of all that stay after.
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        into_.add(std::move(element));
    }

    /// Effect: the tree that was made. Precondition: at_end().
    [[nodiscard]] owned<node<Schema>> finish() { return into_.finish(); }

private:
    position<Schema> at_;
    assembler<Schema, Less> into_;
};

} // namespace still::tree
