// SPDX-License-Identifier: BSL-1.0
//
// Memory that a bank has for itself, and can give back at once.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace still {

/// Where the blocks come from that a bank pays for, instead of `operator new`. Nobody else has blocks there.
/// Thread contract: any thread. Its end gives back all blocks, those that weren't freed too.
class bank_memory {
public:
    bank_memory() noexcept = default;
    bank_memory(bank_memory const&) = delete;
    bank_memory& operator=(bank_memory const&) = delete;
    virtual ~bank_memory() = default;

    /// Effect: a block. Precondition: alignment is a power of two. Throws std::bad_alloc.
    [[nodiscard]] virtual void* allocate(std::size_t bytes, std::size_t alignment) = 0;
    /// Effect: gives a block back, with what it was asked for.
    virtual void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept = 0;
    /// Effect: gives back all blocks, without looking at them. Still calls it once at most, when it knows that nobody
    /// uses a block any more, nor will allocate.
    virtual void give_back_all() noexcept = 0;
};

namespace core {

/// A bank's own memory, and who has something there. See Note: bank charges.
class own_memory {
public:
    explicit own_memory(std::unique_ptr<bank_memory> source) noexcept
        : source_(std::move(source))
    {
    }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        auto* const block = source_->allocate(bytes, alignment);
        bytes_.fetch_add(bytes, std::memory_order_relaxed);
        return block;
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        source_->deallocate(block, bytes, alignment);
        bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    }

    /// Somebody may have nodes there, or a block, until `leave`: before he charges them, and until they are freed.
    void enter() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
    void leave() noexcept { owners_.fetch_sub(1, std::memory_order_release); }

    /// Effect: where those `owners` are all, gives back everything at once. They are forgotten, and may not be
    /// destroyed. Returns how many bytes that were; 0, and nothing is done, where there are others.
    /// Preconditions: each owner is one that nobody but the caller reaches, and there is a block; nobody new comes.
    [[nodiscard]] std::size_t forget(std::size_t owners) noexcept
    {
        if (owners_.load(std::memory_order_acquire) != owners)
            return 0;
        source_->give_back_all();
        owners_.fetch_sub(owners, std::memory_order_relaxed);
        return bytes_.exchange(0, std::memory_order_relaxed);
    }

private:
    std::unique_ptr<bank_memory> const source_;
    std::atomic<std::size_t> bytes_{ 0 };
    std::atomic<std::size_t> owners_{ 0 };
};

} // namespace core

} // namespace still
