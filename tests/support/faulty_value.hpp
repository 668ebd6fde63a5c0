// SPDX-License-Identifier: BSL-1.0
//
// An element type that throws on schedule, counts its instances, and knows its own address, so that
// a bytewise move, a read after a move and a double destruction are seen.
//
//   fail_at_copy faults(3);                  the third copy from here throws injected_fault
//   at_each_copy([&](auto n) { ... })        the same for every n; likewise comparison, move

#pragma once

#include <boost/throw_exception.hpp>

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <utility>

#include "schedule.hpp"
#include "still/core/config.hpp"

namespace still_test {

/// What all faulty values together have done.
struct value_ledger {
    static inline std::atomic<std::int64_t> live{ 0 };
    static inline schedule copies;
    static inline schedule comparisons;
    /// Moves of the throwing kind only.
    static inline schedule moves;
};

/// Compares by key alone; `tag` tells apart values with equal keys, so that a test can see whose
/// element survived.
template <bool MoveThrows>
class basic_faulty_value {
public:
    basic_faulty_value(int key = 0, int tag = 0) noexcept
        : key_(key)
        , tag_(tag)
        , self_(this)
    {
        value_ledger::live.fetch_add(1, std::memory_order_relaxed);
    }
    basic_faulty_value(basic_faulty_value const& other)
        : basic_faulty_value((copying(other), other.key_), other.tag_)
    {
    }
    basic_faulty_value(basic_faulty_value&& other) noexcept(!MoveThrows)
        : basic_faulty_value((moving(other), other.key_), other.tag_)
    {
        other.key_ = moved_from;
    }
    basic_faulty_value& operator=(basic_faulty_value const& other)
    {
        alive();
        copying(other);
        key_ = other.key_;
        tag_ = other.tag_;
        return *this;
    }
    basic_faulty_value& operator=(basic_faulty_value&& other) noexcept(!MoveThrows)
    {
        alive();
        moving(other);
        if (this != &other) {
            key_ = std::exchange(other.key_, moved_from);
            tag_ = other.tag_;
        }
        return *this;
    }
    ~basic_faulty_value()
    {
        alive();
        self_ = nullptr;
        value_ledger::live.fetch_sub(1, std::memory_order_relaxed);
    }

    [[nodiscard]] int key() const noexcept
    {
        alive();
        return key_;
    }
    [[nodiscard]] int tag() const noexcept
    {
        alive();
        return tag_;
    }

    [[nodiscard]] friend bool operator==(basic_faulty_value const& left, basic_faulty_value const& right)
    {
        comparing(left, right);
        return left.key_ == right.key_;
    }
    [[nodiscard]] friend std::strong_ordering operator<=>(
        basic_faulty_value const& left, basic_faulty_value const& right)
    {
        comparing(left, right);
        return left.key_ <=> right.key_;
    }
    friend std::ostream& operator<<(std::ostream& out, basic_faulty_value const& seen)
    {
        return out << seen.key_ << '/' << seen.tag_;
    }

private:
    static constexpr int moved_from = std::numeric_limits<int>::min();

    void alive() const noexcept { STILL_CHECK(self_ == this); }
    static void readable(basic_faulty_value const& seen) noexcept
    {
        seen.alive();
        STILL_CHECK(seen.key_ != moved_from);
    }
    static void copying(basic_faulty_value const& source)
    {
        readable(source);
        if (value_ledger::copies.step())
            boost::throw_exception(injected_fault());
    }
    static void moving(basic_faulty_value const& source) noexcept(!MoveThrows)
    {
        source.alive();
        if constexpr (MoveThrows)
            if (value_ledger::moves.step())
                boost::throw_exception(injected_fault());
    }
    static void comparing(basic_faulty_value const& left, basic_faulty_value const& right)
    {
        readable(left);
        readable(right);
        if (value_ledger::comparisons.step())
            boost::throw_exception(injected_fault());
    }

    int key_;
    int tag_;
    basic_faulty_value const* self_;
};

using faulty_value = basic_faulty_value<false>;
/// Its moves throw on schedule too.
using faulty_moving_value = basic_faulty_value<true>;

/// While it lives, the n-th event of its kind from its birth throws injected_fault, once.
struct fail_at_copy : schedule::scope {
    explicit fail_at_copy(std::int64_t n) noexcept
        : scope(value_ledger::copies, n)
    {
    }
};
struct fail_at_comparison : schedule::scope {
    explicit fail_at_comparison(std::int64_t n) noexcept
        : scope(value_ledger::comparisons, n)
    {
    }
};
struct fail_at_move : schedule::scope {
    explicit fail_at_move(std::int64_t n) noexcept
        : scope(value_ledger::moves, n)
    {
    }
};

/// Runs `attempt(n)` with the n-th event of the kind failing, for every n; see at_each_fault.
template <class Attempt>
std::int64_t at_each_copy(Attempt&& attempt)
{
    return at_each_fault(value_ledger::copies, std::forward<Attempt>(attempt));
}
template <class Attempt>
std::int64_t at_each_comparison(Attempt&& attempt)
{
    return at_each_fault(value_ledger::comparisons, std::forward<Attempt>(attempt));
}
template <class Attempt>
std::int64_t at_each_move(Attempt&& attempt)
{
    return at_each_fault(value_ledger::moves, std::forward<Attempt>(attempt));
}

} // namespace still_test

template <bool MoveThrows>
struct std::hash<still_test::basic_faulty_value<MoveThrows>> {
    std::size_t operator()(still_test::basic_faulty_value<MoveThrows> const& seen) const noexcept
    {
        return std::hash<int>()(seen.key());
    }
};
