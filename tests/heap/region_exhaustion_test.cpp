// SPDX-License-Identifier: BSL-1.0
//
// Trees in a region that is used up at one allocation after another: whatever throws, the tree is as it was, and
// nothing is lost.

#include <new>

#include "region_kinds.hpp"
#include "use_up.hpp"

namespace still_test {
namespace {

template <class Kind>
class region_exhaustion : public ::testing::Test { };
using kinds = ::testing::Types<set_kind<small_region_policy>, map_kind<small_region_policy>, map_kind<region_policy>,
    table_kind>;
TYPED_TEST_SUITE(region_exhaustion, kinds);

[[nodiscard]] std::size_t in_use(still::heap const& of)
{
    return of.bytes().size() - of.statistics().free_bytes;
}

/// One of a series of edits, the n-th: in place, by copying, of one element and of many.
template <class Kind>
void edit(int n, typename Kind::container& live, numbers& model)
{
    auto const key = n * 37 % 200;
    auto const value = Kind::has_values ? n : 0;
    switch (n % 5) {
    case 0:
        live = Kind::put(live, key, value);
        model.insert_or_assign(key, value);
        break;
    case 3: {
        numbers more;
        for (auto beside = key; beside < key + 30; beside += 3)
            more.emplace(beside, value);
        live = Kind::put_all(live, more);
        model.insert(more.begin(), more.end());
        break;
    }
    case 4:
        live = Kind::take(live, (n - 2) * 37 % 200, nullptr);
        model.erase((n - 2) * 37 % 200);
        break;
    default:
        live = Kind::put(live, key, value, nullptr);
        model.insert_or_assign(key, value);
    }
}

TYPED_TEST(region_exhaustion, leaves_all_as_it_was)
{
    using container = typename TypeParam::container;
    auto completed = false;
    auto failures = 0;
    for (std::size_t left = 64; !completed && left < 40'000; left += 80) {
        still::heap heap{ { .capacity = std::size_t{ 1 } << 17U, .pools = false } };
        auto& live = heap.construct<container>("live", heap.allocator());
        use_up(heap, left);
        auto const at_first = in_use(heap);
        auto const first = heap.snapshot();
        numbers model;
        completed = true;
        for (auto n = 0; n < 60; ++n) {
            auto const guard = heap.mutate();
            try {
                edit<TypeParam>(n, live, model);
            } catch (std::bad_alloc const&) {
                completed = false;
                ++failures;
                ASSERT_EQ(TypeParam::read(live), model);
                ASSERT_TRUE(validate(live)) << validate(live);
                TypeParam::check(live, heap.allocator().start());
            }
        }
        ASSERT_TRUE(heap.validate()) << heap.validate();
        auto const last = heap.snapshot().map();
        ASSERT_EQ(TypeParam::read(*last.template find<container>("live")), model);
        {
            auto const guard = heap.mutate();
            live = container(heap.allocator());
        }
        ASSERT_EQ(in_use(heap), at_first);
        heap.restore(first);
        ASSERT_TRUE(live.empty());
        ASSERT_EQ(in_use(heap), at_first);
    }
    EXPECT_TRUE(completed);
    EXPECT_GT(failures, 100);
}

} // namespace
} // namespace still_test
