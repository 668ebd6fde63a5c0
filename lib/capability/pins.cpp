// SPDX-License-Identifier: BSL-1.0
//
// The list of pin records, and each thread's share of it.

#include "still/capability/pins.hpp"

#include <new>

#include "os/core_order.hpp"

namespace still::slots {

namespace {

constinit std::atomic<pin_record*> all{ nullptr };

/// Effect: hands a record on. Precondition: the caller owns it, and uses none of its cells.
void release(pin_record* record) noexcept
{
    record->owner = nullptr;
    record->next_of_owner = nullptr;
    record->taken.store(false, std::memory_order_release);
}

/// Releases the thread's records as it exits. Those with a lease that hasn't ended stay as they are: the
/// version must not go while somebody may still hold that lease.
struct at_exit {
    at_exit() noexcept { }
    at_exit(at_exit const&) = delete;
    at_exit& operator=(at_exit const&) = delete;
    ~at_exit()
    {
        pins_of_thread.exiting = true;
        pins::release_unused();
    }
};

void arm_exit() noexcept
{
    thread_local at_exit const release_mine;
    static_cast<void>(release_mine);
}

/// A record that nobody uses, else a new one; null without memory.
[[nodiscard]] pin_record* acquire() noexcept
{
    for (auto* record = all.load(std::memory_order_acquire); record != nullptr; record = record->next_of_all) {
        bool taken = false;
        if (!record->taken.load(std::memory_order_relaxed)
            && record->taken.compare_exchange_strong(taken, true, std::memory_order_acquire))
            return record;
    }
    auto* const made = new (std::nothrow) pin_record;
    if (made == nullptr)
        return nullptr;
    made->next_of_all = all.load(std::memory_order_relaxed);
    while (!all.compare_exchange_weak(made->next_of_all, made, std::memory_order_seq_cst, std::memory_order_relaxed)) {
    }
    return made;
}

} // namespace

constinit thread_local thread_pins pins_of_thread{};
constinit std::array<pins::waiting_place, pins::waiting_places> pins::waiting{};

pin pins::take_elsewhere() noexcept
{
    auto& mine = pins_of_thread;
    for (auto** link = &mine.first; *link != nullptr; link = &(*link)->next_of_owner) {
        auto* const record = *link;
        if (record->used != pin_record::full) {
            *link = record->next_of_owner;
            record->next_of_owner = mine.first;
            mine.first = record;
            return record->take();
        }
    }
    auto* const record = acquire();
    if (record == nullptr)
        return nullptr;
    arm_exit();
    record->owner = &mine;
    record->thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
    record->next_of_owner = mine.first;
    mine.first = record;
    return record->take();
}

void pins::release_unused() noexcept
{
    for (auto** link = &pins_of_thread.first; *link != nullptr;) {
        auto* const record = *link;
        if (record->used == 0) {
            *link = record->next_of_owner;
            release(record);
        } else {
            link = &record->next_of_owner;
        }
    }
}

void pins::begin_child() noexcept
{
    auto& mine = pins_of_thread;
    mine.first = nullptr;
    for (auto* record = newest(); record != nullptr; record = record->next_of_all) {
        auto in_use = record->used != 0;
        for (auto& version : record->versions)
            in_use = version.exchange(nullptr, std::memory_order_seq_cst) != nullptr || in_use;
        if (in_use) {
            record->owner = record;
        } else if (record->owner == &mine) {
            record->next_of_owner = mine.first;
            mine.first = record;
        } else {
            release(record); // of a thread that isn't there
        }
    }
}

void pins::order(ordering how) noexcept
{
    if (how == ordering::by_revoker)
        os::synchronize_cores();
}

pin_record* pins::newest() noexcept
{
    return all.load(std::memory_order_seq_cst);
}

bool pins::named(stored const* version) noexcept
{
    auto found = false;
    for_each([&](stored const* seen, std::uint64_t, std::thread::id) {
        found = seen == version;
        return !found;
    });
    return found;
}

std::size_t pins::records() noexcept
{
    std::size_t count = 0;
    for (auto* record = all.load(std::memory_order_acquire); record != nullptr; record = record->next_of_all)
        ++count;
    return count;
}

} // namespace still::slots
