// SPDX-License-Identifier: BSL-1.0
//
// Containers of several heaps: each keeps its heap, and what comes from another is copied, so that each heap can be cut
// and rolled back by itself.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "region_kinds.hpp"

namespace still_test {
namespace {

/// An element whose n-th copy throws.
struct fragile {
    int value = 0;
    static inline int copies_left = 1 << 30;

    fragile(int number) // NOLINT(google-explicit-constructor)
        : value(number)
    {
    }
    fragile(fragile const& other)
        : value(other.value)
    {
        if (copies_left-- == 0)
            throw std::runtime_error("copied too often");
    }
    fragile(fragile&& other) noexcept
        : value(other.value)
    {
    }
    fragile& operator=(fragile const&) = default;
    fragile& operator=(fragile&&) noexcept = default;
    ~fragile() = default;
    [[nodiscard]] friend auto operator<=>(fragile const&, fragile const&) = default;
};

} // namespace
} // namespace still_test

template <>
struct still::relocatable<still_test::fragile> : std::true_type { };

namespace still_test {
namespace {

template <class T>
using keys_of = still::set<T, std::less<>, small_region_policy>;
using index = still::map<int, fragile, std::less<>, small_region_policy>;
using table = still::page_table<int, region_policy>;

struct set_of_fragiles {
    using container = keys_of<fragile>;
    static void put(container& to, int key) { to = std::move(to).insert(fragile(key)); }
};
struct map_to_fragiles {
    using container = index;
    static void put(container& to, int key) { to = std::move(to).insert(key, fragile(key)); }
};
struct table_of_fragiles {
    using container = still::page_table<fragile, region_policy>;
    static void put(container& to, int key)
    {
        to = std::move(to).assign(static_cast<still::page_index>(key) * 7, fragile(key));
    }
};

template <class Kind>
class region_apart : public ::testing::Test {
protected:
    using container = typename Kind::container;

    region_apart()
    {
        fill(one, 0, 100);
        fill(other, 50, 200);
    }
    ~region_apart() override { fragile::copies_left = 1 << 30; }

    static void fill(container& to, int first, int last)
    {
        for (auto key = first; key < last; ++key)
            Kind::put(to, key);
    }
    /// What one and other hold, kept by a third heap.
    [[nodiscard]] container copy(container const& of) { return container(of, witness.allocator()); }
    void expect_sound()
    {
        EXPECT_TRUE(validate(one)) << validate(one);
        EXPECT_TRUE(validate(other)) << validate(other);
        EXPECT_TRUE(here.validate()) << here.validate();
        EXPECT_TRUE(there.validate()) << there.validate();
        EXPECT_TRUE(one.heap() == still::region_heap(here.allocator()));
        EXPECT_TRUE(other.heap() == still::region_heap(there.allocator()));
    }
    /// Each heap goes its own way, and nothing is lost or freed twice.
    void expect_apart()
    {
        expect_sound();
        auto const was_one = copy(one);
        auto const was_other = copy(other);
        auto const cut_here = here.snapshot();
        auto const cut_there = there.snapshot();
        one = container(here.allocator());
        there.restore(cut_there);
        other = container(there.allocator());
        here.restore(cut_here);
        EXPECT_EQ(one, was_one);
        there.restore(cut_there);
        EXPECT_EQ(other, was_other);
        EXPECT_EQ(*here.snapshot().map().template find<container>("object"), was_one);
        EXPECT_EQ(*there.snapshot().map().template find<container>("object"), was_other);
        one = container();
        other = container();
        expect_sound();
        EXPECT_EQ(here.statistics().free_bytes, free_here);
        EXPECT_EQ(there.statistics().free_bytes, free_there);
    }

    still::heap here{ { .capacity = std::size_t{ 1 } << 26U, .pools = false, .label = "here" } };
    still::heap there{ { .capacity = std::size_t{ 1 } << 26U, .pools = false, .label = "there" } };
    still::heap witness{ { .capacity = std::size_t{ 1 } << 26U } };
    container& one = here.construct<container>("object", here.allocator());
    container& other = there.construct<container>("object", there.allocator());
    std::size_t const free_here = here.statistics().free_bytes;
    std::size_t const free_there = there.statistics().free_bytes;
};
using kinds = ::testing::Types<set_of_fragiles, map_to_fragiles, table_of_fragiles>;
TYPED_TEST_SUITE(region_apart, kinds);

TYPED_TEST(region_apart, assignment_copies)
{
    auto const was = this->copy(this->other);
    this->one = this->other;
    EXPECT_EQ(this->one, was);
    EXPECT_EQ(this->other, was);
    EXPECT_FALSE(this->one.same_root(this->other));
    this->expect_apart();
}

TYPED_TEST(region_apart, assignment_by_move_copies_too_and_leaves_nothing)
{
    auto const was = this->copy(this->other);
    this->one = std::move(this->other);
    EXPECT_EQ(this->one, was);
    EXPECT_TRUE(this->other.empty()); // NOLINT(bugprone-use-after-move)
    this->expect_apart();
}

TYPED_TEST(region_apart, assignment_of_none_empties_and_the_heap_stays)
{
    using type = typename TypeParam::container;
    type const none;
    this->one = none;
    this->other = {};
    EXPECT_TRUE(this->one.empty() && this->other.empty());
    this->expect_sound();
    this->fill(this->one, 0, 5);
    this->fill(this->other, 0, 5);
    EXPECT_EQ(this->one, this->other);
    this->expect_apart();
}

TYPED_TEST(region_apart, within_one_heap_assignment_shares)
{
    using type = typename TypeParam::container;
    auto& second = this->here.template construct<type>("second", this->here.allocator());
    second = this->one;
    EXPECT_TRUE(second.same_root(this->one));
    second = std::move(this->one);
    EXPECT_TRUE(this->one.empty()); // NOLINT(bugprone-use-after-move)
    swap(second, this->one);
    EXPECT_TRUE(second.empty());
    EXPECT_EQ(this->one.size(), 100U);
    static_cast<void>(this->here.snapshot());
    EXPECT_TRUE(this->here.template destroy<type>("second"));
    this->expect_apart();
}

TYPED_TEST(region_apart, swap_copies_both)
{
    auto const was_one = this->copy(this->one);
    auto const was_other = this->copy(this->other);
    swap(this->one, this->other);
    EXPECT_EQ(this->one, was_other);
    EXPECT_EQ(this->other, was_one);
    this->expect_apart();
}

TYPED_TEST(region_apart, who_has_no_heap_takes_over_one)
{
    using type = typename TypeParam::container;
    {
        type none;
        none = this->one;
        EXPECT_TRUE(none.same_root(this->one));
        type second;
        second = std::move(none);
        EXPECT_TRUE(second.same_root(this->one));
        type third;
        swap(third, second);
        EXPECT_TRUE(third.same_root(this->one));
        EXPECT_TRUE(second.empty());
        EXPECT_THROW(static_cast<void>(this->here.snapshot()), std::logic_error);
        third = this->other; // it has one now
        EXPECT_TRUE(third.heap() == this->one.heap());
        EXPECT_EQ(third, this->other);
    }
    this->expect_apart();
}

TYPED_TEST(region_apart, whatever_copy_throws_both_are_as_they_were)
{
    using type = typename TypeParam::container;
    auto const was_one = this->copy(this->one);
    auto const was_other = this->copy(this->other);
    auto const left_here = this->here.statistics().free_bytes;
    auto const left_there = this->there.statistics().free_bytes;
    std::vector<std::function<void()>> const attempts{
        [&] { this->one = this->other; },
        [&] { this->one = std::move(this->other); },
        [&] { swap(this->one, this->other); },
        [&] { static_cast<void>(type(this->other, this->here.allocator())); },
        [&] { static_cast<void>(type(std::move(this->other), this->here.allocator())); },
    };
    for (auto const& attempt : attempts) {
        for (auto n = 0; n < 150; n += 1 + n / 10) {
            fragile::copies_left = n;
            EXPECT_THROW(attempt(), std::runtime_error);
            fragile::copies_left = 1 << 30;
            ASSERT_EQ(this->one, was_one);
            ASSERT_EQ(this->other, was_other);
            ASSERT_EQ(this->here.statistics().free_bytes, left_here);
            ASSERT_EQ(this->there.statistics().free_bytes, left_there);
        }
    }
    this->expect_apart();
}

TYPED_TEST(region_apart, a_heap_without_room_changes_nothing)
{
    using type = typename TypeParam::container;
    still::heap small({ .capacity = std::size_t{ 128 } * 1'024, .label = "small" });
    auto& tight = small.construct<type>("object", small.allocator());
    this->fill(tight, 0, 3);
    this->fill(this->other, 200, 20'000);
    auto const was = this->copy(tight);
    EXPECT_THROW(tight = this->other, std::bad_alloc);
    EXPECT_THROW(tight = std::move(this->other), std::bad_alloc);
    EXPECT_THROW(swap(tight, this->other), std::bad_alloc);
    EXPECT_THROW(swap(this->other, tight), std::bad_alloc);
    EXPECT_EQ(tight, was);
    EXPECT_EQ(this->other.size(), 19'950U);
    EXPECT_TRUE(small.validate());
    static_cast<void>(small.snapshot());
    this->expect_sound();
}

/// Random steps on maps of several heaps, each of which is rolled back by itself.
TEST(region_apart_script, agrees_with_a_model)
{
    using container = still::map<int, int, std::less<>, small_region_policy>;
    struct place {
        still::heap heap{ { .capacity = std::size_t{ 1 } << 26U, .pools = false } };
        std::array<container*, 2> live{ &heap.construct<container>("first", heap.allocator()),
            &heap.construct<container>("second", heap.allocator()) };
        std::size_t free = heap.statistics().free_bytes;
        std::array<std::map<int, int>, 2> model;
        std::vector<std::pair<still::snapshot, std::array<std::map<int, int>, 2>>> cuts;
    };
    auto const read = [](container const& of) {
        std::map<int, int> all;
        for (auto const& [key, value] : of)
            all.emplace(key, value);
        return all;
    };
    for (std::uint_fast32_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        auto const below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
        std::array<place, 3> all;
        for (auto step = 0; step < 1'000; ++step) {
            auto& [heap, live, free, model, cuts] = all[static_cast<std::size_t>(below(3))];
            auto const mine = static_cast<std::size_t>(below(2));
            auto& from = all[static_cast<std::size_t>(below(3))];
            auto const theirs = static_cast<std::size_t>(below(2));
            auto& to = *live[mine];
            auto& source = *from.live[theirs];
            switch (below(12)) {
            case 0:
                to = source;
                model[mine] = from.model[theirs];
                break;
            case 1:
                to = std::move(source);
                if (&to != &source)
                    model[mine] = std::exchange(from.model[theirs], {});
                break;
            case 2:
                swap(to, source);
                std::swap(model[mine], from.model[theirs]);
                break;
            case 3:
                to = set_union(to, source);
                model[mine].insert(from.model[theirs].begin(), from.model[theirs].end());
                break;
            case 4:
                to = container();
                model[mine].clear();
                break;
            case 5:
                cuts.emplace_back(heap.snapshot(), model);
                break;
            case 6:
                if (!cuts.empty()) {
                    auto const& [cut, then] = cuts[static_cast<std::size_t>(below(static_cast<int>(cuts.size())))];
                    heap.restore(cut);
                    model = then;
                }
                break;
            case 7:
                if (!cuts.empty()) {
                    auto const& [cut, then] = cuts.back();
                    auto const mapped = cut.map();
                    to = *mapped.find<container>(theirs == 0 ? "first" : "second");
                    model[mine] = then[theirs];
                }
                break;
            default:
                for (auto count = below(10); count > 0; --count) {
                    auto const key = below(200);
                    to = std::move(to).insert_or_assign(key, step);
                    model[mine].insert_or_assign(key, step);
                }
            }
            ASSERT_EQ(read(to), model[mine]);
            ASSERT_EQ(read(source), from.model[theirs]);
            ASSERT_TRUE(validate(to)) << validate(to);
        }
        for (auto& each : all) {
            for (std::size_t which = 0; which < 2; ++which) {
                ASSERT_EQ(read(*each.live[which]), each.model[which]);
                *each.live[which] = container();
            }
            EXPECT_EQ(each.heap.statistics().free_bytes, each.free);
            EXPECT_TRUE(each.heap.validate()) << each.heap.validate();
        }
    }
}

} // namespace
} // namespace still_test
