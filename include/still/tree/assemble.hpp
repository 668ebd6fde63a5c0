// SPDX-License-Identifier: BSL-1.0
//
// Making the result of an operation on a version, which may turn out to be that version itself.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/builder.hpp"
#include "still/tree/join.hpp"

namespace still::tree {

/// Builds a result that may turn out to be a version there is. As long as what comes is that version's
/// own elements in order, it only counts; the first thing that is missing or new makes it build. So an
/// operation that changes nothing gives the same root and allocates nothing, and one that cuts the end
/// off shares the rest.
template <class Schema, class Less>
class assembler {
public:
    assembler(typename Schema::heap& heap, borrowed<node<Schema>> base, Less const& less) noexcept
        : heap_(heap)
        , base_(base)
        , built_(heap, less)
    {
    }

    /// The base's next elements stay.
    void keep(subtree<Schema> const& from)
    {
        if (follows_base_)
            kept_ += size_of(*from.root);
        else
            built_.add(from);
    }
    void keep(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        if (follows_base_)
            kept_ += last - first;
        else
            built_.add(from, first, last);
    }

    /// The base's next elements go. However many they are, it costs O(log n) at most.
    void drop() { leave_base(); }

    /// Elements that the base doesn't have come in.
    void add(subtree<Schema> const& from)
    {
        leave_base();
        built_.add(from);
    }
    void add(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        leave_base();
        built_.add(from, first, last);
    }
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        leave_base();
        built_.add(std::move(element));
    }

    [[nodiscard]] owned<node<Schema>> finish()
    {
        return follows_base_ ? first_of(heap_, base_, kept_) : built_.finish();
    }

private:
    void leave_base()
    {
        if (!follows_base_)
            return;
        follows_base_ = false;
        if (auto const part = first_of(heap_, base_, kept_))
            built_.add({ part.get(), nullptr, nullptr });
    }

    typename Schema::heap& heap_;
    borrowed<node<Schema>> base_;
    std::uint64_t kept_ = 0;
    bool follows_base_ = true;
    builder<Schema, Less> built_;
};

} // namespace still::tree
