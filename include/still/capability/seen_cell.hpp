// SPDX-License-Identifier: BSL-1.0
//
// What a cell shows, kept, so that it can be seen whether it still shows that.

#pragma once

#include <concepts>

#include "still/capability/atom.hpp"

namespace still {

/// A look at a cell. As long as this is there, the version that was seen stays, and no other comes to be where it is:
/// so a cell that shows it has shown nothing else since. Belongs to the thread that made it.
template <can_be_granted T>
    requires std::copyable<T>
class seen_cell {
public:
    /// Throws as atom::load. Precondition: the cell outlives this.
    explicit seen_cell(atom<T> const& cell)
        : cell_(cell)
        , seen_(cell.current())
    {
        if (!seen_)
            cell.done(error_code_of(seen_.why()));
    }
    seen_cell(seen_cell const&) = delete;
    seen_cell& operator=(seen_cell const&) = delete;
    ~seen_cell() = default;

    /// True when the cell shows what was seen.
    [[nodiscard]] bool is_shown() const noexcept
    {
        auto const now = cell_.current();
        return now && &now.version() == &seen_.version();
    }
    /// A copy of the version, as atom::load.
    [[nodiscard]] T version() const { return stored_version<T>::in(seen_.version()); }

private:
    atom<T> const& cell_;
    slots::scoped const seen_;
};

} // namespace still
