// SPDX-License-Identifier: BSL-1.0
//
// Keepers and observers as capabilities: whoever supplies or watches pages of another's segment can be cut off from it,
// and passes membranes and lists like all that is shown.
//
//   auto const mine = still::grant(still::shown_keeper(std::make_shared<my_keeper>()), bank); // the keeper's side
//   auto const pages = segment.keep(0, 1 << 20, still::keeper_through(shown));                // the segment's side
//   mine.revoke();                                             // from now on reading these pages throws `revoked`

#pragma once

#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "still/capability/capability.hpp"
#include "still/capability/grantable.hpp"
#include "still/core/keeper.hpp"

namespace still {

/// What a lease shows of code that pages are entrusted to: it can be asked, and not kept.
class keeper_view {
public:
    explicit keeper_view(keeper& shown) noexcept
        : shown_(&shown)
    {
    }
    /// As keeper::supply.
    [[nodiscard]] std::vector<std::byte> supply(std::uint64_t page) const { return shown_->supply(page); }

private:
    keeper* shown_;
};
/// The same of an observer.
class observer_view {
public:
    explicit observer_view(observer& shown) noexcept
        : shown_(&shown)
    {
    }
    /// As observer::before_load and observer::before_store.
    void before_load(access const& seen) const { shown_->before_load(seen); }
    [[nodiscard]] bool before_store(access const& seen) const { return shown_->before_store(seen); }

private:
    observer* shown_;
};

/// A keeper, or an observer, to be granted. It is the granter's own, and called with no lock held, on the threads of
/// whoever accesses the segment, under a lease: one that hangs is told of as `stuck`, and keeps nobody from revoking.
/// It isn't weak: weakened, a capability for it is null.
template <class Callee, class View>
class shown_callee {
public:
    /// Throws std::invalid_argument where there is none.
    explicit shown_callee(std::shared_ptr<Callee> who)
        : who_(std::move(who))
    {
        if (who_ == nullptr)
            boost::throw_exception(std::invalid_argument(
                "still: nobody was given to be granted as a keeper or observer (make one first)"));
    }
    [[nodiscard]] View view() const noexcept { return View(*who_); }

private:
    std::shared_ptr<Callee> who_;
};
using shown_keeper = shown_callee<keeper, keeper_view>;
using shown_observer = shown_callee<observer, observer_view>;

template <class Callee, class View>
struct grantable<shown_callee<Callee, View>> {
    using view = View;
    /// What a lease shows. O(1).
    [[nodiscard]] static view view_of(shown_callee<Callee, View> const& shown) noexcept { return shown.view(); }
};

namespace slots {

/// A lease on `who`, to the end of the call. Throws boost::system::system_error with the capability_error.
template <class Shown, class Call>
decltype(auto) call_through(capability<Shown> const& who, Call&& call)
{
    auto const lease = who.open();
    if (!lease)
        boost::throw_exception(boost::system::system_error(
            lease.error(), "still: who keeps or watches these pages can't be asked (entrust them to another)"));
    return call(**lease);
}

class keeper_behind final : public keeper {
public:
    explicit keeper_behind(capability<shown_keeper> const& who) noexcept
        : who_(who)
    {
    }
    [[nodiscard]] std::vector<std::byte> supply(std::uint64_t page) override
    {
        return call_through(who_, [&](keeper_view asked) { return asked.supply(page); });
    }

private:
    capability<shown_keeper> const who_;
};

class observer_behind final : public observer {
public:
    explicit observer_behind(capability<shown_observer> const& who) noexcept
        : who_(who)
    {
    }
    void before_load(access const& seen) override
    {
        call_through(who_, [&](observer_view told) { told.before_load(seen); });
    }
    [[nodiscard]] bool before_store(access const& seen) override
    {
        return call_through(who_, [&](observer_view told) { return told.before_store(seen); });
    }

private:
    capability<shown_observer> const who_;
};

} // namespace slots

/// A keeper for segment::keep that asks the one behind a capability, for as long as that opens. From then on, whatever
/// asks for one of its pages throws boost::system::system_error with the capability_error, and pages that were
/// fetched before stay. Two made of one capability are two keepers, and their pages differ. Throws std::bad_alloc.
[[nodiscard]] inline std::shared_ptr<keeper> keeper_through(capability<shown_keeper> const& who)
{
    return std::make_shared<slots::keeper_behind>(who);
}
/// An observer for segment::watch that tells the one behind a capability, for as long as that opens. From then on no
/// access to what it watches happens: each throws as above, until the segment is no longer watched by it
/// (segment::unwatch, with what this returned). Throws std::bad_alloc.
[[nodiscard]] inline std::shared_ptr<observer> observer_through(capability<shown_observer> const& who)
{
    return std::make_shared<slots::observer_behind>(who);
}

} // namespace still
