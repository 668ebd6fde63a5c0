// SPDX-License-Identifier: BSL-1.0
//
// Membranes: whatever capability passes one, in either direction, can be taken back with it.
//
//   still::membrane border(bank, 1 << 16);
//   their_side.take(border.outward(capability));     // wrapped
//   auto const back = border.inward(their_side.give()); // what had gone out comes back as it was
//   border.revoke();                                  // and all that passed is dead, on both sides

#pragma once

#include <boost/throw_exception.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "still/capability/any_capability.hpp"
#include "still/capability/clist.hpp"

namespace still {

/// What a function behind a membrane gives instead of the exceptions that the other side throws, and when the membrane
/// was revoked. An exception could carry anything; its text is all that passes.
class membrane_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Forwarders, made as capabilities pass, and kept: what passes again gets the same one, and what passes back is what
/// it was. A bank of the membrane's own, below the one it is made with, pays for them.
///
/// A closed list of types passes: capabilities, lists of them by value, numbers, strings, and functions over these.
/// Others don't compile. A capability for a list, or for a cell with lists, comes out null: what is read through it
/// would pass unseen; pass the list itself.
///
/// Thread contract: any member from any threads, but moving and destroying.
class membrane {
    enum class side : std::uint8_t { inside, outside };

public:
    /// Effect: a membrane that may cost `limit` bytes. As bank::child, and allocates.
    membrane(bank const& payer, std::size_t limit)
        : state_(std::make_shared<state>(payer.child(limit)))
    {
    }
    membrane(membrane&&) noexcept = default;
    membrane& operator=(membrane&& other) noexcept
    {
        revoke();
        state_ = std::move(other.state_);
        return *this;
    }
    /// Revokes.
    ~membrane() { revoke(); }

    /// Effect: what the outside gets of something inside, or sent in before. O(log passed); pays for a forwarder and
    /// two entries the first time. Throws membrane_error once it was revoked, quota_exceeded, std::bad_alloc, and
    /// std::length_error as `forward` does.
    template <class Passing>
    [[nodiscard]] auto outward(Passing passing) const
    {
        return state::pass(state_, side::outside, std::move(passing));
    }
    /// Effect: what the inside gets of something outside, or sent out before. As `outward`.
    template <class Passing>
    [[nodiscard]] auto inward(Passing passing) const
    {
        return state::pass(state_, side::inside, std::move(passing));
    }

    /// Effect: all that passed is dead, on both sides, and functions that passed throw; leases go on. Nothing passes
    /// any more. As bank::destroy, with its cost: all forwarders end by one call. Again: no effect.
    void revoke() noexcept
    {
        if (state_ != nullptr)
            state_->payer.destroy();
    }

    /// What passing has cost until now, in bytes.
    [[nodiscard]] std::size_t usage() const { return state_->payer.usage(); }

private:
    struct by_bits {
        [[nodiscard]] bool operator()(slots::name const& one, slots::name const& other) const noexcept
        {
            return std::pair(one.slot, one.tag) < std::pair(other.slot, other.tag);
        }
    };

    struct state {
        using names = std::pmr::map<slots::name, slots::name, by_bits>;
        explicit state(bank&& paying)
            : payer(std::move(paying))
            , wrapped{ names(payer.memory_resource()), names(payer.memory_resource()) }
            , original{ names(payer.memory_resource()), names(payer.memory_resource()) }
        {
        }

        bank const payer;
        std::mutex guard;
        /// By the side that it came to: what was made of a name, and of what it was made.
        std::array<names, 2> wrapped;
        std::array<names, 2> original;

        using shared = std::shared_ptr<state>;

        [[nodiscard]] slots::name pass_name(side to, slots::name const& name, slots::kind const& kind)
        {
            require();
            if (kind.holds_capabilities)
                return {};
            auto const here = static_cast<std::size_t>(to);
            std::lock_guard const lock(guard);
            if (auto const back = original[1 - here].find(name); back != original[1 - here].end())
                return back->second;
            if (auto const before = wrapped[here].find(name); before != wrapped[here].end())
                return before->second;
            struct undo {
                names& in;
                names::iterator at;
                ~undo()
                {
                    if (at != in.end())
                        in.erase(at);
                }
            } made{ wrapped[here], wrapped[here].emplace(name, slots::name()).first };
            auto const forwarder = slots::forward(name, kind, payer);
            struct revoking {
                slots::name const* owned;
                ~revoking()
                {
                    if (owned != nullptr)
                        slots::revoke(*owned);
                }
            } half{ &forwarder };
            original[here].emplace(forwarder, name);
            made.at->second = forwarder;
            made.at = wrapped[here].end();
            half.owned = nullptr;
            return forwarder;
        }

        template <can_be_granted T>
        [[nodiscard]] static capability<T> pass(shared const& by, side to, capability<T> const& passing)
        {
            return passing ? capability<T>(by->pass_name(to, passing.name_, slots::kind_of<T>)) : passing;
        }
        [[nodiscard]] static any_capability pass(shared const& by, side to, any_capability const& passing)
        {
            auto result = passing;
            if (passing)
                result.name_ = by->pass_name(to, passing.name_, *passing.kind_);
            return result.name_ != slots::name{} ? result : any_capability();
        }
        [[nodiscard]] static clist pass(shared const& by, side to, clist const& passing)
        {
            auto result = clist(by->payer);
            for (auto const [place, held] : passing)
                result.put(place, pass(by, to, held));
            return result;
        }
        template <class Number>
            requires std::is_arithmetic_v<Number>
        [[nodiscard]] static Number pass(shared const& by, side, Number passing)
        {
            by->require();
            return passing;
        }
        [[nodiscard]] static std::string pass(shared const& by, side, std::string passing)
        {
            by->require();
            return passing;
        }
        template <class Result, class... Arguments>
        [[nodiscard]] static std::function<Result(Arguments...)> pass(
            shared const& by, side to, std::function<Result(Arguments...)> passing)
        {
            by->require();
            auto const from = to == side::inside ? side::outside : side::inside;
            return [by, to, from, passing = std::move(passing)](Arguments... arguments) -> Result {
                by->require();
                try {
                    if constexpr (std::is_void_v<Result>) {
                        static_cast<void>(to);
                        passing(pass(by, from, std::move(arguments))...);
                    } else
                        return pass(by, to, passing(pass(by, from, std::move(arguments))...));
                } catch (membrane_error const&) {
                    throw;
                } catch (std::exception const& thrown) {
                    boost::throw_exception(membrane_error(thrown.what()));
                } catch (...) {
                    boost::throw_exception(membrane_error("still: the other side of a membrane threw something"));
                }
            };
        }

        void require() const
        {
            if (!payer.verify(payer))
                boost::throw_exception(
                    membrane_error("still: the membrane was revoked (ask its owner for another way)"));
        }
    };

    std::shared_ptr<state> state_;
};

} // namespace still
