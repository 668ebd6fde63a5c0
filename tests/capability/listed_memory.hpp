// SPDX-License-Identifier: BSL-1.0
//
// Memory for a bank of its own, which tells what became of it.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "still/bank.hpp"

namespace still_test {

/// What became of a memory's blocks.
struct traffic {
    std::atomic<std::size_t> live{ 0 };
    std::atomic<std::size_t> freed{ 0 }; // one by one
    std::atomic<std::size_t> times_at_once{ 0 };
    std::atomic<std::size_t> given_back_at_once{ 0 };
    // What is done once, while a call is on its way.
    std::function<void()> when_allocated;
    std::function<void()> when_freed;
};

/// Blocks of `operator new`, so that sanitizers know them, and a list of them.
class listed_memory final : public still::bank_memory {
public:
    explicit listed_memory(traffic& seen)
        : seen_(seen)
    {
    }
    ~listed_memory() override { free_all(); }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) override
    {
        auto* const block = ::operator new(bytes, std::align_val_t{ alignment });
        {
            std::scoped_lock const lock(mutex_);
            blocks_.emplace(block, alignment);
            ++seen_.live;
        }
        once(seen_.when_allocated);
        return block;
    }
    void deallocate(void* block, std::size_t, std::size_t alignment) noexcept override
    {
        {
            std::scoped_lock const lock(mutex_);
            EXPECT_EQ(blocks_.erase(block), 1U) << "it was given back before";
        }
        ::operator delete(block, std::align_val_t{ alignment });
        --seen_.live;
        ++seen_.freed;
        once(seen_.when_freed);
    }
    void give_back_all() noexcept override
    {
        ++seen_.times_at_once;
        seen_.given_back_at_once += free_all();
    }

private:
    static void once(std::function<void()>& step)
    {
        if (step)
            std::exchange(step, nullptr)();
    }
    std::size_t free_all() noexcept
    {
        std::scoped_lock const lock(mutex_);
        auto const count = blocks_.size();
        for (auto const& [block, alignment] : blocks_)
            ::operator delete(block, std::align_val_t{ alignment });
        blocks_.clear();
        seen_.live -= count;
        return count;
    }

    traffic& seen_;
    std::mutex mutex_;
    std::map<void*, std::size_t> blocks_;
};

} // namespace still_test
