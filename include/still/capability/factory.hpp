// SPDX-License-Identifier: BSL-1.0
//
// Factories: they hand out versions, and who is offered one can find out first what it could leak.
//
//   still::factory_builder<map> building("index", bank);
//   building.show(current);                  // the newest version of that cell is what it hands out
//   auto const made = std::move(building).seal();
//   ...
//   if (offered.yields(source) && offered.holes().empty())   // a true factory of snapshots of that source
//       auto const mine = offered.make(bank);

#pragma once

#include <boost/system/result.hpp>
#include <boost/throw_exception.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "still/capability/adopt.hpp"
#include "still/capability/atom.hpp"
#include "still/capability/clist.hpp"

namespace still {

template <can_be_adopted T>
class factory_builder;

/// A sealed factory: it hands out the version that its source names at that time, or the newest, where the source is a
/// cell, as a copy that its customer's bank pays for. Copies name the same factory.
/// Thread contract: const members from any threads.
template <can_be_adopted T>
class factory {
public:
    /// Names none, and yields nothing.
    factory() noexcept = default;

    /// True when what it hands out comes from what that capability names, by whatever way either came; false once it
    /// was taken back. O(forwarders on the way). Throws nothing.
    [[nodiscard]] bool yields(capability<T> const& source) const noexcept
    {
        return parts_ != nullptr && parts_->source.same_grant(source);
    }

    /// The capabilities that were installed in it beside its source, by which it could tell others what its customers
    /// get, or tell its customers more. None: it can't. What code does that was given to somebody as a function isn't
    /// known here: nobody can see what a lambda holds.
    [[nodiscard]] clist const& holes() const noexcept
    {
        static clist const none;
        return parts_ != nullptr ? parts_->holes : none;
    }

    /// Effect: a copy of the version, paid for by `payer`. As `adopt`, with its cost and errors; capability_error::null
    /// where it names no factory.
    [[nodiscard]] boost::system::result<typename adoption<T>::type> make(bank const& payer) const
    {
        return adopt(parts_ != nullptr ? parts_->source : capability<T>(), payer);
    }

    /// What its builder named it; empty where it names no factory.
    [[nodiscard]] std::string const& name() const
    {
        static std::string const none;
        return parts_ != nullptr ? parts_->name : none;
    }
    [[nodiscard]] explicit operator bool() const noexcept { return parts_ != nullptr; }
    /// The same factory.
    [[nodiscard]] friend bool operator==(factory const&, factory const&) noexcept = default;

private:
    friend class factory_builder<T>;
    struct parts {
        std::string name;
        capability<T> source;
        clist holes;
    };
    explicit factory(std::shared_ptr<parts const> made) noexcept
        : parts_(std::move(made))
    {
    }
    std::shared_ptr<parts const> parts_;
};

/// Builds one factory. Moves only; after `seal` nothing can be added.
template <can_be_adopted T>
class factory_builder {
public:
    /// `payer` pays for the list of holes.
    factory_builder(std::string name, bank payer)
        : parts_(std::make_unique<typename factory<T>::parts>(
              typename factory<T>::parts{ std::move(name), {}, clist(std::move(payer)) }))
    {
    }

    /// Effect: this is what it will hand out. Throws std::logic_error after `seal`.
    void show(capability<T> const& source) { open().source = source; }
    /// Effect: installs another capability, which everybody will see among the holes. Throws std::logic_error after
    /// `seal`, and what putting it in a list throws.
    void add(any_capability const& installed) { open().holes.hold(installed); }

    /// Effect: the factory. Throws std::logic_error when it was sealed before.
    [[nodiscard]] factory<T> seal() &&
    {
        open();
        return factory<T>(std::move(parts_));
    }

private:
    typename factory<T>::parts& open()
    {
        if (parts_ == nullptr)
            boost::throw_exception(
                std::logic_error("still: the factory is sealed, and nothing can be added (build another one)"));
        return *parts_;
    }
    std::unique_ptr<typename factory<T>::parts> parts_;
};

} // namespace still
