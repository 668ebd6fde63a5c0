// SPDX-License-Identifier: BSL-1.0
//
// A machine with weak memory, and an explorer of all that a few threads can do on it.
//
// Memory keeps every message that was stored at a location. A thread may read any message that isn't older than
// what it knows of: so a store stays unseen for as long as you like, as in a store buffer, and stores to different
// locations are seen in different orders. Acquiring a message that was released tells all that its writer knew.
// Sequentially consistent accesses happen in one order, and of what was stored there before by one of them none sees
// less. (Stores take their places at a location in the order in which they happen; plain data has a location, too, and
// whoever accesses it without knowing of the last access has raced.)
//
// Threads are coroutines that await their accesses. The explorer tries every thread at every step, and every message
// that it may read; where memory and all that the threads have read are as they were before, it needn't go on.

#pragma once

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace still_test::weak_memory {

constexpr std::size_t most_locations = 20;
constexpr std::size_t most_threads = 4;

enum class order : std::uint8_t { relaxed, ordered, sequential }; ///< ordered: acquires, releases, or both
enum class access : std::uint8_t { load, store, exchange, compare, add, fence };

/// What somebody knows: of each location, the last message that it can't ignore.
using view = std::array<std::uint8_t, most_locations>;
inline void join(view& into, view const& other)
{
    for (std::size_t i = 0; i < into.size(); ++i)
        into[i] = std::max(into[i], other[i]);
}

struct message {
    std::uint64_t value;
    view known;
};

/// One access: `site` names its place in the protocol, so that it can be weakened there.
struct request {
    char const* site;
    access what;
    std::size_t location;
    std::uint64_t value = 0;
    std::uint64_t expected = 0;
    order how = order::sequential;
};

class machine;

/// A part of a thread's program: a coroutine that gives a number.
class task {
public:
    struct promise_type {
        std::coroutine_handle<> caller;
        std::uint64_t result = 0;
        task get_return_object() { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct back {
            [[nodiscard]] bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept
            {
                return ended.promise().caller ? ended.promise().caller : std::noop_coroutine();
            }
            void await_resume() const noexcept { }
        };
        back final_suspend() noexcept { return {}; }
        void return_value(std::uint64_t value) { result = value; }
        void unhandled_exception() { throw; } // to whoever resumed it: the explorer
    };
    explicit task(std::coroutine_handle<promise_type> handle)
        : handle_(handle)
    {
    }
    task(task&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr))
    {
    }
    task& operator=(task&&) = delete;
    ~task()
    {
        if (handle_)
            handle_.destroy();
    }
    [[nodiscard]] bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller)
    {
        handle_.promise().caller = caller;
        return handle_;
    }
    std::uint64_t await_resume() { return handle_.promise().result; }
    void start() { handle_.resume(); }
    [[nodiscard]] bool done() const { return handle_.done(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

inline constexpr char const* writes_too_early = "writes plain data that another thread may still read or write";

/// What went wrong in one execution.
struct broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class machine {
public:
    /// A site whose order is `weakest` at the most.
    std::string weakened;
    order weakest = order::ordered;
    /// A site that programs are to leave out.
    std::string left_out;
    [[nodiscard]] bool has(char const* site) const { return left_out != site; }

    /// Awaited by threads.
    struct waiting {
        machine* on;
        request asked;
        std::size_t thread = 0;
        std::uint64_t got = 0;
        [[nodiscard]] bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> handle)
        {
            thread = on->running_;
            on->pending_[thread] = this;
            on->resume_[thread] = handle;
        }
        std::uint64_t await_resume() const { return got; }
    };
    waiting load(char const* site, std::size_t location, order how = order::sequential)
    {
        return { this, { site, access::load, location, 0, 0, how } };
    }
    waiting store(char const* site, std::size_t location, std::uint64_t value, order how = order::sequential)
    {
        return { this, { site, access::store, location, value, 0, how } };
    }
    waiting exchange(char const* site, std::size_t location, std::uint64_t value, order how = order::sequential)
    {
        return { this, { site, access::exchange, location, value, 0, how } };
    }
    waiting compare(char const* site, std::size_t location, std::uint64_t expected, std::uint64_t value,
        order how = order::sequential)
    {
        return { this, { site, access::compare, location, value, expected, how } };
    }
    waiting add(char const* site, std::size_t location, std::uint64_t value, order how = order::sequential)
    {
        return { this, { site, access::add, location, value, 0, how } };
    }

    /// A fence that the calling thread has another thread execute, as membarrier(2) has all: it then knows what this
    /// one knows, and this one what it knew. Precondition: the caller does no more than this between the fences of one
    /// call.
    waiting fence(char const* site, std::size_t thread)
    {
        return { this, { site, access::fence, thread, 0, 0, order::sequential } };
    }

    /// The thread that runs.
    [[nodiscard]] std::size_t running() const { return running_; }

    /// Effect: the calling thread accesses plain data, as a writer or reader. Breaks on a race, and on what is gone.
    void plain_write(std::size_t location)
    {
        know_all(location, writes_too_early);
        push(location, memory_[location].back().value + 1, views_[running_]);
    }
    void plain_read(std::size_t location)
    {
        know_all(location, "reads plain data that another thread has changed unseen");
        // Whoever writes later has to know of this read: it is a message, too.
        push(location, memory_[location].back().value, views_[running_]);
    }
    void require(bool good, char const* what) const
    {
        if (!good)
            throw broken(what);
    }
    /// State that the checks keep beside the program; the threads don't read it.
    std::array<std::uint64_t, 8> ghost{};
    [[nodiscard]] std::uint64_t last(std::size_t location) const { return memory_[location].back().value; }

    // For the explorer.
    void reset(std::size_t threads)
    {
        for (auto& location : memory_)
            location.assign(1, { 0, {} });
        views_.fill({});
        sequential_ = {};
        history_.fill(1);
        pending_.fill(nullptr);
        ghost.fill(0);
        threads_ = threads;
    }
    void initially(std::size_t location, std::uint64_t value) { memory_[location].front().value = value; }
    void run_as(std::size_t thread) { running_ = thread; }
    [[nodiscard]] std::size_t choices(std::size_t thread) const
    {
        if (pending_[thread] == nullptr)
            return 0;
        auto const& asked = pending_[thread]->asked;
        if (asked.what != access::load)
            return 1;
        return memory_[asked.location].size() - oldest(thread, asked);
    }
    void step(std::size_t thread, std::size_t choice)
    {
        auto& waits = *std::exchange(pending_[thread], nullptr);
        auto const& asked = waits.asked;
        auto& knows = views_[thread];
        running_ = thread;
        if (asked.what == access::fence) {
            join(views_[asked.location], knows);
            join(knows, views_[asked.location]);
            remember(thread, asked.location);
            resume_[thread].resume();
            return;
        }
        auto const how = order_of(asked);
        auto& at = memory_[asked.location];
        auto const read = asked.what == access::load ? at.size() - 1 - choice : at.size() - 1;
        waits.got = at[read].value;
        if (asked.what != access::store) {
            knows[asked.location] = std::max(knows[asked.location], static_cast<std::uint8_t>(read));
            if (how != order::relaxed)
                join(knows, at[read].known);
            if (how == order::sequential)
                raise(asked.location, read);
        }
        auto const writes
            = asked.what != access::load && (asked.what != access::compare || waits.got == asked.expected);
        if (writes) {
            auto const value = asked.what == access::add ? waits.got + asked.value : asked.value;
            auto const before = at[read].known; // a read-modify-write goes on with what was released
            knows[asked.location] = static_cast<std::uint8_t>(at.size());
            view told{};
            if (how != order::relaxed)
                told = knows;
            told[asked.location] = static_cast<std::uint8_t>(at.size());
            if (asked.what != access::store)
                join(told, before);
            at.push_back({ value, told });
            if (how == order::sequential)
                raise(asked.location, at.size() - 1);
        }
        remember(thread, waits.got);
        auto const handle = resume_[thread];
        handle.resume();
    }
    /// A number for all that matters from here on.
    [[nodiscard]] std::uint64_t fingerprint() const
    {
        std::uint64_t sum = 7;
        auto const mix = [&](std::uint64_t word) {
            sum = (sum ^ word) * 0x9ddfea08eb382d69U;
            sum ^= sum >> 32U;
        };
        for (std::size_t i = 0; i < threads_; ++i) {
            mix(history_[i]);
            for (auto const known : views_[i])
                mix(known);
        }
        for (auto const& location : memory_) {
            mix(location.size());
            for (auto const& one : location) {
                mix(one.value);
                for (auto const known : one.known)
                    mix(known);
            }
        }
        for (auto const known : sequential_)
            mix(known);
        for (auto const word : ghost)
            mix(word);
        return sum;
    }

private:
    /// Where a thread is depends on what it was given so far, and on how often.
    void remember(std::size_t thread, std::uint64_t given)
    {
        history_[thread] = (history_[thread] ^ (given + 0x9e3779b97f4a7c15U)) * 0xff51afd7ed558ccdU;
        history_[thread] ^= history_[thread] >> 29U;
    }
    [[nodiscard]] order order_of(request const& asked) const
    {
        return weakened == asked.site ? std::min(asked.how, weakest) : asked.how;
    }
    [[nodiscard]] std::size_t oldest(std::size_t thread, request const& asked) const
    {
        std::size_t first = views_[thread][asked.location];
        return order_of(asked) == order::sequential ? std::max<std::size_t>(first, sequential_[asked.location]) : first;
    }
    void raise(std::size_t location, std::size_t to)
    {
        sequential_[location] = std::max(sequential_[location], static_cast<std::uint8_t>(to));
    }
    void know_all(std::size_t location, char const* otherwise) const
    {
        require(views_[running_][location] + std::size_t{ 1 } == memory_[location].size(), otherwise);
    }
    void push(std::size_t location, std::uint64_t value, view& knows)
    {
        knows[location] = static_cast<std::uint8_t>(memory_[location].size());
        memory_[location].push_back({ value, {} });
    }

    std::array<std::vector<message>, most_locations> memory_;
    std::array<view, most_threads> views_{};
    view sequential_{};
    std::array<std::uint64_t, most_threads> history_{};
    std::array<waiting*, most_threads> pending_{};
    std::array<std::coroutine_handle<>, most_threads> resume_{};
    std::size_t running_ = 0;
    std::size_t threads_ = 0;
};

/// A program: it prepares memory, makes its threads, and judges how memory is in the end.
struct program {
    std::function<void(machine&)> prepare;
    std::vector<std::function<task(machine&)>> threads;
    std::function<void(machine&)> judge;
};

inline constexpr char const* too_many_states = "too many states to see them all";

struct findings {
    std::size_t executions = 0;
    std::size_t states = 0;
    std::string fault; ///< the first, or empty
};

/// A fault that is planted: an order weakened, or a step left out.
struct planted {
    std::string weakened{};
    order weakest = order::ordered;
    std::string left_out{};
};

/// Effect: runs a program in every way there is, until something breaks, with a planted fault, if any.
inline findings explore(program const& what, planted const& fault_in = {}, std::size_t most_states = 1'000'000)
{
    findings found;
    std::unordered_set<std::uint64_t> seen;
    struct branch {
        std::size_t taken;
        std::size_t choices;
    };
    std::vector<branch> path;
    machine on;
    on.weakened = fault_in.weakened;
    on.weakest = fault_in.weakest;
    on.left_out = fault_in.left_out;
    for (;;) {
        ++found.executions;
        on.reset(what.threads.size());
        what.prepare(on);
        std::vector<task> running;
        for (std::size_t i = 0; i < what.threads.size(); ++i) {
            running.push_back(what.threads[i](on));
            on.run_as(i);
            running.back().start();
        }
        try {
            for (std::size_t depth = 0;; ++depth) {
                std::array<std::size_t, most_threads> choices{};
                std::size_t all = 0;
                for (std::size_t i = 0; i < running.size(); ++i)
                    all += choices[i] = on.choices(i);
                if (all == 0) {
                    what.judge(on);
                    break;
                }
                if (depth == path.size()) {
                    if (!seen.insert(on.fingerprint()).second)
                        break;
                    path.push_back({ 0, all });
                }
                auto choice = path[depth].taken;
                std::size_t thread = 0;
                while (choice >= choices[thread])
                    choice -= choices[thread++];
                on.step(thread, choice);
            }
        } catch (broken const& fault) {
            found.fault = fault.what();
        }
        found.states = seen.size();
        if (!found.fault.empty())
            return found;
        if (found.states > most_states) {
            found.fault = too_many_states;
            return found;
        }
        while (!path.empty() && path.back().taken + 1 == path.back().choices)
            path.pop_back();
        if (path.empty())
            return found;
        ++path.back().taken;
    }
}

} // namespace still_test::weak_memory
