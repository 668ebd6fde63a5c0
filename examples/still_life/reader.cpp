// SPDX-License-Identifier: BSL-1.0

#include "still_life/reader.hpp"

#include <utility>

namespace still_life {

reader::reader()
    : thread_([this] { work(); })
{
}

reader::~reader()
{
    {
        std::scoped_lock const lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void reader::give(handed_version const& given)
{
    {
        std::scoped_lock const lock(mutex_);
        inbox_.push_back(given);
        ++given_;
    }
    changed_.notify_all();
}

std::vector<finding> reader::wait()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failure_ != nullptr || findings_.size() == given_; });
    if (failure_ != nullptr)
        std::rethrow_exception(failure_);
    return findings_;
}

void reader::work()
{
    std::unique_lock lock(mutex_);
    try {
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || !inbox_.empty(); });
            if (ending_)
                return;
            auto const given = inbox_.front();
            inbox_.pop_front();
            lock.unlock();
            auto found = read(given);
            lock.lock();
            findings_.push_back(std::move(found));
            changed_.notify_all();
        }
    } catch (...) {
        if (!lock.owns_lock())
            lock.lock();
        failure_ = std::current_exception();
        changed_.notify_all();
    }
}

finding reader::read(handed_version const& given)
{
    finding found;
    found.number = given.number;
    // The leases end with this function: the writer is free to take its versions back at any time.
    auto const snapshot = given.snapshot.open();
    auto const counts = given.counts.open();
    if (!snapshot || !counts) {
        found.refused = !snapshot ? snapshot.error() : counts.error();
        return found;
    }

    auto const pages_before = pages_.pages_read();
    auto const snapshot_before = previous_.snapshot.open();
    auto const counts_before = previous_.counts.open();
    if (snapshot_before && counts_before) {
        pages_.read_changes(**snapshot_before, **snapshot);
        read_changes(**counts_before, **counts, words_);
    } else {
        pages_.read_whole(**snapshot);
        words_ = read_whole(**counts);
    }
    previous_ = given;
    found.seen = { words_, pages_.hash() };
    found.pages_read = pages_.pages_read() - pages_before;

    if (given.mapped) {
        auto const mapped = given.mapped.open();
        if (!mapped) {
            found.refused = mapped.error();
            return found;
        }
        auto const* const index = (*mapped)->find<word_index>(index_name);
        found.in_index = index == nullptr ? word_numbers() : read_whole(*index);
        page_numbers pages;
        pages.read_whole(**snapshot);
        found.whole = { read_whole(**counts), pages.hash() };
        found.pages_read += pages.pages_read();
    }
    return found;
}

} // namespace still_life
