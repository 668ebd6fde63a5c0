// SPDX-License-Identifier: BSL-1.0
//
// Images of heaps with one container, in memory that may be written: what a giver may have made of the bytes. And the
// containers whose bytes are written to.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "still/check.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/set.hpp"

namespace still_test {

/// Nodes so small that few elements make a high tree.
struct image_policy : still::region_policy {
    static constexpr std::size_t leaf_capacity = 4;
    static constexpr std::size_t branch_capacity = 4;
};

/// A sum, of whatever values there are.
struct image_sum {
    using value_type = std::uint32_t;
    static value_type identity() noexcept { return 0; }
    static value_type combine(value_type one, value_type other) noexcept { return one + other; }
    static value_type of(int key, int value) noexcept
    {
        return static_cast<value_type>(key) + static_cast<value_type>(value);
    }
};

/// An element that lies in a box.
using image_row = std::array<int, 17>;

using image_set = still::set<int, std::less<>, image_policy>;
using image_map = still::map<int, bool, std::less<>, image_policy>;
using image_rows = still::map<image_row, image_row, std::less<>, image_policy>;
using image_numbers = still::set<double, std::less<>, image_policy>;
using image_sums = still::map<int, int, std::less<>, still::measured<image_sum, image_policy>>;
using image_table = still::page_table<int, still::region_policy>;

inline void fill(image_set& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).insert(i * 10);
}
inline void fill(image_map& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).insert_or_assign(i * 10, i % 2 == 0);
}
inline void fill(image_rows& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).insert_or_assign(image_row{ i * 10, i }, image_row{ i });
}
inline void fill(image_numbers& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).insert(i * 10.0);
}
inline void fill(image_sums& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).insert_or_assign(i * 10, i);
}
/// A table with leaves of several sizes, uniform nodes, and branches above.
inline void fill(image_table& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).assign(static_cast<still::page_index>(i) * 3, i);
    for (int i = 0; i < 32; ++i)
        of = std::move(of).assign(static_cast<still::page_index>(32 + i), i);
    of = std::move(of).assign(1U << 20U, 3'000, 7);
    of = std::move(of).assign((still::page_index{ 1 } << 52U) - 1, 9);
}

/// Where an object of the image is, and how long it is.
struct extent {
    std::size_t offset;
    std::size_t bytes;
};

/// The bytes of a heap with one container, as somebody else gives them: a copy, that may be written.
template <class Container>
class written_image {
public:
    explicit written_image(int count)
    {
        still::heap heap({ .capacity = std::size_t{ 1 } << 22U });
        auto& live = heap.construct<Container>("it", heap.allocator());
        {
            auto const guard = heap.mutate();
            fill(live, count);
        }
        auto const taken = heap.snapshot();
        auto const mapped = taken.map();
        auto const from = mapped.bytes();
        // No more bytes than there are: a sanitizer sees who reads on.
        bytes_ = { static_cast<std::byte*>(::operator new(from.size(), alignment)), {} };
        size_ = from.size();
        std::memcpy(bytes_.get(), from.data(), from.size());
        auto const* const place = reinterpret_cast<std::byte const*>(mapped.template find<Container>("it"));
        place_ = static_cast<std::size_t>(place - from.data());
        extents_.push_back({ place_, sizeof(Container) });
        gather();
    }

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return { bytes_.get(), size_ }; }
    [[nodiscard]] std::size_t place() const noexcept { return place_; }
    /// The container, its nodes, and what lies beside them, as it all was at first.
    [[nodiscard]] std::vector<extent> const& extents() const noexcept { return extents_; }
    /// Of those, nodes and boxes.
    [[nodiscard]] std::size_t nodes() const noexcept { return extents_.size() - 1; }
    [[nodiscard]] Container& container() const noexcept { return *reinterpret_cast<Container*>(bytes_.get() + place_); }

    template <class... Checks>
    [[nodiscard]] still::checked<Container> check(still::check_options limits = {}, Checks... checks) const
    {
        return still::check_at<Container>(still::within(bytes(), limits), place_, checks...);
    }
    /// The rule that is broken.
    [[nodiscard]] std::string rule(still::check_options limits = {}) const { return check(limits).sound.rule(); }

    /// Effect: writes a value at some place.
    template <class Value>
    void write(void* at, Value const& value)
    {
        std::memcpy(at, &value, sizeof(value));
    }

private:
    static constexpr std::align_val_t alignment{ 4096 };
    struct give_back {
        void operator()(std::byte* block) const noexcept { ::operator delete(block, alignment); }
    };

    void add(void const* block, std::size_t bytes)
    {
        auto const at = static_cast<std::size_t>(static_cast<std::byte const*>(block) - bytes_.get());
        extents_.push_back({ at - still::region_heap::block_overhead, bytes + still::region_heap::block_overhead });
    }
    void gather()
    {
        if constexpr (std::same_as<Container, image_table>)
            gather(*container().root());
        else
            gather(*still::tree::internals::core(container()).root());
    }
    template <class Schema>
    void gather(still::tree::node<Schema> const& seen)
    {
        add(&seen, still::tree::node_bytes<Schema>(seen.level));
        if (seen.level == 0) {
            auto const& in = still::tree::as_leaf(seen);
            if constexpr (Schema::boxes_keys) {
                for (unsigned i = 0; i < seen.length; ++i) {
                    add(in.keys.cells[i].held(), sizeof(*in.keys.cells[i].held()));
                    add(in.values.cells[i].held(), sizeof(*in.values.cells[i].held()));
                }
            }
            return;
        }
        for (unsigned i = 0; i < seen.length; ++i)
            gather(*still::tree::as_branch(seen).child(i));
    }
    template <class Slot, class Policy>
    void gather(still::radix::node<Slot, Policy> const& seen)
    {
        add(&seen, seen.bytes());
        for (unsigned i = 0; seen.is_branch() && i < seen.entries(); ++i)
            gather(*seen.child_at(i));
    }

    std::unique_ptr<std::byte, give_back> bytes_;
    std::size_t size_ = 0;
    std::size_t place_ = 0;
    std::vector<extent> extents_;
};

/// Effect: reads all that a container holds, in several ways, which agree: what can be done with one that is sound.
template <class Container>
void read_whole(Container const& seen)
{
    auto const view = seen.view();
    std::size_t number = 0;
    auto before = view.begin();
    for (auto at = view.begin(); at != view.end(); before = at++, ++number) {
        auto const& key = [&]() -> auto const& {
            if constexpr (requires { at->first; })
                return at->first;
            else
                return *at;
        }();
        if (number > 0) {
            auto const& last = [&]() -> auto const& {
                if constexpr (requires { before->first; })
                    return before->first;
                else
                    return *before;
            }();
            ASSERT_TRUE(last < key);
        }
        ASSERT_NE(view.find(key), nullptr);
        ASSERT_EQ(view.rank(key), number);
    }
    ASSERT_EQ(number, view.size());
    std::size_t backwards = 0;
    for (auto at = view.rbegin(); at != view.rend(); ++at)
        ++backwards;
    ASSERT_EQ(backwards, number);
    auto const said = validate(view); // who owns what isn't a reader's business
    ASSERT_TRUE(said.sound() || said.rule() == "1 ≤ owners") << said;
}
inline void read_whole(image_table const& seen)
{
    std::uint64_t slots = 0;
    still::page_index next = 0;
    for (auto const [first, count, slot] : seen.runs()) {
        ASSERT_GE(first, next);
        next = first + count;
        ASSERT_EQ(seen.rank(first), slots);
        slots += count;
        for (auto const index : { first, next - 1 }) {
            ASSERT_NE(seen.find(index), nullptr);
            ASSERT_EQ(*seen.find(index), slot);
        }
    }
    ASSERT_EQ(slots, seen.size());
    auto const said = validate(seen);
    ASSERT_TRUE(said.sound() || said.rule() == "owners >= 1") << said;
}

} // namespace still_test
