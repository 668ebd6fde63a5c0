// SPDX-License-Identifier: BSL-1.0
//
// The gate between writers and cuts: any number of threads are inside, or one cut is, never both.
// Writers count themselves on a cache line of their own, so that they don't contend. See Note: guards.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "still/core/config.hpp"

namespace still::heaps {

class lines_of_thread;

/// When to give up waiting, or never.
using deadline = std::optional<std::chrono::steady_clock::time_point>;

/// One thread's line in one gate. Written by its thread alone, but for being claimed.
struct alignas(64) writer_line {
    /// Guards that the thread holds, or is about to.
    std::atomic<std::uint32_t> inside{ 0 };
    /// Which line of its gate it is, from 0.
    std::uint32_t number = 0;
    /// False when no living thread has the line: the next one that comes takes it.
    std::atomic<bool> claimed{ true };
    /// Of a thread whose lines have ended: the gate that this one is in, and the next of its lines.
    std::uint64_t gate = 0;
    writer_line* next = nullptr;
};

/// A gate, by a serial number that is never used twice (0 is none), and a thread's line in it.
struct remembered_line {
    std::uint64_t gate = 0;
    writer_line* line = nullptr;
};

/// Protocol: a writer sets its `inside` and then reads `state_`; a cut sets `state_` and then reads
/// every `inside`. Between its two steps the cut has all cores execute a fence, so that the writer needs none; where
/// the system doesn't offer that, all four are sequentially consistent. Either way at least one of the two sees the
/// other; the writer is the one to step back. What a writer wrote before it left happens before the cut that saw it
/// gone, and what a cut read happens before the writers that saw the gate open again.
///
/// Thread contract: enter and leave from any thread, in pairs, nested at will; close and open from one
/// thread at a time (the caller's lock).
class gate {
public:
    /// How it is made sure that of a writer and a cut one sees the other.
    enum class ordering : std::uint8_t {
        cheapest, ///< by the cut alone, where the system lets it
        locked, ///< by both
    };

    explicit gate(ordering wanted = ordering::cheapest);
    gate(gate const&) = delete;
    gate& operator=(gate const&) = delete;

    /// Effect: waits while a cut is in progress, unless this thread is inside already. Allocates the
    /// thread's line the first time it comes to this gate; throws std::bad_alloc then, and is outside.
    void enter()
    {
        auto& line = mine();
        auto const guards = line.inside.load(std::memory_order_relaxed);
        if (guards == 0)
            admit(line);
        else
            line.inside.store(guards + 1, std::memory_order_relaxed);
    }

    /// Effect: as `enter`, but without waiting. Precondition: something else keeps the cut from running
    /// while the thread is inside, or it is the cut's own thread.
    void enter_regardless()
    {
        auto& line = mine();
        auto const guards = line.inside.load(std::memory_order_relaxed);
        if (guards == 0)
            announce(line);
        else
            line.inside.store(guards + 1, std::memory_order_relaxed);
    }
    /// Effect: makes sure that this thread's next coming allocates nothing. Throws std::bad_alloc.
    void expect() { static_cast<void>(mine()); }
    /// Effect: where this thread's lines have ended and it didn't come after `expect`, it leaves nothing behind.
    void expect_no_more() noexcept;

    /// Precondition: this thread entered.
    void leave() noexcept
    {
        if (remembered().gate == serial_)
            step_out(*remembered().line);
        else
            leave_slowly();
    }

    /// A number that no other living thread has in this gate, from 0 and as small as may be; the largest number there
    /// is where this thread's lines have ended. Allocates as `enter`; throws std::bad_alloc then.
    [[nodiscard]] std::uint32_t number_of_thread()
    {
        return remembered().gate == serial_ ? remembered().line->number : find_number();
    }

    /// The same where this thread came to this gate last of all, else the largest number there is. Allocates nothing.
    [[nodiscard]] std::uint32_t remembered_number() const noexcept
    {
        return remembered().gate == serial_ ? remembered().line->number : no_number;
    }

    /// True when this thread is inside.
    [[nodiscard]] bool inside() const noexcept
    {
        auto const* const line = remembered().gate == serial_ ? remembered().line : find();
        return line != nullptr && line->inside.load(std::memory_order_relaxed) > 0;
    }

    /// Effect: keeps new writers out and waits for those inside. Returns false if they weren't gone by
    /// the deadline, and then the gate is open again.
    /// Precondition: the gate is open, and this thread is not inside.
    [[nodiscard]] bool close(deadline until);
    /// Effect: from now on each thread that comes waits `slow_step` once, until the gate closes or opens.
    /// Precondition: the gate is not closed.
    void slow() noexcept;
    static constexpr std::chrono::microseconds slow_step{ 50 };
    /// Effect: lets all in, without a delay.
    void open() noexcept;

    /// Effect: the records of who is inside are whole until `let_go`, as far as coming for the first time goes. Waits
    /// for no guard.
    void hold() noexcept { lines_mutex_.lock(); }
    void let_go() noexcept { lines_mutex_.unlock(); }
    /// Effect: as `let_go`, in a child of fork, where this thread is the only one: guards of others are gone, and the
    /// gate is open, unless this thread has closed it.
    void begin_child(bool closed_here) noexcept;

    /// The longest that a thread waited in `enter` so far.
    [[nodiscard]] std::chrono::nanoseconds longest_delay() const noexcept
    {
        return std::chrono::nanoseconds(longest_delay_.load(std::memory_order_relaxed));
    }

private:
    friend class lines_of_thread;

    /// The gates that this thread used last, so that the next time costs a compare. A heap has two gates,
    /// with numbers in a row. None once the thread's lines have ended.
    static constinit inline thread_local std::array<remembered_line, 4> remembered_{};
    enum class state : std::uint8_t { open, slow, closed };

    [[nodiscard]] remembered_line& remembered() const noexcept { return remembered_[serial_ % remembered_.size()]; }
    [[nodiscard]] writer_line& mine()
    {
        auto const& last = remembered();
        if (last.gate == serial_)
            return *last.line;
        return find_or_claim();
    }
    /// Effect: says that the thread comes. What it reads of `state_` from then on is no older than that.
    void announce(writer_line& line) const noexcept
    {
        if (cut_orders_) {
            line.inside.store(1, std::memory_order_relaxed);
            std::atomic_signal_fence(std::memory_order_seq_cst); // for the compiler; the cut does it for the machine
        } else {
            line.inside.exchange(1, std::memory_order_seq_cst);
        }
    }
    void admit(writer_line& line) noexcept
    {
        announce(line);
        if (state_.load(std::memory_order_seq_cst) != state::open)
            wait_outside(line);
    }
    static void step_out(writer_line& line) noexcept
    {
        auto const guards = line.inside.load(std::memory_order_relaxed);
        STILL_ASSERT(guards > 0);
        line.inside.store(guards - 1, std::memory_order_release);
    }

    static constexpr auto no_number = ~std::uint32_t{ 0 };

    [[nodiscard]] writer_line* find() const noexcept;
    [[nodiscard]] std::uint32_t find_number();
    [[nodiscard]] std::shared_ptr<writer_line> claim();
    [[nodiscard]] writer_line& find_or_claim();
    void wait_outside(writer_line& line) noexcept;
    void leave_slowly() noexcept;

    std::uint64_t const serial_;
    bool const cut_orders_;
    std::mutex lines_mutex_;
    std::vector<std::shared_ptr<writer_line>> lines_;
    std::atomic<std::chrono::nanoseconds::rep> longest_delay_{ 0 };
    alignas(64) std::atomic<state> state_{ state::open };
};

} // namespace still::heaps
