// SPDX-License-Identifier: BSL-1.0
//
// Trees in a region that is used up at each allocation of a script in turn: whatever throws, the tree and its versions
// are as they were, no byte is lost, and the region goes on.

#include <array>
#include <cstddef>
#include <new>

#include "region_kinds.hpp"
#include "use_up.hpp"

namespace still_test {
namespace {

/// The region's heap, for one that is used up at an allocation.
struct exhaustible_region_heap : still::region_heap {
    using still::region_heap::region_heap;
    class in_use;

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        used_up_at::step();
        return region_heap::allocate(bytes, alignment);
    }
};
class exhaustible_region_heap::in_use : public exhaustible_region_heap {
public:
    explicit in_use(exhaustible_region_heap const& of) noexcept
        : exhaustible_region_heap(of)
        , counted_(of)
    {
    }

private:
    still::region_heap::in_use counted_;
};
template <class Policy>
struct exhaustible : Policy {
    using heap = exhaustible_region_heap;
};

template <class Kind>
class region_exhaustion : public ::testing::Test { };
using kinds = ::testing::Types<set_kind<exhaustible<small_region_policy>>, map_kind<exhaustible<small_region_policy>>,
    map_kind<exhaustible<region_policy>>, map_kind<exhaustible<small_region_policy>, wide>,
    table_kind_of<exhaustible<region_policy>>>;
TYPED_TEST_SUITE(region_exhaustion, kinds);

/// Effect: one of a series of edits, the n-th: in place, by copying, of one element and of many. The model follows.
template <class Kind>
void edit(int n, typename Kind::container& live, key_values& model)
{
    auto const key = n * 37 % 200;
    auto const value = Kind::has_values ? n : 0;
    switch (n % 6) {
    case 0:
        live = Kind::put(live, key, value);
        model.insert_or_assign(key, value);
        break;
    case 3: {
        key_values more;
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
    case 5:
        live = Kind::take(live, (n - 3) * 37 % 200);
        model.erase((n - 3) * 37 % 200);
        break;
    default:
        live = Kind::put(live, key, value, nullptr);
        model.insert_or_assign(key, value);
    }
}

template <class Kind>
class exhausted_tree {
public:
    using container = typename Kind::container;

    explicit exhausted_tree(bool pools)
        : heap_({ .capacity = std::size_t{ 1 } << 18U, .pools = pools })
        , live_(heap_.construct<container>("live", heap_.allocator()))
        , kept_{ &heap_.construct<container>("kept", heap_.allocator()),
            &heap_.construct<container>("also kept", heap_.allocator()) }
        , at_first_(in_use())
    {
    }

    void run(int edits)
    {
        auto const first = heap_.snapshot();
        for (auto n = 0; n < edits && !::testing::Test::HasFatalFailure(); ++n) {
            SCOPED_TRACE(n);
            at_each_allocation(n);
            if (n % 10 == 9) { // from now on what is edited is shared
                auto const guard = heap_.mutate();
                auto const which = static_cast<std::size_t>(n / 10 % 2);
                *kept_[which] = live_;
                kept_models_[which] = model_;
            }
        }
        EXPECT_GT(failures_, edits / 2);
        auto const last = heap_.snapshot();
        heap_.restore(first);
        EXPECT_TRUE(live_.empty());
        EXPECT_EQ(in_use(), at_first_);
        heap_.restore(last);
        check();
        {
            auto const guard = heap_.mutate();
            live_ = container(heap_.allocator());
            for (auto* const each : kept_)
                *each = container(heap_.allocator());
        }
        EXPECT_TRUE(heap_.validate()) << heap_.validate();
    }
    [[nodiscard]] std::size_t bytes_lost() const { return in_use() - at_first_; }

private:
    void at_each_allocation(int number)
    {
        for (auto n = 1; n < 200; ++n) {
            auto const guard = heap_.mutate();
            used_up_at const point(heap_, n);
            auto done = false;
            try {
                edit<Kind>(number, live_, model_);
                done = true;
            } catch (std::bad_alloc const&) {
                ++failures_;
            }
            EXPECT_EQ(done, !point.reached());
            check(); // also while nothing is free
            if (done)
                return;
        }
        FAIL() << "one edit allocates two hundred times";
    }
    void check()
    {
        ASSERT_EQ(Kind::read(live_), model_);
        ASSERT_TRUE(validate(live_)) << validate(live_);
        Kind::check(live_, heap_.allocator().start());
        for (std::size_t which = 0; which < kept_.size(); ++which) {
            ASSERT_EQ(Kind::read(*kept_[which]), kept_models_[which]);
            ASSERT_TRUE(validate(*kept_[which])) << validate(*kept_[which]);
        }
        ASSERT_TRUE(heap_.validate()) << heap_.validate();
    }
    [[nodiscard]] std::size_t in_use() const { return heap_.bytes().size() - heap_.statistics().free_bytes; }

    still::heap heap_;
    container& live_;
    std::array<container*, 2> kept_;
    std::size_t const at_first_;
    key_values model_;
    std::array<key_values, 2> kept_models_;
    int failures_ = 0;
};

TYPED_TEST(region_exhaustion, leaves_all_as_it_was_at_each_allocation)
{
    exhausted_tree<TypeParam> by_best_fit(false);
    by_best_fit.run(60);
    EXPECT_EQ(by_best_fit.bytes_lost(), 0U);
    exhausted_tree<TypeParam> by_pools(true);
    by_pools.run(60);
    EXPECT_LT(by_pools.bytes_lost(), 40'000U); // of slabs and the thread's cache, the records and rests
}

} // namespace
} // namespace still_test
