// SPDX-License-Identifier: BSL-1.0
//
// Capabilities, forwarders and revokers.

#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

#include "still/capability/error.hpp"
#include "still/capability/lease.hpp"
#include "still/capability/rights.hpp"
#include "still/capability/slots.hpp"
#include "still/core/bank.hpp"

namespace still {

/// The error that tells of a refusal.
[[nodiscard]] inline boost::system::error_code error_code_of(slots::refusal why) noexcept
{
    switch (why) {
    case slots::refusal::revoked:
        return capability_error::revoked;
    case slots::refusal::bank_destroyed:
        return capability_error::bank_destroyed;
    case slots::refusal::no_right:
        return capability_error::no_right;
    case slots::refusal::no_memory:
        return boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    default:
        return capability_error::null;
    }
}

template <can_be_granted T>
class granted;
template <can_be_granted T>
struct forwarder;
class any_capability;
class brand;
class membrane;
template <class T>
struct adoption;

/// True for what can be adopted: sets, maps, vectors, page tables, segments and heap snapshots. See adopter.
template <class T>
concept can_be_adopted = can_be_granted<T> && requires { typename adoption<T>::type; };
template <can_be_adopted T>
class adopter;
template <can_be_granted T>
    requires std::copyable<T>
class atom;

/// What waiting for the leases of a revoked capability came to.
using waited = slots::waited;

/// Takes back what was given through one forwarder. Moves only; its end revokes too, so whoever wants
/// the capability to live on keeps the revoker.
/// Thread contract: distinct revokers from any threads; one revoker as the standard library's rule says.
class revoker {
public:
    /// Revokes nothing.
    revoker() noexcept = default;
    revoker(revoker&& other) noexcept
        : owned_(std::exchange(other.owned_, slots::name{}))
        , live_(std::exchange(other.live_, false))
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
        if (std::exchange(live_, false))
            slots::revoke(owned_);
    }

    /// Effect: revokes, then waits until the leases that were opened through the forwarder have ended, or until the
    /// deadline. Says `drained`; or `stuck` and one thread that has a lease; or, without waiting, `would_deadlock`
    /// where the calling thread has one itself. May be called again, and after `revoke`.
    /// Leases that came another way aren't waited for, unless that way was revoked as well and the version is the
    /// same, or, before a cell, any version of anything: then nobody can tell. An open that is about to fail may count
    /// as a lease for that moment.
    /// Each look is O(threads that ever held leases); it sleeps in between. Allocates nothing.
    [[nodiscard]] waited revoke_and_wait(std::chrono::steady_clock::time_point deadline) noexcept
    {
        live_ = false;
        return owned_ != slots::name{} ? slots::revoke_and_wait(owned_, deadline) : waited{};
    }

    /// True until it has revoked.
    [[nodiscard]] explicit operator bool() const noexcept { return live_; }
    void swap(revoker& other) noexcept
    {
        std::swap(owned_, other.owned_);
        std::swap(live_, other.live_);
    }

private:
    template <can_be_granted>
    friend class capability;
    template <can_be_granted>
    friend class granted;
    explicit revoker(slots::name const& owned) noexcept
        : owned_(owned)
        , live_(true)
    {
    }

    slots::name owned_;
    bool live_ = false;
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
    /// O(1), and O(forwarders on the way) where the thread didn't come that way lately or anything was taken back
    /// since; no read-modify-write on memory that threads share, and no fence where the system lets those who take back
    /// execute it; allocates at most once for sixteen leases that a thread holds at a time. Errors: those of
    /// capability_error; std::errc::not_enough_memory.
    [[nodiscard]] boost::system::result<lease<T>> open() const noexcept
    {
        using result = boost::system::result<lease<T>>;
        auto const opened = slots::open(name_, slots::kind_of<T>);
        if (opened.held != nullptr)
            return result(boost::system::in_place_value, typename lease<T>::key(opened, name_));
        return result(boost::system::in_place_error, error_code_of(opened.why()));
    }

    /// Effect: puts a forwarder before this capability, paid for by `payer`. What is opened through the
    /// new capability can be taken back with the revoker, without touching this one. Behind a capability
    /// that doesn't open, a null or forged one too, the new one is born dead: it opens with
    /// capability_error::revoked, never null.
    /// O(1), amortised. Throws quota_exceeded, bank_destroyed, std::bad_alloc, std::logic_error where there is no bank,
    /// std::length_error behind slots::most_forwarders others.
    [[nodiscard]] forwarder<T> forward(bank const& payer) const;

    /// Effect: this capability with the rights `keep` at most: fewer, never more. It names the same version, by the
    /// same way, and goes with it. Null where this one doesn't open any more, for all that the table knows of it. O(1),
    /// allocates and throws nothing; opening an attenuated one takes some 10 ns more.
    [[nodiscard]] capability attenuate(rights keep) const noexcept
    {
        return capability(slots::attenuate(name_, slots::kind_of<T>, static_cast<std::uint32_t>(~keep)));
    }

    /// Effect: a weak capability: it writes nothing, and all that is reached through it is weak too, to any depth; what
    /// can't be weakened comes out null. Cost and result as `attenuate`.
    [[nodiscard]] capability weaken() const noexcept
        requires can_be_weakened<T>
    {
        return capability(slots::attenuate(name_, slots::kind_of<T>, slots::losses::write | slots::losses::strength));
    }

    /// True when it has all of these rights. False where it names nothing, or was taken back itself.
    [[nodiscard]] bool allows(rights asked) const noexcept
    {
        return (slots::losses_of(name_, slots::kind_of<T>) & static_cast<std::uint32_t>(asked)) == 0;
    }
    /// True when it is weak, or names nothing.
    [[nodiscard]] bool weak() const noexcept
    {
        return (slots::losses_of(name_, slots::kind_of<T>) & slots::losses::strength) != 0;
    }

    /// Effect: stores a version in the cell that this names (see atom), paid for by `payer`. Whoever opens the cell
    /// after it returns sees that version or a later one; leases keep what they opened, and the version before goes
    /// when the last of them ends. A store that was under way while its capability was revoked may still take place.
    /// O(1) amortised; one allocation. Throws quota_exceeded, bank_destroyed, std::bad_alloc, std::logic_error where
    /// there is no bank. Errors: those of capability_error; `no_right` also for what is no cell. Then the cell is as it
    /// was.
    boost::system::result<void> store(T next, bank const& payer) const;

    /// Effect: stores change(what is there now), and begins again where somebody stored meanwhile. `change` may run
    /// several times; it runs under a lease, with no lock held, and may open what it likes, and fork: in the
    /// child, where nothing keeps what it was shown, it is run again. What it throws is thrown.
    /// Cost and errors as `store`, each time. Needs the right to read, too.
    template <std::invocable<T const&> Change>
        requires(std::convertible_to<std::invoke_result_t<Change&, T const&>, T>)
    boost::system::result<void> update(bank const& payer, Change change) const;

    /// True when both open on the same grant or cell, by whatever ways and with whatever rights. O(forwarders on the
    /// ways). Throws nothing.
    [[nodiscard]] bool same_grant(capability const& other) const noexcept
    {
        auto const grant = slots::grant_of_name(name_, slots::kind_of<T>);
        return grant != 0 && grant == slots::grant_of_name(other.name_, slots::kind_of<T>);
    }

    /// False for a default-made capability. True says nothing about whether it opens.
    [[nodiscard]] explicit operator bool() const noexcept { return name_ != slots::name{}; }
    [[nodiscard]] friend bool operator==(capability const&, capability const&) noexcept = default;

private:
    friend class granted<T>;
    friend class any_capability;
    friend class brand;
    friend class membrane;
    template <can_be_adopted Version>
    friend class adopter;
    template <can_be_granted Version>
        requires std::copyable<Version>
    friend class atom;
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
