// SPDX-License-Identifier: BSL-1.0
//
// Heaps that are used up: nearly, or wholly just before an allocation that is chosen.

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory_resource>
#include <new>
#include <utility>
#include <vector>

#include "heap/size_class.hpp"
#include "still/heap.hpp"

namespace still_test {

/// Effect: leaves about so many bytes of a heap to others.
inline void use_up(still::heap& heap, std::size_t but)
{
    constexpr std::size_t alignment = 64; // more than pools give, so all of it is the best fit's
    auto* const resource = heap.memory_resource();
    auto* const rest = resource->allocate(but, alignment);
    for (std::size_t block = 4'096; block >= 64; block /= 2) {
        try {
            for (;;)
                static_cast<void>(resource->allocate(block, alignment));
        } catch (std::bad_alloc const&) {
        }
    }
    resource->deallocate(rest, but, alignment);
}

/// While it lives, the n-th allocation from its birth (n ≥ 1) by who asks through `step` finds the heap used up, the
/// pools and the thread's cache too. It gives back what it took when it goes.
class used_up_at {
public:
    used_up_at(still::heap& heap, int n)
        : heap_(heap)
        , left_(n)
    {
        present = this;
    }
    used_up_at(used_up_at const&) = delete;
    used_up_at& operator=(used_up_at const&) = delete;
    ~used_up_at()
    {
        present = nullptr;
        auto allocator = heap_.allocator();
        for (auto const& [block, bytes] : taken_)
            allocator.deallocate(block, bytes);
    }

    /// Before each allocation.
    static void step()
    {
        if (present != nullptr && --present->left_ == 0)
            present->take_all();
    }
    /// True when the n-th allocation came.
    [[nodiscard]] bool reached() const noexcept { return left_ <= 0; }

private:
    void take_all()
    {
        for (auto bytes = std::size_t{ 1 } << 16U; bytes > still::heaps::largest_small; bytes /= 2)
            take(bytes);
        for (auto of = still::heaps::size_classes; of > 0; --of)
            take(still::heaps::class_bytes(of - 1));
    }
    void take(std::size_t bytes)
    {
        auto allocator = heap_.allocator();
        try {
            for (;;)
                taken_.emplace_back(allocator.allocate(bytes).get(), bytes);
        } catch (std::bad_alloc const&) {
        }
    }

    static inline used_up_at* present = nullptr;
    still::heap& heap_;
    int left_;
    std::vector<std::pair<std::byte*, std::size_t>> taken_;
};

/// The heap's allocator, for one that is used up at an allocation.
template <class T>
class exhaustible_allocator : public still::heap_allocator<T> {
public:
    template <class Other>
    struct rebind {
        using other = exhaustible_allocator<Other>;
    };
    exhaustible_allocator(still::heap_allocator<T> const& of) noexcept
        : still::heap_allocator<T>(of)
    {
    }
    template <class Other>
    exhaustible_allocator(exhaustible_allocator<Other> const& other) noexcept
        : still::heap_allocator<T>(other)
    {
    }
    [[nodiscard]] typename still::heap_allocator<T>::pointer allocate(std::size_t count)
    {
        used_up_at::step();
        return still::heap_allocator<T>::allocate(count);
    }
};

/// The same for containers with a memory resource. Outlives them.
class exhaustible_resource : public std::pmr::memory_resource {
public:
    explicit exhaustible_resource(still::heap& of) noexcept
        : from_(of.memory_resource())
    {
    }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) final
    {
        used_up_at::step();
        return from_->allocate(bytes, alignment);
    }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) final
    {
        from_->deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept final
    {
        return this == &other;
    }

    std::pmr::memory_resource* from_;
};

} // namespace still_test
