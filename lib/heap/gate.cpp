// SPDX-License-Identifier: BSL-1.0

#include "still/heap/gate.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "os/core_order.hpp"

namespace still::heaps {

namespace {

std::uint64_t next_serial() noexcept
{
    static std::atomic<std::uint64_t> last{ 0 };
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// Hands a line on. Precondition: its thread is outside.
void leave_to_others(writer_line& line) noexcept
{
    line.claimed.store(false, std::memory_order_release);
}

/// Variables of a thread are destroyed in an order that the program chooses, and those of the main thread before all
/// static ones. So some may still use heaps when the thread's lines have ended: then a line is theirs for as long as
/// they are inside.
struct late_lines {
    bool begun = false;
    writer_line* first = nullptr;

    [[nodiscard]] writer_line* find(std::uint64_t gate) const noexcept
    {
        auto* line = first;
        while (line != nullptr && line->gate != gate)
            line = line->next;
        return line;
    }
    void add(std::uint64_t gate, writer_line& line) noexcept
    {
        line.gate = gate;
        line.next = std::exchange(first, &line);
    }
    /// Effect: hands a line on. Precondition: it is one of these, and the thread is outside.
    void remove(writer_line& line) noexcept
    {
        auto** link = &first;
        while (*link != &line)
            link = &(*link)->next;
        *link = line.next;
        leave_to_others(line);
    }
};
constinit thread_local late_lines late{};

} // namespace

/// The lines that a thread has in all gates. Lines are shared with their gate, so that either may go
/// first; a thread that ends leaves its lines to others.
class lines_of_thread {
public:
    struct entry {
        std::uint64_t gate;
        std::shared_ptr<writer_line> line;
    };

    lines_of_thread() = default;
    lines_of_thread(lines_of_thread const&) = delete;
    lines_of_thread& operator=(lines_of_thread const&) = delete;
    ~lines_of_thread()
    {
        late.begun = true;
        gate::remembered_ = {};
        for (auto const& kept : entries)
            if (kept.line->inside.load(std::memory_order_relaxed) > 0)
                late.add(kept.gate, *kept.line);
            else
                leave_to_others(*kept.line);
    }

    std::vector<entry> entries;
};

namespace {

thread_local lines_of_thread this_thread;

} // namespace

gate::gate(ordering wanted)
    : serial_(next_serial())
    , cut_orders_(wanted == ordering::cheapest && os::can_synchronize_cores())
{
}

writer_line* gate::find() const noexcept
{
    if (late.begun)
        return late.find(serial_);
    for (auto const& kept : this_thread.entries)
        if (kept.gate == serial_)
            return kept.line.get();
    return nullptr;
}

/// A line that was nobody's. Throws std::bad_alloc, and nothing changed.
std::shared_ptr<writer_line> gate::claim()
{
    std::scoped_lock const lock(lines_mutex_);
    auto const left = std::find_if(lines_.begin(), lines_.end(), [](auto const& seen) {
        auto expected = false;
        return seen->claimed.compare_exchange_strong(expected, true, std::memory_order_acq_rel);
    });
    if (left != lines_.end())
        return *left;
    lines_.reserve(lines_.size() + 1);
    lines_.push_back(std::make_shared<writer_line>());
    lines_.back()->number = static_cast<std::uint32_t>(lines_.size() - 1);
    return lines_.back();
}

writer_line& gate::find_or_claim()
{
    auto* line = find();
    if (late.begun) {
        if (line == nullptr) {
            line = claim().get(); // as long as the thread is inside, the gate is there
            late.add(serial_, *line);
        }
        return *line;
    }
    if (line == nullptr) {
        // Lines of gates that are gone have no other owner.
        std::erase_if(this_thread.entries, [](auto const& kept) { return kept.line.use_count() == 1; });
        this_thread.entries.reserve(this_thread.entries.size() + 1);
        this_thread.entries.push_back({ serial_, claim() });
        line = this_thread.entries.back().line.get();
    }
    remembered() = { serial_, line };
    return *line;
}

std::uint32_t gate::find_number()
{
    // What has the number would have to know when the thread is done with it.
    return late.begun ? no_number : find_or_claim().number;
}

void gate::expect_no_more() noexcept
{
    if (!late.begun)
        return;
    if (auto* const line = late.find(serial_); line != nullptr && line->inside.load(std::memory_order_relaxed) == 0)
        late.remove(*line);
}

void gate::leave_slowly() noexcept
{
    auto* const line = find();
    STILL_CHECK(line != nullptr);
    step_out(*line);
    expect_no_more();
}

void gate::wait_outside(writer_line& line) noexcept
{
    auto const came = std::chrono::steady_clock::now();
    auto slowed = false;
    for (auto seen = state_.load(); seen == state::closed || (seen == state::slow && !slowed); seen = state_.load()) {
        // Step back, or the cut would wait for this thread.
        line.inside.store(0, std::memory_order_release);
        if (seen == state::closed) {
            state_.wait(state::closed, std::memory_order_acquire);
        } else {
            std::this_thread::sleep_for(slow_step);
            slowed = true;
        }
        announce(line);
    }
    auto const waited = std::chrono::nanoseconds(std::chrono::steady_clock::now() - came).count();
    auto longest = longest_delay_.load(std::memory_order_relaxed);
    while (waited > longest && !longest_delay_.compare_exchange_weak(longest, waited, std::memory_order_relaxed)) { }
}

bool gate::close(deadline until)
{
    state_.store(state::closed, std::memory_order_seq_cst);
    if (cut_orders_)
        os::synchronize_cores();
    // A thread that comes for a new line from here on finds the gate closed: it can't have been inside.
    std::unique_lock lock(lines_mutex_);
    auto const count = lines_.size();
    unsigned looks = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const& line = *lines_[i];
        // Nobody waits for guards under the lock, since who forks waits for the lock, and may hold a guard.
        while (line.inside.load(std::memory_order_seq_cst) != 0) {
            if (until && std::chrono::steady_clock::now() >= *until) {
                open();
                return false;
            }
            // Guards are short, as a rule; a writer that lost its core needs ours.
            constexpr unsigned looks_before_yielding = 64;
            constexpr unsigned looks_before_sleeping = 1024;
            ++looks;
            if (looks <= looks_before_yielding)
                continue;
            lock.unlock();
            if (looks > looks_before_sleeping)
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            else
                std::this_thread::yield();
            lock.lock();
        }
    }
    return true;
}

void gate::begin_child(bool closed_here) noexcept
{
    auto const* const mine = find();
    for (auto const& line : lines_) {
        if (line.get() == mine)
            continue;
        line->inside.store(0, std::memory_order_relaxed);
        line->claimed.store(false, std::memory_order_relaxed);
    }
    if (!closed_here)
        state_.store(state::open, std::memory_order_relaxed);
    lines_mutex_.unlock();
}

void gate::slow() noexcept
{
    state_.store(state::slow, std::memory_order_seq_cst);
}

void gate::open() noexcept
{
    state_.store(state::open, std::memory_order_seq_cst);
    state_.notify_all();
}

} // namespace still::heaps
