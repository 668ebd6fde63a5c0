// SPDX-License-Identifier: BSL-1.0
//
// The laws of sets, over trees of any legal shape: some without common history, some descendants of each
// other, so that they share nodes.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

/// Three containers of the kind, for laws of one to three operands.
template <class Container>
struct operands {
    Container a;
    Container b;
    Container c;
};

constexpr int universe = 200;

template <class Container>
Container any_container(std::mt19937& random)
{
    tree_model model;
    // Empty and tiny ones too, dense and sparse ones.
    auto const count = random() % 4 == 0 ? random() % 4 : random() % 160;
    for (unsigned index = 0; index < count; ++index)
        model.emplace(static_cast<int>(random() % universe), is_map<Container> ? static_cast<int>(random() % 4) : 0);
    return any_shape<Container>(model, random);
}

/// A few edits of a version, whose nodes it shares.
template <class Container>
Container descendant(Container const& of, std::mt19937& random)
{
    auto made = of;
    for (auto edits = random() % 8; edits > 0; --edits) {
        auto const key = static_cast<int>(random() % universe);
        if (random() % 2 == 0) {
            made = std::move(made).erase(key);
        } else {
            if constexpr (is_map<Container>)
                made = std::move(made).insert_or_assign(key, static_cast<int>(random() % 4));
            else
                made = std::move(made).insert(key);
        }
    }
    return made;
}

template <class Container>
operands<Container> any_operands()
{
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    auto a = any_container<Container>(random);
    auto b = random() % 2 == 0 ? descendant(a, random) : any_container<Container>(random);
    auto c = random() % 2 == 0 ? descendant(random() % 2 == 0 ? a : b, random) : any_container<Container>(random);
    return { std::move(a), std::move(b), std::move(c) };
}

/// Equal by `==`, by their elements one by one, and both sound.
template <class Container>
void must_equal(Container const& one, Container const& other)
{
    RC_ASSERT(validate(one).sound());
    RC_ASSERT(validate(other).sound());
    RC_ASSERT(std::ranges::equal(one, other));
    RC_ASSERT(one == other);
    RC_ASSERT(diff(one, other).begin() == std::default_sentinel);
}

/// Equal keys: of maps, laws with the operands exchanged hold for keys only, because the left entry survives.
template <class Container>
void must_have_equal_keys(Container const& one, Container const& other)
{
    RC_ASSERT(validate(one).sound());
    RC_ASSERT(validate(other).sound());
    auto const same = [&](auto const& left, auto const& right) { return key_of(one, left) == key_of(one, right); };
    RC_ASSERT(std::ranges::equal(one, other, same));
}

/// Checks a law over as many operands as it takes. Tells the seed where it fails.
template <class Container, class Law>
void always(Law law)
{
    EXPECT_TRUE(rc::check([&] {
        auto const [a, b, c] = any_operands<Container>();
        if constexpr (std::invocable<Law, Container const&>)
            law(a);
        else if constexpr (std::invocable<Law, Container const&, Container const&>)
            law(a, b);
        else
            law(a, b, c);
    }));
}

template <class Container>
class tree_laws : public ::testing::Test { };

using containers = ::testing::Types<still::set<int, std::less<>, tiny_policy>,
    still::set<int, std::less<>, tiny_local_policy>, still::set<int, std::less<>, test_policy>,
    still::map<int, int, std::less<>, tiny_policy>, still::map<int, int, std::less<>, tiny_offset_policy>>;
TYPED_TEST_SUITE(tree_laws, containers);

TYPED_TEST(tree_laws, idempotence_and_identity)
{
    using container = TypeParam;
    always<container>([](container const& a) {
        container const none;
        RC_ASSERT(set_union(a, a).same_root(a));
        RC_ASSERT(set_intersection(a, a).same_root(a));
        RC_ASSERT(set_difference(a, a).empty());
        RC_ASSERT(set_symmetric_difference(a, a).empty());
        RC_ASSERT(set_union(a, none).same_root(a));
        must_equal(set_union(none, a), a);
        RC_ASSERT(set_intersection(a, none).empty());
        RC_ASSERT(set_intersection(none, a).empty());
        RC_ASSERT(set_difference(a, none).same_root(a));
        RC_ASSERT(set_difference(none, a).empty());
        RC_ASSERT(set_symmetric_difference(a, none).same_root(a));
        must_equal(set_symmetric_difference(none, a), a);
    });
}

TYPED_TEST(tree_laws, commutativity_up_to_which_element_survives)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b) {
        must_have_equal_keys(set_union(a, b), set_union(b, a));
        must_have_equal_keys(set_intersection(a, b), set_intersection(b, a));
        must_equal(set_symmetric_difference(a, b), set_symmetric_difference(b, a));
    });
}

TYPED_TEST(tree_laws, associativity)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b, container const& c) {
        must_equal(set_union(set_union(a, b), c), set_union(a, set_union(b, c)));
        must_equal(set_intersection(set_intersection(a, b), c), set_intersection(a, set_intersection(b, c)));
        must_have_equal_keys(set_symmetric_difference(set_symmetric_difference(a, b), c),
            set_symmetric_difference(a, set_symmetric_difference(b, c)));
        must_equal(set_difference(set_difference(a, b), c), set_difference(a, set_union(b, c)));
    });
}

TYPED_TEST(tree_laws, absorption)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b) {
        RC_ASSERT(set_union(a, set_intersection(a, b)).same_root(a));
        RC_ASSERT(set_intersection(a, set_union(a, b)).same_root(a));
        RC_ASSERT(set_intersection(a, set_union(b, a)).same_root(a));
        RC_ASSERT(set_union(a, set_intersection(b, a)).same_root(a));
    });
}

TYPED_TEST(tree_laws, distribution)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b, container const& c) {
        must_equal(set_intersection(a, set_union(b, c)), set_union(set_intersection(a, b), set_intersection(a, c)));
        must_equal(set_union(a, set_intersection(b, c)), set_intersection(set_union(a, b), set_union(a, c)));
        must_equal(set_difference(set_union(a, b), c), set_union(set_difference(a, c), set_difference(b, c)));
    });
}

/// With a universe to take the complement in: u - (a | b) == (u - a) & (u - b), and the other one.
TYPED_TEST(tree_laws, de_morgan)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b, container const& c) {
        must_equal(set_difference(c, set_union(a, b)), set_intersection(set_difference(c, a), set_difference(c, b)));
        must_equal(set_difference(c, set_intersection(a, b)), set_union(set_difference(c, a), set_difference(c, b)));
    });
}

TYPED_TEST(tree_laws, parts_make_up_the_whole)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b) {
        auto const only_a = set_difference(a, b);
        auto const only_b = set_difference(b, a);
        auto const both = set_intersection(a, b);
        must_equal(set_union(only_a, both), a);
        must_equal(set_union(both, only_a), a);
        must_equal(set_difference(a, only_a), both);
        must_equal(set_union(set_union(only_a, both), only_b), set_union(a, b));
        must_equal(set_symmetric_difference(a, b), set_union(only_a, only_b));
        must_equal(set_symmetric_difference(a, b), set_difference(set_union(a, b), both));
        RC_ASSERT(set_union(a, b).size() + both.size() == a.size() + b.size());
        RC_ASSERT(set_intersection(only_a, b).empty());
        must_have_equal_keys(set_symmetric_difference(set_symmetric_difference(a, b), b), a);
    });
}

TYPED_TEST(tree_laws, what_is_split_joins_to_the_same)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b) {
        auto const key = *rc::gen::inRange(-1, universe + 1);
        auto const parts = a.split(key);
        RC_ASSERT((validate(parts.below).sound() && validate(parts.above).sound()));
        RC_ASSERT(parts.below.size() == a.rank(key));
        RC_ASSERT((parts.below.empty() || key_of(a, parts.below.back()) < key));
        RC_ASSERT((parts.above.empty() || key < key_of(a, parts.above.front())));
        auto const rest = join(parts.below, parts.above);
        must_equal(rest, a.erase(key));
        if (parts.found) {
            if constexpr (is_map<container>)
                must_equal(rest.insert(parts.found->first, parts.found->second), a);
            else
                must_equal(rest.insert(*parts.found), a);
        }
        // The algebra goes through a cut: each half on its own, and joined again.
        auto const others = b.split(key);
        must_equal(join(set_union(parts.below, others.below), set_union(parts.above, others.above)),
            set_union(a, b).erase(key));
        must_equal(join(set_difference(parts.below, others.below), set_difference(parts.above, others.above)),
            set_difference(a, b).erase(key));
    });
}

TYPED_TEST(tree_laws, join_is_associative)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b, container const& c) {
        auto const cuts = std::minmax({ *rc::gen::inRange(0, universe), *rc::gen::inRange(0, universe) });
        auto const low = a.split(cuts.first).below;
        auto const middle = b.split(cuts.first).above.split(cuts.second).below;
        auto const high = c.split(cuts.second).above;
        must_equal(join(join(low, middle), high), join(low, join(middle, high)));
        must_equal(join(join(low, middle), high), set_union(high, set_union(low, middle)));
    });
}

TYPED_TEST(tree_laws, a_difference_tells_what_makes_one_of_the_other)
{
    using container = TypeParam;
    always<container>([](container const& a, container const& b) {
        auto remade = a;
        std::size_t count = 0;
        for (auto const& change : diff(a, b)) {
            ++count;
            if constexpr (is_map<container>) {
                remade = change.after ? std::move(remade).insert_or_assign(change.after->first, change.after->second)
                                      : std::move(remade).erase(change.before->first);
            } else {
                remade
                    = change.after ? std::move(remade).insert(*change.after) : std::move(remade).erase(*change.before);
            }
        }
        must_equal(remade, b);
        RC_ASSERT((count == 0) == (a == b));
        std::size_t back = 0;
        for ([[maybe_unused]] auto const& change : diff(b, a))
            ++back;
        RC_ASSERT(count == back);
    });
}

} // namespace
