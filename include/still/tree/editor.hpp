// SPDX-License-Identifier: BSL-1.0
//
// Many edits of one version, in ascending order of their keys, in one walk from left to right.

#pragma once

#include <cstdint>
#include <utility>

#include "still/tree/assemble.hpp"
#include "still/tree/cursor.hpp"

namespace still::tree {

/// Goes from key to key and changes what it finds there. Each node with a change below it is copied once,
/// all others are shared, and where nothing was changed the result is the version's own root, and nothing
/// was allocated. k edits cost O(k log(n/k + 1)), and touch the version not at all: what throws leaves
/// nothing behind. The tree outlives the editor. See Note: merging.
///
///   seek, then at most one of erase and assign where it found an element, or one insert where it didn't
template <class Schema, class Less>
class editor {
public:
    editor(typename Schema::heap& heap, borrowed<node<Schema>> base, Less const& less) noexcept
        : at_(base)
        , less_(less)
        , into_(heap, base, less)
    {
    }

    /// Effect: goes to where `key` belongs. Returns the element with an equivalent key, or null.
    /// Precondition: `key` is greater than all that were sought before.
    template <class Sought>
    place<Schema> seek(Sought const& key)
    {
        if (at_.at_end())
            return {};
        into_.keep(at_.seek(key, less_));
        if (at_.at_end() || !at_.in_leaf() || less_(key, at_.here()))
            return {};
        return { &at_.in(), at_.index() };
    }

    /// Effect: the element found goes.
    void erase()
    {
        into_.drop(1);
        at_.advance(1);
    }

    /// Effect: the key found gets another value.
    template <class ValueSource>
    void assign(ValueSource&& value)
    {
        auto const& key = at_.here();
        into_.drop(1);
        into_.add(incoming{ kept{ key }, std::forward<ValueSource>(value) });
        at_.advance(1);
    }

    /// Effect: a new element comes in. Precondition: its key is equivalent to the one sought last.
    template <class KeySource, class ValueSource>
    void insert(KeySource&& key, ValueSource&& value)
    {
        into_.add(incoming{ std::forward<KeySource>(key), std::forward<ValueSource>(value) });
    }

    /// Effect: the tree with all edits made.
    [[nodiscard]] owned<node<Schema>> finish() { return into_.finish_with_rest(); }

private:
    cursor<Schema> at_;
    Less const& less_;
    assembler<Schema, Less> into_;
};

} // namespace still::tree
