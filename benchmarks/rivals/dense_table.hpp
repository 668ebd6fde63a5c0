// SPDX-License-Identifier: BSL-1.0
//
// A persistent radix table whose nodes have a place for every digit, in use or not, as the page tables of kernels
// have: the other form of node that was measured. It grows upward only, and holds numbers below the highest.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "still/core/count.hpp"

namespace benchmarks {

/// Nodes of 2^Bits places. A regular value, like Still's tables; counts owners the same way.
template <unsigned Bits>
class dense_table {
public:
    dense_table() noexcept = default;
    dense_table(dense_table const& other) noexcept
        : root_(other.root_)
        , level_(other.level_)
    {
        if (root_ != nullptr)
            root_->references.retain();
    }
    dense_table(dense_table&& other) noexcept
        : root_(std::exchange(other.root_, nullptr))
        , level_(other.level_)
    {
    }
    dense_table& operator=(dense_table other) noexcept
    {
        std::swap(root_, other.root_);
        std::swap(level_, other.level_);
        return *this;
    }
    ~dense_table() { drop(root_, level_); }

    [[nodiscard]] std::uint64_t const* find(std::uint64_t index) const noexcept
    {
        if (root_ == nullptr || (index >> (Bits * (level_ + 1))) != 0)
            return nullptr;
        auto const* seen = root_;
        for (auto level = level_; level > 0; --level) {
            seen = static_cast<branch const*>(seen)->children[digit(index, level)];
            if (seen == nullptr)
                return nullptr;
        }
        auto const& slot = static_cast<leaf const*>(seen)->slots[digit(index, 0)];
        return slot == absent ? nullptr : &slot;
    }

    /// A version in which an index has a slot: one node a level is copied, of those that others have too.
    void assign(std::uint64_t index, std::uint64_t slot)
    {
        if (root_ == nullptr)
            root_ = new leaf;
        while ((index >> (Bits * (level_ + 1))) != 0) {
            auto* const above = new branch;
            above->children[0] = root_;
            root_ = above;
            ++level_;
        }
        auto** place = &root_;
        for (auto level = level_; level > 0; --level) {
            if (*place == nullptr)
                *place = new branch;
            auto& own = static_cast<branch&>(own_node<branch>(*place, level));
            place = &own.children[digit(index, level)];
        }
        if (*place == nullptr)
            *place = new leaf;
        static_cast<leaf&>(own_node<leaf>(*place, 0)).slots[digit(index, 0)] = slot;
    }

private:
    static constexpr std::size_t fan_out = std::size_t{ 1 } << Bits;
    static constexpr std::uint64_t absent = std::numeric_limits<std::uint64_t>::max();

    struct node {
        still::atomic_count references;
    };
    struct leaf : node {
        leaf() { slots.fill(absent); }
        std::array<std::uint64_t, fan_out> slots;
    };
    struct branch : node {
        std::array<node*, fan_out> children{};
    };

    [[nodiscard]] static std::size_t digit(std::uint64_t index, unsigned level) noexcept
    {
        return static_cast<std::size_t>(index >> (Bits * level)) & (fan_out - 1);
    }

    template <class Kind>
    static node& own_node(node*& place, unsigned level)
    {
        if (place->references.unique())
            return *place;
        auto const& shared = static_cast<Kind const&>(*place);
        auto* const copy = new Kind;
        if constexpr (std::is_same_v<Kind, leaf>) {
            copy->slots = shared.slots;
        } else {
            for (auto* const child : shared.children)
                __builtin_prefetch(child, 1);
            copy->children = shared.children;
            for (auto* const child : copy->children) {
                if (child != nullptr)
                    child->references.retain();
            }
        }
        drop(std::exchange(place, copy), level);
        return *copy;
    }

    static void drop(node* gone, unsigned level) noexcept
    {
        if (gone == nullptr || !gone->references.release())
            return;
        if (level == 0) {
            delete static_cast<leaf*>(gone);
            return;
        }
        for (auto* const child : static_cast<branch*>(gone)->children)
            drop(child, level - 1);
        delete static_cast<branch*>(gone);
    }

    node* root_ = nullptr;
    unsigned level_ = 0;
};

} // namespace benchmarks
