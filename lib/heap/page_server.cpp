// SPDX-License-Identifier: BSL-1.0

#include "heap/page_server.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include <boost/throw_exception.hpp>

#include "heap/map_entries.hpp"
#include "os/absent_pages.hpp"
#include "os/process.hpp"

namespace still::heaps {

namespace {

/// Its own, and one for what is behind it.
constexpr std::size_t entries_of_refusal = 2;

struct refused_page {
    os::refusal by;
    std::size_t entries; // of the memory map
};

} // namespace

/// Outlives the server while a keeper hasn't answered.
class page_server::state : public std::enable_shared_from_this<state> {
public:
    state(std::byte* start, std::vector<kept_run> runs, segment content)
        : start_(start)
        , runs_(std::move(runs))
        , content_(std::move(content))
    {
        for (auto const& run : runs_)
            pages_.watch(address(run.first), static_cast<std::size_t>(run.count) * page_bytes);
    }

    /// Effect: hands out what is touched, until stopped.
    void listen() noexcept
    {
        while (auto const touched = next_touched())
            hand_out(static_cast<page_index>(*touched - start_) / page_bytes);
    }

    void fetch(page_index first, page_index end)
    {
        for (auto const& run : runs_)
            for (auto page = std::max(first, run.first); page < std::min(end, run.first + run.count); ++page)
                if (!is_present(page))
                    answer(run, page);
    }

    /// Effect: nothing is done to the pages any more, whatever keepers answer.
    void stop() noexcept
    {
        pages_.stop();
        {
            std::scoped_lock const lock(mutex_);
            stopped_ = true;
            static_cast<void>(entries_.hold(0));
        }
        wanted_.notify_all();
    }

    [[nodiscard]] std::size_t entries()
    {
        std::scoped_lock const lock(mutex_);
        return entries_.count();
    }

private:
    [[nodiscard]] std::byte* address(page_index page) const noexcept
    {
        return start_ + static_cast<std::size_t>(page) * page_bytes;
    }
    [[nodiscard]] bool is_present(page_index page)
    {
        std::scoped_lock const lock(mutex_);
        return present_.contains(page);
    }
    [[nodiscard]] kept_run const& run_of(page_index page) const noexcept
    {
        return *std::prev(std::ranges::upper_bound(runs_, page, {}, &kept_run::first));
    }
    [[nodiscard]] std::optional<std::byte*> next_touched() noexcept;
    void hand_out(page_index page) noexcept;
    void serve() noexcept;
    void answer_touch(page_index page) noexcept;
    void answer(kept_run const& run, page_index page);
    void refuse(page_index page);
    void allow(page_index page);

    std::byte* const start_;
    std::vector<kept_run> const runs_; // in order
    segment const content_; // keeps the keepers
    os::absent_pages pages_;

    std::mutex mutex_;
    std::condition_variable wanted_;
    std::deque<page_index> touched_; // and nobody asks yet
    std::set<page_index> open_; // touched, and not answered
    std::set<page_index> present_;
    std::map<page_index, refused_page> refused_;
    map_entries entries_; // of refused pages
    std::size_t idle_ = 0;
    bool stopped_ = false;
};

std::optional<std::byte*> page_server::state::next_touched() noexcept
try {
    return pages_.next_touched();
} catch (std::system_error const&) {
    return std::nullopt; // the system no longer tells; nothing can be done for who waits
}

/// Effect: has a page asked for by a thread that isn't busy, be it a new one.
void page_server::state::hand_out(page_index page) noexcept
{
    try {
        std::scoped_lock const lock(mutex_);
        if (present_.contains(page) || !open_.insert(page).second)
            return; // who waits is woken by the answer
        touched_.push_back(page);
        if (idle_ < touched_.size())
            std::thread([self = shared_from_this()] { self->serve(); }).detach();
        wanted_.notify_one();
    } catch (std::exception const&) {
        // No memory, or no thread: somebody who is busy now will take it, or it is asked for here.
        auto const mine = [&] {
            std::scoped_lock const lock(mutex_);
            return std::erase(touched_, page) > 0 || open_.insert(page).second;
        };
        if (mine())
            answer_touch(page);
    }
}

/// Effect: answers touches, one after the other, until stopped.
void page_server::state::serve() noexcept
{
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        wanted_.wait(lock, [&] { return stopped_ || !touched_.empty(); });
        --idle_;
        if (stopped_)
            return;
        auto const page = touched_.front();
        touched_.pop_front();
        lock.unlock();
        answer_touch(page);
        lock.lock();
    }
}

void page_server::state::answer_touch(page_index page) noexcept
{
    auto refused = false;
    try {
        answer(run_of(page), page);
    } catch (...) { // a keeper may throw anything
        refused = true;
    }
    std::scoped_lock const lock(mutex_);
    open_.erase(page);
    if (refused && !stopped_ && !present_.contains(page))
        refuse(page);
}

/// Effect: who touches the page gets SIGSEGV; by an entry of the memory map only where the system has no other way.
/// Where there is none to spare, SIGBUS; and where the system doesn't have that either, the page takes an entry all the
/// same: who waits must be told. Precondition: the mutex is held.
void page_server::state::refuse(page_index page)
{
    if (refused_.contains(page)) { // by then another thread had begun to wait
        pages_.wake(address(page));
        return;
    }
    auto const by = [&](os::refusal way, std::size_t entries = 0) {
        if (!pages_.refuse(address(page), way))
            return false;
        refused_.emplace(page, refused_page{ way, entries });
        return true;
    };
    if (by(os::refusal::guard))
        return;
    auto const held = entries_.count();
    if (entries_.hold(held + entries_of_refusal)) {
        if (by(os::refusal::protection, entries_of_refusal))
            return;
        static_cast<void>(entries_.hold(held));
    }
    if (!by(os::refusal::poison))
        static_cast<void>(by(os::refusal::protection));
}

/// Effect: a page that was refused is absent again. Precondition: the mutex is held.
void page_server::state::allow(page_index page)
{
    auto const found = refused_.find(page);
    if (found == refused_.end())
        return;
    pages_.allow(address(page), found->second.by);
    static_cast<void>(entries_.hold(entries_.count() - found->second.entries));
    refused_.erase(found);
}

/// Effect: asks a keeper for a page, and puts what it answers where it belongs. Throws what it makes it throw.
void page_server::state::answer(kept_run const& run, page_index page)
{
    auto const bytes = segments::ask(*run.whom, run.inner + (page - run.first));
    auto const end = std::min(run.first + run.count, page + bytes.size() / page_bytes);
    std::scoped_lock const lock(mutex_);
    if (stopped_)
        return;
    for (auto next = page; next < end; ++next) {
        allow(next);
        pages_.supply(address(next), bytes.data() + (next - page) * page_bytes);
        present_.insert(next);
    }
}

struct page_server::running {
    explicit running(std::shared_ptr<state> made)
        : shared(std::move(made))
        , listener([seen = shared.get()] { seen->listen(); })
    {
    }

    std::shared_ptr<state> shared; // also of threads that wait for a keeper
    std::thread listener;
};

page_server::page_server(std::byte* start, std::vector<kept_run> runs, segment content)
    : made_in_(os::process_generation())
    , running_(std::make_unique<running>(std::make_shared<state>(start, std::move(runs), std::move(content))))
{
}

page_server::~page_server()
{
    if (os::process_generation() != made_in_) {
        // The thread isn't here, and may have had the lock of what it shared. Neither can be taken apart.
        std::ignore = running_.release();
        return;
    }
    running_->shared->stop();
    running_->listener.join();
}

std::size_t page_server::entries() const
{
    return os::process_generation() == made_in_ ? running_->shared->entries() : 0;
}

void page_server::fetch(page_index first, page_index end)
{
    if (os::process_generation() != made_in_)
        boost::throw_exception(
            std::logic_error("still: pages that a keeper supplies aren't there in a child of fork, and "
                             "can't be asked for by it (fetch and copy them before the fork)"));
    running_->shared->fetch(first, end);
}

bool page_server::works() noexcept
try {
    os::absent_pages const probe;
    return true;
} catch (std::system_error const&) {
    return false;
}

} // namespace still::heaps
