// SPDX-License-Identifier: BSL-1.0
//
// A lease: the scope in which an opened capability may be read.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "still/capability/grantable.hpp"
#include "still/capability/slots.hpp"
#include "still/core/config.hpp"

namespace still {

template <can_be_granted T>
class capability;

/// A granted version where it lies in memory.
template <class T>
struct stored_version : slots::stored {
    T version;

    /// The version in a block of that type.
    [[nodiscard]] static T const& in(slots::stored const& block) noexcept
    {
        return static_cast<stored_version const&>(block).version;
    }
};

/// Keeps one version as it is, and shows it, until the end of its scope. It can't be copied or moved, and
/// its view has nothing that shares the version: to keep something, copy it out.
/// A view, and what was reached through it, is valid no longer than its lease.
///
/// That a lease lives in a scope is a convention, which the type only helps to keep: `new lease` doesn't
/// compile, but a result that `open` returns straight into memory of one's own does, since then nothing is
/// moved. Such a lease is sound, and keeps its version until it is destroyed by the thread that opened it.
///
/// Neither revoking nor the granter's exit waits for a lease or is stopped by one: a lease that is never
/// ended keeps its one version in memory, charged to its granter, and nothing else.
///
/// A child of `fork` has none of its parent's leases: those that were open are `inherited` there, keep nothing, and may
/// not be read; their end does nothing. The child opens anew.
///
/// Thread contract: it belongs to the thread that opened it, which must end it; ending it elsewhere
/// stops the program. A thread should have ended its leases before it exits; versions it hasn't let go
/// are kept for good.
template <can_be_granted T>
class [[nodiscard]] lease {
public:
    using view = typename grantable<T>::view;

    /// For `capability<T>::open`, which alone can make the key.
    class key {
        friend class capability<T>;
        key(slots::opened const& how, slots::name const& name) noexcept
            : opened_(how)
            , name_(&name)
        {
        }
        slots::opened opened_;
        slots::name const* name_;
        friend class lease;
    };
    explicit lease(key const& opened) noexcept
        : opened_(opened.opened_)
        , view_(view_of(opened))
    {
    }

    lease(lease const&) = delete;
    lease& operator=(lease const&) = delete;
    static void* operator new(std::size_t) = delete;
    static void* operator new[](std::size_t) = delete;

    /// O(1), allocates nothing. On a version whose grant is gone it reclaims (see still::reclaim); the end of the last
    /// lease on it destroys it.
    ~lease() { slots::close(opened_); }

    /// The view. Not from a lease that is about to end. Precondition: it isn't inherited.
    [[nodiscard]] view operator*() const& noexcept
    {
        STILL_ASSERT(!inherited());
        return view_;
    }
    view operator*() const&& = delete;

    /// As `*`.
    [[nodiscard]] auto operator->() const noexcept
    {
        STILL_ASSERT(!inherited());
        return std::addressof(view_);
    }

    /// True in a child of `fork`, of a lease that was opened before. O(1).
    [[nodiscard]] bool inherited() const noexcept { return slots::pin_record::of(opened_.held)->left_behind(); }

private:
    /// What it shows, and of some types that depends on the capability.
    [[nodiscard]] static view view_of(key const& opened) noexcept
    {
        auto const& version = stored_version<T>::in(*opened.opened_.version());
        if constexpr (requires { grantable<T>::view_of(version, std::uint32_t{}); })
            return grantable<T>::view_of(version, slots::losses_of(*opened.name_, slots::kind_of<T>));
        else
            return grantable<T>::view_of(version);
    }

    slots::opened opened_;
    view view_;
};

} // namespace still
