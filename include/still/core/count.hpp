// SPDX-License-Identifier: BSL-1.0
//
// Reference counts that live inside nodes. A count starts at one: whoever made the node owns it.

#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>

#include "still/core/config.hpp"
#include "still/core/single_thread.hpp"

namespace still {

/// A count of a node's owners.
///   retain()   adds an owner; the caller is one, or holds the node through one
///   release()  drops the caller's ownership; true when it was the last, and then the node is the
///              caller's to destroy, with every earlier owner's writes visible
///   unique()   true when the caller is the only owner, with every earlier owner's writes visible
template <class Count>
concept reference_count = std::default_initializable<Count> && requires(Count& count, Count const& seen) {
    { count.retain() } noexcept -> std::same_as<void>;
    { count.release() } noexcept -> std::same_as<bool>;
    { seen.unique() } noexcept -> std::same_as<bool>;
    { seen.owners() } noexcept -> std::same_as<std::uint32_t>;
};

/// More owners than this is a fault of the program (a leak in a loop, most likely), and stopping is
/// better than a count that wraps and frees a node in use.
inline constexpr std::uint32_t most_owners = std::uint32_t{ 1 } << 31;

/// A count that any thread may change. Thread contract: every member from any thread.
class atomic_count {
public:
    atomic_count() noexcept = default;
    atomic_count(atomic_count const&) = delete;
    atomic_count& operator=(atomic_count const&) = delete;

    /// As `reference_count` says.
    void retain() noexcept
    {
        auto const before = change(1);
        STILL_CHECK(before < most_owners);
    }

    /// A sole owner skips the read-modify-write: nobody else can reach the node to change the count.
    [[nodiscard]] bool release() noexcept { return unique() || change(~std::uint32_t{ 0 }) == 1; }

    /// As `reference_count` says.
    [[nodiscard]] bool unique() const noexcept { return owners_.load(std::memory_order_acquire) == 1; }

    /// A number for tests and statistics: it may be old by the time it is read.
    [[nodiscard]] std::uint32_t owners() const noexcept { return owners_.load(std::memory_order_relaxed); }

    /// True while `retain_alone` and `release_alone` may be used, which change the count without a locked
    /// instruction: until the caller has made another thread.
    [[nodiscard]] static bool alone() noexcept { return core::single_threaded(); }
    void retain_alone() noexcept
    {
        auto const before = change_alone(1);
        STILL_CHECK(before < most_owners);
    }
    [[nodiscard]] bool release_alone() noexcept
    {
        auto const before = owners_.load(std::memory_order_acquire);
        if (before != 1)
            owners_.store(before - 1, std::memory_order_relaxed);
        return before == 1;
    }

private:
    /// Effect: adds to the count, modulo 2^32. Returns what it was. See Note: counting.
    std::uint32_t change(std::uint32_t difference) noexcept
    {
        if (alone())
            return change_alone(difference);
        return owners_.fetch_add(difference, std::memory_order_acq_rel);
    }
    std::uint32_t change_alone(std::uint32_t difference) noexcept
    {
        auto const before = owners_.load(std::memory_order_relaxed);
        owners_.store(before + difference, std::memory_order_relaxed);
        return before;
    }

    std::atomic<std::uint32_t> owners_{ 1 };
};

/// A count for versions that never leave their thread.
class plain_count {
public:
    plain_count() noexcept = default;
    plain_count(plain_count const&) = delete;
    plain_count& operator=(plain_count const&) = delete;

    /// As `reference_count` says.
    void retain() noexcept
    {
        STILL_CHECK(owners_ < most_owners);
        ++owners_;
    }
    /// As `reference_count` says.
    [[nodiscard]] bool release() noexcept { return --owners_ == 0; }
    [[nodiscard]] bool unique() const noexcept { return owners_ == 1; }
    [[nodiscard]] std::uint32_t owners() const noexcept { return owners_; }

private:
    std::uint32_t owners_ = 1;
};

/// True for counts that several threads may change at the same time. Specialise it for a count of your own that
/// is for one thread.
template <reference_count Count>
inline constexpr bool counts_on_any_thread = true;
template <>
inline constexpr bool counts_on_any_thread<plain_count> = false;

/// Counts whose owners are the threads of this process, and are counted cheaper while there is one.
template <class Count>
concept thread_aware_count = reference_count<Count> && requires(Count& count) {
    { Count::alone() } noexcept -> std::same_as<bool>;
    { count.retain_alone() } noexcept -> std::same_as<void>;
    { count.release_alone() } noexcept -> std::same_as<bool>;
};

static_assert(thread_aware_count<atomic_count>);
static_assert(reference_count<plain_count>);

} // namespace still
