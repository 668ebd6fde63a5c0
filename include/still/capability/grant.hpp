// SPDX-License-Identifier: BSL-1.0
//
// Granting a version: the first capability to it, and the slot that everything given from it hangs on.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "still/capability/capability.hpp"
#include "still/core/bank.hpp"

namespace still {

/// A version in a block of its own, paid for by a bank, until the table takes it over.
template <can_be_granted T>
class version_block {
    using stored = stored_version<T>;

public:
    /// Throws quota_exceeded, bank_destroyed, std::bad_alloc, std::logic_error where there is no bank, and for a
    /// version that may not be granted what `grantable<T>::require` does.
    version_block(T version, bank const& payer)
        : place_((require_grantable(version),
              static_cast<stored*>(payer.memory_resource()->allocate(sizeof(stored), alignof(stored)))))
    {
        auto const owners = owners_to_forget(version, payer);
        ::new (static_cast<void*>(place_)) stored{
            { .destroy = &destroy,
                .payer = static_cast<core::bank_record*>(payer.memory_resource()),
                .owners_to_forget = owners },
            std::move(version),
        };
    }
    version_block(version_block const&) = delete;
    version_block& operator=(version_block const&) = delete;
    ~version_block()
    {
        if (place_ != nullptr)
            destroy(place_);
    }
    [[nodiscard]] slots::stored& get() const noexcept { return *place_; }
    /// Effect: leaves it to the table.
    void release() noexcept { place_ = nullptr; }

private:
    static void destroy(slots::stored* gone) noexcept
    {
        auto* const whole = static_cast<stored*>(gone);
        auto* const payer = whole->payer;
        std::destroy_at(whole);
        payer->deallocate(whole, sizeof(stored), alignof(stored));
    }
    /// What is gone without being destroyed, when all that is in the payer's own memory goes: the block itself, and a
    /// container's handle.
    [[nodiscard]] static std::int32_t owners_to_forget(
        [[maybe_unused]] T const& version, [[maybe_unused]] bank const& payer) noexcept
    {
        if constexpr (std::is_trivially_destructible_v<T>)
            return 1;
        else if constexpr (slots::undestroyed<T>::is_known)
            return slots::undestroyed<T>::in(version, payer) ? 2 : slots::stored::must_be_destroyed;
        else
            return slots::stored::must_be_destroyed;
    }
    stored* place_;
};

class brand;

/// Says who makes a grant. Made by brands alone; else nobody in particular.
class maker {
public:
    maker() noexcept = default;
    /// Compared, and nothing else.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
    friend class brand;
    explicit maker(std::uint64_t number) noexcept
        : number_(number)
    {
    }
    std::uint64_t number_ = 0;
};

template <can_be_granted T>
class granted;

/// Effect: grants a version, which `payer` pays for: the slot and the version's own bytes. (What the
/// version reaches was paid for when it was built.) The caller's copy is no longer needed.
/// O(1), amortised; one allocation. Throws quota_exceeded, bank_destroyed, std::bad_alloc, std::logic_error where there
/// is no bank; then nothing is charged.
template <can_be_granted T>
[[nodiscard]] granted<T> grant(T version, bank const& payer, maker by = {});

/// A grant: it holds the version, and its end revokes every capability that came from it, however far
/// they went. Moves only.
/// Thread contract: distinct grants from any threads; one grant as the standard library's rule says.
/// Capabilities may be used on any thread while the grant ends.
template <can_be_granted T>
class [[nodiscard]] granted {
public:
    /// Grants nothing.
    granted() noexcept = default;
    granted(granted&&) noexcept = default;
    granted& operator=(granted&&) noexcept = default;
    ~granted() = default;

    /// A capability to the version: copy it to whomever you like. Null where nothing is granted.
    [[nodiscard]] still::capability<T> capability() const& noexcept
    {
        return still::capability<T>(slot_ ? slot_.owned_ : slots::name{});
    }
    still::capability<T> capability() && = delete; // it would be revoked at once

    /// Effect: takes everything back: after it returns no open succeeds, directly or through a forwarder.
    /// The version is destroyed and its bytes are refunded, now or when the last lease on it ends.
    /// Allocates nothing, waits for nobody; what it costs is to destroy the version, and what still::reclaim does.
    /// Again: no effect.
    void revoke() noexcept { slot_.revoke(); }

    /// Effect: takes everything back, then waits until the leases on the version have ended, or until the deadline.
    /// As `revoker::revoke_and_wait`. With `drained`, the version has been destroyed or is just being so.
    [[nodiscard]] waited revoke_and_wait(std::chrono::steady_clock::time_point deadline) noexcept
    {
        return slot_.revoke_and_wait(deadline);
    }

    /// True while something is granted.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(slot_); }

private:
    template <can_be_granted Version>
    friend granted<Version> grant(Version version, bank const& payer, maker by);
    template <can_be_granted Version>
    friend granted<Version> grant_cell(Version version, bank const& payer);

    explicit granted(slots::name const& name) noexcept
        : slot_(name)
    {
    }

    revoker slot_;
};

template <can_be_granted T>
[[nodiscard]] granted<T> grant(T version, bank const& payer, maker by)
{
    reclaim(); // what is retired may still take up the bank's room
    auto placed = version_block<T>(std::move(version), payer);
    granted<T> result(slots::grant(placed.get(), slots::kind_of<T>, payer, by.number()));
    placed.release();
    return result;
}

/// Effect: as `grant`, for a version that can be replaced: see atom.
template <can_be_granted T>
[[nodiscard]] granted<T> grant_cell(T version, bank const& payer)
{
    reclaim();
    auto placed = version_block<T>(std::move(version), payer);
    granted<T> result(slots::grant(placed.get(), slots::kind_of<T>, payer, 0, slots::grant_of::cell));
    placed.release();
    return result;
}

} // namespace still
