// SPDX-License-Identifier: BSL-1.0
//
// The list of pin records, and each thread's share of it.

#include "capability/pins.hpp"

#include <bit>
#include <new>

#include "os/core_order.hpp"
#include "still/core/config.hpp"

namespace still::slots {

namespace {

constinit std::atomic<pin_record*> all{ nullptr };

/// The calling thread's records, the one with room most likely first. Its address is the thread's name.
/// Trivial, so that it can still be used after the thread's destructors have begun to run.
struct thread_pins {
    pin_record* first = nullptr;
    bool exiting = false;
};
constinit thread_local thread_pins mine;

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
        mine.exiting = true;
        release_unused();
    }

    static void release_unused() noexcept
    {
        for (auto** link = &mine.first; *link != nullptr;) {
            auto* const record = *link;
            if (record->used == 0) {
                *link = record->next_of_owner;
                release(record);
            } else {
                link = &record->next_of_owner;
            }
        }
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

[[nodiscard]] pin take_from(pin_record* record) noexcept
{
    auto const cell = static_cast<unsigned>(std::countr_one(record->used));
    record->used |= std::uint32_t{ 1 } << cell;
    return &record->versions[cell];
}

constexpr std::uint32_t full = (std::uint32_t{ 1 } << pin_record::cells) - 1;

} // namespace

constinit std::array<std::atomic<std::uint32_t>, pins::awaited_places> pins::awaited{};

pin pins::take() noexcept
{
    if (mine.first != nullptr && mine.first->used != full)
        return take_from(mine.first);
    for (auto** link = &mine.first; *link != nullptr; link = &(*link)->next_of_owner) {
        auto* const record = *link;
        if (record->used != full) {
            *link = record->next_of_owner;
            record->next_of_owner = mine.first;
            mine.first = record;
            return take_from(record);
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
    return take_from(record);
}

void pins::clear(pin held, bool revoker_orders) noexcept
{
    auto* const record = pin_record::of(held);
    STILL_CHECK(record->owner == &mine); // a lease ends on the thread that opened it
    if (revoker_orders) {
        held->store(nullptr, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst); // as in `set`
    } else {
        held->exchange(nullptr, std::memory_order_seq_cst);
    }
    record->used &= ~(std::uint32_t{ 1 } << static_cast<unsigned>(held - record->versions.data()));
    if (mine.exiting && record->used == 0)
        at_exit::release_unused();
}

void pins::order(bool revoker_orders) noexcept
{
    if (revoker_orders)
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
