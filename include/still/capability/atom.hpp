// SPDX-License-Identifier: BSL-1.0
//
// A cell that shows its newest version to whoever has a capability for it.
//
//   still::atom<map> current(map(bank), bank);
//   auto const shown = current.capability();   // opens on what was stored last, each time
//   current.update([](map const& before) { return before.insert_or_assign(1, 2); });

#pragma once

#include <boost/system/result.hpp>
#include <boost/throw_exception.hpp>

#include <concepts>
#include <system_error>
#include <type_traits>
#include <utility>

#include "still/capability/capability.hpp"
#include "still/capability/grant.hpp"

namespace still {

/// A shared cell. Its end takes everything back, as a grant's does. Moves only.
/// Thread contract: const members from any threads, at the same time too.
template <can_be_granted T>
    requires std::copyable<T>
class atom {
public:
    /// Names no cell.
    atom() noexcept = default;
    /// Effect: a cell with a first version in it. `payer` pays for it, and for what the owner stores later.
    /// As `grant`, in all else.
    atom(T first, bank payer);

    /// A copy of the newest version: it shares that one's nodes, and keeps them. For the owner, who pays for both.
    /// Throws bank_destroyed; std::logic_error where there is no cell.
    [[nodiscard]] T load() const;
    /// Effect: as its writer's; what keeps a cell from being written is thrown.
    void store(T next) const { done(writer().store(std::move(next), payer_)); }
    /// Effect: as its writer's; what keeps a cell from being written is thrown.
    template <std::invocable<T const&> Change>
        requires std::convertible_to<std::invoke_result_t<Change&, T const&>, T>
    void update(Change change) const
    {
        done(writer().update(payer_, std::move(change)));
    }

    /// A capability to read the newest version, each time it is opened.
    [[nodiscard]] still::capability<T> capability() const& noexcept { return writer().attenuate(~rights::write); }
    /// A capability that may store as well.
    [[nodiscard]] still::capability<T> writer() const& noexcept { return cell_.capability(); }
    still::capability<T> capability() && = delete; // it would be revoked at once
    still::capability<T> writer() && = delete;

    /// Effect: as of a grant.
    void revoke() noexcept { cell_.revoke(); }
    [[nodiscard]] waited revoke_and_wait(std::chrono::steady_clock::time_point deadline) noexcept
    {
        return cell_.revoke_and_wait(deadline);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(cell_); }

private:
    template <can_be_granted U>
        requires std::copyable<U>
    friend class seen_cell;

    /// A lease on what the cell shows now.
    [[nodiscard]] slots::scoped current() const noexcept
    {
        return slots::scoped(slots::open(writer().name_, slots::kind_of<T>));
    }
    void done(boost::system::result<void> const& said) const
    {
        if (said)
            return;
        if (said.error() == capability_error::bank_destroyed)
            boost::throw_exception(bank_destroyed());
        boost::throw_exception(boost::system::system_error(said.error(), "still: atom"));
    }

    bank payer_;
    granted<T> cell_;
};

template <can_be_granted T>
boost::system::result<void> capability<T>::store(T next, bank const& payer) const
{
    auto placed = version_block<T>(std::move(next), payer);
    auto const said = slots::replace(name_, slots::kind_of<T>, placed.get(), nullptr);
    if (said.how != slots::replaced::end::done)
        return error_code_of(said.why);
    placed.release();
    return {};
}

template <can_be_granted T>
template <std::invocable<T const&> Change>
    requires(std::convertible_to<std::invoke_result_t<Change&, T const&>, T>)
boost::system::result<void> capability<T>::update(bank const& payer, Change change) const
{
    for (;;) {
        auto const current = slots::scoped(slots::open(name_, slots::kind_of<T>));
        if (!current)
            return error_code_of(current.why());
        if (!allows(rights::write)) // found out before the callback runs
            return error_code_of(slots::refusal::no_right);
        auto placed = version_block<T>(T(change(stored_version<T>::in(current.version()))), payer);
        if (current.inherited()) // it has forked, and in the child nothing kept the version
            continue;
        auto const said = slots::replace(name_, slots::kind_of<T>, placed.get(), &current.version());
        if (said.how == slots::replaced::end::refused)
            return error_code_of(said.why);
        if (said.how == slots::replaced::end::done) {
            placed.release();
            return {};
        }
    }
}

template <can_be_granted T>
    requires std::copyable<T>
atom<T>::atom(T first, bank payer)
    : payer_(std::move(payer))
    , cell_(grant_cell(std::move(first), payer_))
{
}

template <can_be_granted T>
    requires std::copyable<T>
T atom<T>::load() const
{
    auto const shown = current();
    if (!shown)
        done(error_code_of(shown.why()));
    return stored_version<T>::in(shown.version());
}

} // namespace still
