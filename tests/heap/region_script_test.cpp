// SPDX-License-Identifier: BSL-1.0
//
// Sets, maps and page tables of Still in a region, under the script that all containers go through.

#include <algorithm>
#include <string>
#include <utility>

#include "container_script.hpp"
#include "region_kinds.hpp"

namespace still_test {
namespace {

template <class Kind>
class tree_subject : public container_subject {
    using container = typename Kind::container;

public:
    [[nodiscard]] bool relocatable() const final { return still::relocatable_v<container>; }
    void construct(still::heap& in, std::string const& name) const final
    {
        in.construct<container>(name, in.allocator());
    }
    bool destroy(still::heap& in, std::string const& name) const final { return in.destroy<container>(name); }
    void apply(still_test::edit const& next, still::heap& in, std::string const& name, contents& model) const final
    {
        auto& live = *in.find<container>(name);
        auto const value = Kind::has_values ? next.value : 0;
        auto const found = std::lower_bound(
            model.begin(), model.end(), next.key, [](auto const& one, int key) { return one.first < key; });
        auto const is_there = found != model.end() && found->first == next.key;
        auto const in_place = next.place % 2 == 0;
        if (next.what == still_test::edit::kind::take) {
            live = in_place ? Kind::take(live, next.key, nullptr) : Kind::take(live, next.key);
            if (is_there)
                model.erase(found);
        } else if (next.what == still_test::edit::kind::put || is_there) {
            live = in_place ? Kind::put(live, next.key, value, nullptr) : Kind::put(live, next.key, value);
            if (is_there)
                found->second = value;
            else
                model.emplace(found, next.key, value);
        }
        EXPECT_TRUE(validate(live)) << validate(live);
    }
    [[nodiscard]] contents read(still::heap const& in, std::string const& name) const final
    {
        return read(*in.find<container>(name));
    }
    [[nodiscard]] contents read(still::mapping const& in, std::string const& name) const final
    {
        return read(*in.find<container>(name));
    }

private:
    [[nodiscard]] static contents read(container const& seen)
    {
        EXPECT_TRUE(validate(seen)) << validate(seen);
        auto const found = Kind::read(seen);
        return { found.begin(), found.end() };
    }
};

template <class Kind>
class region_scripts : public ::testing::Test { };
using kinds = ::testing::Types<set_kind<small_region_policy>, set_kind<region_policy>, map_kind<small_region_policy>,
    map_kind<region_policy>, map_kind<small_region_policy, wide>, table_kind>;
TYPED_TEST_SUITE(region_scripts, kinds);

TYPED_TEST(region_scripts, agree_with_a_model_across_snapshots_rollbacks_mappings_and_branches)
{
    tree_subject<TypeParam> const subject;
    run_container_scripts(subject);
}

} // namespace
} // namespace still_test
