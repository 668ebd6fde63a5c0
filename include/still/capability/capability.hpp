// SPDX-License-Identifier: BSL-1.0
//
// Capabilities, forwarders and revokers.

#pragma once

#include <boost/system/result.hpp>

#include <type_traits>
#include <utility>

#include "still/capability/error.hpp"
#include "still/capability/lease.hpp"
#include "still/capability/slots.hpp"
#include "still/core/bank.hpp"

namespace still {

template <can_be_granted T>
class granted;
template <can_be_granted T>
struct forwarder;

/// Takes back what was given through one forwarder. Moves only; its end revokes too, so whoever wants
/// the capability to live on keeps the revoker.
/// Thread contract: distinct revokers from any threads; one revoker as the standard library's rule says.
class revoker {
public:
    /// Revokes nothing.
    revoker() noexcept = default;
    revoker(revoker&& other) noexcept
        : owned_(std::exchange(other.owned_, slots::name{}))
    {
    }
    revoker& operator=(revoker&& other) noexcept
    {
        revoker(std::move(other)).swap(*this);
        return *this;
    }
    ~revoker() { revoke(); }

    /// Effect: after it returns no open through the forwarder succeeds, nor through those made from its
    /// capability; leases that are open go on. Its source and its siblings are untouched. The forwarder's
    /// bytes are refunded. Again: no effect.
    /// O(1), allocates nothing, waits for nobody. May be called under a lease on the same capability,
    /// from a destructor, and with the bank full.
    void revoke() noexcept
    {
        if (owned_ != slots::name{})
            slots::revoke(std::exchange(owned_, slots::name{}));
    }

    /// True until it has revoked.
    [[nodiscard]] explicit operator bool() const noexcept { return owned_ != slots::name{}; }
    void swap(revoker& other) noexcept { std::swap(owned_, other.owned_); }

private:
    template <can_be_granted>
    friend class capability;
    template <can_be_granted>
    friend class granted;
    explicit revoker(slots::name const& owned) noexcept
        : owned_(owned)
    {
    }

    slots::name owned_;
};

/// A name for one version, with the right to read it: sixteen bytes that own nothing and keep nothing
/// alive. Copies are equal and depend on nobody but the granter and the forwarders between. A capability
/// with any bit changed opens with an error, never on another version.
/// Thread contract: as an integer's.
template <can_be_granted T>
class capability {
public:
    using version_type = T;

    /// Names nothing.
    capability() noexcept = default;

    /// Effect: opens the version for reading, until the end of the lease's scope:
    ///
    ///     if (auto const lease = capability.open())
    ///         use(**lease); // or (*lease)->...
    ///
    /// O(1 + forwarders on the way), no read-modify-write on memory that threads share; allocates at most
    /// once for sixteen leases that a thread holds at a time.
    /// Errors: capability_error::null, capability_error::revoked; std::errc::not_enough_memory.
    [[nodiscard]] boost::system::result<lease<T>> open() const noexcept
    {
        using result = boost::system::result<lease<T>>;
        auto const opened = slots::open(name_, slots::kind_of<T>);
        if (opened.held != nullptr)
            return result(boost::system::in_place_value, typename lease<T>::key(opened));
        if (opened.why == slots::refusal::no_memory)
            return result(boost::system::in_place_error,
                boost::system::errc::make_error_code(boost::system::errc::not_enough_memory));
        return result(boost::system::in_place_error,
            opened.why == slots::refusal::revoked ? capability_error::revoked : capability_error::null);
    }

    /// Effect: puts a forwarder before this capability, paid for by `payer`. What is opened through the
    /// new capability can be taken back with the revoker, without touching this one. Behind a capability
    /// that doesn't open, a null or forged one too, the new one is born dead: it opens with
    /// capability_error::revoked, never null.
    /// O(1), amortised. Throws quota_exceeded, std::bad_alloc, std::logic_error where there is no bank,
    /// std::length_error behind slots::most_forwarders others.
    [[nodiscard]] forwarder<T> forward(bank const& payer) const;

    /// False for a default-made capability. True says nothing about whether it opens.
    [[nodiscard]] explicit operator bool() const noexcept { return name_ != slots::name{}; }
    [[nodiscard]] friend bool operator==(capability const&, capability const&) noexcept = default;

private:
    friend class granted<T>;
    explicit capability(slots::name const& name) noexcept
        : name_(name)
    {
    }

    slots::name name_;
};

/// What `forward` gives: the capability to pass on, and the right to take it back. Keep the revoker for as
/// long as the capability shall open: of a forwarder that is a temporary, as in
/// `source.forward(payer).capability`, the capability compiles and is dead by the end of the expression.
template <can_be_granted T>
struct forwarder {
    still::capability<T> capability;
    still::revoker revoker;
};

template <can_be_granted T>
forwarder<T> capability<T>::forward(bank const& payer) const
{
    auto const name = slots::forward(name_, slots::kind_of<T>, payer);
    return { capability(name), revoker(name) };
}

} // namespace still
