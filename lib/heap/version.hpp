// SPDX-License-Identifier: BSL-1.0
//
// The versions of a heap that somebody holds, and the register of them.

#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heap/frame_store.hpp"
#include "os/forks.hpp"
#include "still/heap/version_info.hpp"
#include "still/segment.hpp"

namespace still::heaps {

class version;

/// Which versions of a heap are alive, in the order of their cuts, and what its last cut looked like. It
/// outlives the heap as long as a version does. Thread contract: every member from any thread.
class version_register final : private os::fork_part {
public:
    version_register(std::shared_ptr<frame_store> frames, std::string name, bool pools)
        : store(std::move(frames))
        , label(std::move(name))
        , has_pools(pools)
    {
    }

    std::shared_ptr<frame_store> const store;
    std::string const label;
    bool const has_pools; // of the heap: how blocks of its versions are given back

    [[nodiscard]] std::size_t alive() const;
    /// Effect: notes what the live heap rests on: its last cut, or nothing once the heap is gone.
    void rest_on(segment last) noexcept;
    /// What this version alone has, and what it shares. See snapshot::cost.
    [[nodiscard]] footprint cost(version const& asked) const;
    /// All that are alive. See heap::versions.
    [[nodiscard]] std::vector<version_info> list() const;
    /// The next version, in the order of their cuts, that was taken before then and wasn't returned here yet;
    /// or nothing. O(1) when there is none.
    [[nodiscard]] std::optional<version_info> next_older_than(std::chrono::steady_clock::time_point then);

private:
    friend class version;

    void hold() noexcept override;
    void let_go() noexcept override;

    mutable std::mutex mutex_;
    std::list<version const*> alive_;
    std::list<version const*>::iterator untold_ = alive_.end(); // the first that next_older_than may return
    segment last_;
    os::fork_registration const forks_{ os::fork_layer::versions, *this };
};

/// One version: made by one cut, never changed. Registered as long as it lives.
class version {
public:
    /// What is known of a cut.
    struct origin {
        std::uint64_t number = 0;
        std::chrono::steady_clock::time_point taken_at{};
        std::chrono::nanoseconds pause{};
        std::chrono::nanoseconds total{};
        std::string label{}; // its own; the heap's where it is empty
    };

    version(std::shared_ptr<version_register> home, segment content, origin cut);
    version(version const&) = delete;
    version& operator=(version const&) = delete;
    ~version();

    [[nodiscard]] segment const& content() const noexcept { return content_; }
    [[nodiscard]] origin const& cut() const noexcept { return cut_; }
    [[nodiscard]] std::string const& label() const noexcept { return cut_.label.empty() ? home_->label : cut_.label; }
    [[nodiscard]] version_register& home() const noexcept { return *home_; }

private:
    std::shared_ptr<version_register> const home_;
    segment const content_;
    origin const cut_;
    std::list<version const*>::iterator place_;
};

} // namespace still::heaps
