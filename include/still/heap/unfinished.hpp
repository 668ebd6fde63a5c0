// SPDX-License-Identifier: BSL-1.0
//
// What a heap's object is until it has its name: a block, then a value in it. Whatever throws, they go again.

#pragma once

#include "still/heap/allocator.hpp"

namespace still::heaps {

/// A block of a heap, given back unless somebody took it: `block` is null then.
struct unfinished_block {
    region_start* start;
    void* block;

    unfinished_block(region_start* of, void* taken) noexcept
        : start(of)
        , block(taken)
    {
    }
    unfinished_block(unfinished_block const&) = delete;
    unfinished_block& operator=(unfinished_block const&) = delete;
    ~unfinished_block()
    {
        if (block != nullptr)
            deallocate(start, block);
    }
};

/// A value, destroyed unless somebody took it: `value` is null then.
template <class T>
struct unfinished_value {
    T* value;

    explicit unfinished_value(T* built) noexcept
        : value(built)
    {
    }
    unfinished_value(unfinished_value const&) = delete;
    unfinished_value& operator=(unfinished_value const&) = delete;
    ~unfinished_value()
    {
        if (value != nullptr)
            value->~T();
    }
};

} // namespace still::heaps
