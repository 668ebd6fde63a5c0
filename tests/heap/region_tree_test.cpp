// SPDX-License-Identifier: BSL-1.0
//
// Trees in a region under random scripts: edits in place and by copying, versions kept beside, with snapshots,
// rollbacks, mappings and branches between the steps, beside a model.

#include <boost/container/vector.hpp>

#include <memory>
#include <new>
#include <random>

#include "region_kinds.hpp"

namespace still_test {
namespace {

template <class Kind>
class script {
public:
    using container = typename Kind::container;
    using history = boost::container::vector<container, still::heap_allocator<container>>;

    script(std::uint_fast32_t seed, bool pools)
        : random_(seed)
        , heap_({ .capacity = std::size_t{ 1 } << 26U, .pools = pools })
        , pools_(pools)
        , at_first_(in_use(heap_))
        , live_(heap_.construct<container>("live", heap_.allocator()))
        , kept_(heap_.construct<history>("kept", heap_.allocator<container>()))
    {
    }

    void run(int steps)
    {
        cut();
        for (auto step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step)
            take_step();
        ASSERT_NO_FATAL_FAILURE(check());
        for (auto const& one : versions_)
            ASSERT_NO_FATAL_FAILURE(check_mapping(one));
        ASSERT_TRUE(heap_.destroy<container>("live"));
        ASSERT_TRUE(heap_.destroy<history>("kept"));
        ASSERT_TRUE(heap_.validate()) << heap_.validate();
        // What blocks of the best fit are free is known exactly: nothing was lost, whatever was rolled back.
        if (!pools_) {
            EXPECT_EQ(in_use(heap_), at_first_);
        }
    }

private:
    struct state {
        key_values live;
        std::vector<key_values> kept;
    };
    struct version {
        still::snapshot cut;
        still::mapping mapped;
        state model;
    };

    [[nodiscard]] static std::size_t in_use(still::heap const& of)
    {
        return of.bytes().size() - of.statistics().free_bytes;
    }
    [[nodiscard]] int below(int end) { return static_cast<int>(random_() % static_cast<std::uint_fast32_t>(end)); }
    [[nodiscard]] int any_value() { return Kind::has_values ? below(1000) : 0; }
    [[nodiscard]] still::heaps::region_start const* start() { return heap_.allocator().start(); }

    void cut()
    {
        auto taken = heap_.snapshot();
        auto mapped = taken.map();
        versions_.push_back({ std::move(taken), std::move(mapped), model_ });
    }
    [[nodiscard]] version const& any_version() { return versions_[random_() % versions_.size()]; }

    void take_step()
    {
        auto const what = below(100);
        if (what < 4) {
            cut();
        } else if (what < 7) {
            auto const& back = any_version();
            heap_.restore(back.cut);
            model_ = back.model;
            check();
        } else if (what < 9) {
            compare(any_version(), any_version());
        } else if (what < 11) {
            auto const& then = any_version();
            ASSERT_EQ(Kind::changes(*then.mapped.template find<container>("live"), live_),
                differences(then.model.live, model_.live));
        } else if (what < 12) {
            branch(any_version());
        } else {
            auto const guard = heap_.mutate();
            edit(what);
        }
    }

    void edit(int what)
    {
        auto const key = below(600);
        auto const value = any_value();
        if (what < 45) {
            live_ = Kind::put(live_, key, value, nullptr);
            put(key, value);
        } else if (what < 55) {
            live_ = Kind::put(live_, key, value);
            put(key, value);
        } else if (what < 75) {
            live_ = Kind::take(live_, key, nullptr);
            model_.live.erase(key);
        } else if (what < 80) {
            live_ = Kind::take(live_, key);
            model_.live.erase(key);
        } else if (what < 84) {
            key_values more;
            for (auto count = below(40); count > 0; --count)
                more.emplace(below(600), any_value());
            live_ = Kind::put_all(live_, more);
            model_.live.insert(more.begin(), more.end());
        } else if (what < 90) {
            kept_.push_back(live_);
            model_.kept.push_back(model_.live);
        } else if (!model_.kept.empty()) {
            auto const which = static_cast<std::size_t>(below(static_cast<int>(model_.kept.size())));
            if (what < 94) {
                live_ = kept_[which];
                model_.live = model_.kept[which];
            } else if (what < 96) {
                live_ = Kind::unite(live_, kept_[which]);
                model_.live.insert(model_.kept[which].begin(), model_.kept[which].end());
            } else {
                kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(which));
                model_.kept.erase(model_.kept.begin() + static_cast<std::ptrdiff_t>(which));
            }
        }
        ASSERT_EQ(live_.size(), model_.live.size());
        ASSERT_TRUE(validate(live_)) << validate(live_);
    }
    void put(int key, int value) { model_.live.insert_or_assign(key, value); }

    void check()
    {
        ASSERT_EQ(Kind::read(live_), model_.live);
        Kind::check(live_, start());
        ASSERT_EQ(kept_.size(), model_.kept.size());
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            ASSERT_EQ(Kind::read(kept_[i]), model_.kept[i]);
            Kind::check(kept_[i], start());
        }
        ASSERT_TRUE(heap_.validate()) << heap_.validate();
    }
    void check_mapping(version const& one)
    {
        auto const* const seen = one.mapped.template find<container>("live");
        ASSERT_NE(seen, nullptr);
        ASSERT_EQ(Kind::read(*seen), one.model.live);
        ASSERT_TRUE(validate(*seen)) << validate(*seen);
        auto const* const kept = one.mapped.template find<history>("kept");
        ASSERT_EQ(kept->size(), one.model.kept.size());
        for (std::size_t i = 0; i < kept->size(); ++i)
            ASSERT_EQ(Kind::read((*kept)[i]), one.model.kept[i]);
    }
    void compare(version const& one, version const& other)
    {
        auto const& before = *one.mapped.template find<container>("live");
        auto const& after = *other.mapped.template find<container>("live");
        ASSERT_EQ(Kind::changes(before, after), differences(one.model.live, other.model.live));
        ASSERT_EQ(before == after, one.model.live == other.model.live);
    }

    /// Another heap that begins as a version goes its own way; what both have been is told apart all the same.
    void branch(version const& from)
    {
        auto other = still::heap::branch(from.cut, { .capacity = std::size_t{ 1 } << 26U });
        auto& there = *other.template find<container>("live");
        auto model = from.model.live;
        ASSERT_EQ(Kind::read(there), model);
        for (auto count = below(6); count > 0; --count) {
            auto const guard = other.mutate();
            auto const key = below(600);
            auto const value = any_value();
            there = Kind::put(there, key, value, nullptr);
            model.insert_or_assign(key, value);
        }
        ASSERT_EQ(Kind::read(there), model);
        Kind::check(there, other.allocator().start());
        auto const& then = any_version();
        ASSERT_EQ(
            Kind::changes(*then.mapped.template find<container>("live"), there), differences(then.model.live, model));
        ASSERT_EQ(Kind::changes(live_, there), differences(model_.live, model));
        ASSERT_TRUE(other.validate()) << other.validate();
    }

    std::mt19937 random_;
    still::heap heap_;
    bool const pools_;
    std::size_t const at_first_;
    container& live_;
    history& kept_;
    state model_;
    std::vector<version> versions_;
};

template <class Kind>
class region_trees : public ::testing::Test { };
using kinds = ::testing::Types<set_kind<small_region_policy>, set_kind<region_policy>, map_kind<small_region_policy>,
    map_kind<region_policy>, map_kind<small_region_policy, wide>, table_kind>;
TYPED_TEST_SUITE(region_trees, kinds);

TYPED_TEST(region_trees, agree_with_a_model_across_snapshots_rollbacks_and_branches)
{
    for (std::uint_fast32_t seed = 1; seed <= 2; ++seed)
        script<TypeParam>(seed, true).run(700);
}

TYPED_TEST(region_trees, lose_nothing)
{
    for (std::uint_fast32_t seed = 11; seed <= 12; ++seed)
        script<TypeParam>(seed, false).run(500);
}

} // namespace
} // namespace still_test
