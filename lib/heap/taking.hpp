// SPDX-License-Identifier: BSL-1.0
//
// A version while it is being taken, step by step, so that several heaps can go through the steps together. See Note:
// pre-copy.

#pragma once

#include "heap/cut.hpp"
#include "heap/draft.hpp"

namespace still::heaps {

/// The steps, in this order, each once but for `close`: copy_ahead; close; copy_residue, the instant that is shown;
/// open; finish. Whatever throws, and when this goes without having been finished, the heap goes on as it was.
class heap_core::taking {
public:
    /// Effect: begins a cut; throws as that does.
    taking(heap_core& heap, snapshot_options options);
    taking(taking const&) = delete;
    taking& operator=(taking const&) = delete;
    ~taking() = default;

    /// Effect: copies what was written, while writers go on.
    void copy_ahead();
    /// Effect: as copy_ahead, but where the last cut found little, closes at once if there is little this time too.
    void copy_ahead_or_close();
    /// Effect: keeps writers out, if they aren't. Throws as cut::close.
    void close();
    /// Effect: as `close`, but returns false, and writers are let in, where they aren't gone by the deadline.
    [[nodiscard]] bool try_close(deadline until);
    /// Effect: lets writers in; another `close` may follow.
    void open() noexcept { cut_.open(); }
    /// Effect: copies what was written since copy_ahead. Precondition: closed.
    void copy_residue();
    /// Returns the version. Precondition: copy_residue, and open.
    [[nodiscard]] snapshot finish();

private:
    heap_core& heap_;
    snapshot_options options_;
    cut cut_;
    draft next_;
    precopied ahead_{};
    bool found_few_ = false; // writers are out, and all that they wrote is in pending_
    std::uint64_t bytes_ = 0;
    std::size_t residue_ = 0;
};

} // namespace still::heaps
