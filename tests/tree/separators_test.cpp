// SPDX-License-Identifier: BSL-1.0
//
// Separators of strings: as short as they may be, and bounds all the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operands.hpp"
#include "still/bank.hpp"

namespace {

using namespace still_test;

class tree_separators : public live_count_test { };

/// Effect: calls visit(separator) for all below a node.
template <class Schema, class Visit>
void each_separator(still::tree::node<Schema> const* root, Visit visit)
{
    if (root == nullptr || root->level == 0)
        return;
    auto const& from = still::tree::as_branch(*root);
    for (std::size_t slot = 0; slot < from.length; ++slot) {
        if (slot > 0)
            visit(*from.separators.at(slot - 1));
        each_separator(from.child(slot), visit);
    }
}
/// How many letters the separators of a version have on average.
template <class Container>
[[nodiscard]] std::size_t letters_each(Container const& seen)
{
    std::size_t letters = 0;
    std::size_t count = 0;
    each_separator(still::tree::internals::core(seen).root().get(), [&](auto const& separator) {
        letters += separator.size();
        ++count;
    });
    return count == 0 ? 0 : letters / count;
}

/// Strings of 40 letters that differ early.
[[nodiscard]] std::vector<std::string> long_strings(std::size_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<std::string> made;
    for (std::size_t index = 0; index < count; ++index) {
        std::string letters(40, 'x');
        std::ranges::generate_n(
            letters.begin(), 12, [&] { return static_cast<char>('a' + static_cast<int>(random() % 26)); });
        made.push_back(letters);
    }
    return made;
}

template <class Set>
[[nodiscard]] Set inserted_one_by_one(std::vector<std::string> const& keys, Set made = {})
{
    for (auto const& key : keys)
        made = std::move(made).insert(typename Set::key_type(key));
    return made;
}

TEST_F(tree_separators, are_cut_however_a_tree_is_made)
{
    auto const keys = long_strings(5'000, 1);
    using strings = still::set<std::string>;
    auto const in_place = inserted_one_by_one<strings>(keys);
    EXPECT_LE(letters_each(in_place), 8u);
    strings kept;
    for (auto const& key : keys) {
        auto const before = kept;
        kept = before.insert(key);
    }
    EXPECT_LE(letters_each(kept), 8u);
    EXPECT_LE(letters_each(strings(keys.begin(), keys.end())), 8u);
    auto const more = inserted_one_by_one<strings>(long_strings(5'000, 2));
    EXPECT_LE(letters_each(set_union(in_place, more)), 8u);
    EXPECT_LE(letters_each(in_place.insert_range(long_strings(500, 3))), 8u);
    EXPECT_TRUE(validate(in_place)) << validate(in_place);
    EXPECT_TRUE(validate(kept)) << validate(kept);
}

TEST_F(tree_separators, of_charged_strings_are_cut)
{
    still::bank const bank(std::size_t{ 1 } << 30);
    {
        using strings = still::set<std::pmr::string, std::less<>, still::charged_policy>;
        auto const made = inserted_one_by_one<strings>(long_strings(2'000, 1), strings(bank));
        EXPECT_LE(letters_each(made), 8u);
        EXPECT_TRUE(validate(made)) << validate(made);
    }
    EXPECT_EQ(bank.usage(), 0u);
}

/// While it is there, whoever allocates from no resource in particular is refused.
struct no_default_resource {
    no_default_resource() noexcept
        : before(std::pmr::set_default_resource(std::pmr::null_memory_resource()))
    {
    }
    no_default_resource(no_default_resource const&) = delete;
    no_default_resource& operator=(no_default_resource const&) = delete;
    ~no_default_resource() { std::pmr::set_default_resource(before); }

    std::pmr::memory_resource* before;
};

TEST_F(tree_separators, of_charged_strings_are_paid_for_by_their_bank)
{
    still::bank const bank(std::size_t{ 1 } << 30);
    std::pmr::vector<std::pmr::string> keys(std::pmr::new_delete_resource());
    for (int number = 1'000; number < 2'000; ++number) // so alike that what is cut still has letters of its own
        keys.emplace_back("all of them begin with the same words, " + std::to_string(number));
    {
        no_default_resource const refused;
        still::set<std::pmr::string, std::less<>, still::charged_policy> made(bank);
        for (auto const& key : keys)
            made = std::move(made).insert(key);
        EXPECT_EQ(made.size(), keys.size());
        EXPECT_GT(letters_each(made), 30u);
        EXPECT_TRUE(validate(made)) << validate(made);
    }
    EXPECT_EQ(bank.usage(), 0u);
}

TEST_F(tree_separators, are_whole_keys_where_the_order_is_another)
{
    auto const keys = long_strings(500, 1);
    auto const falling = inserted_one_by_one<still::set<std::string, std::greater<>>>(keys);
    EXPECT_TRUE(validate(falling)) << validate(falling);
    EXPECT_EQ(letters_each(falling), 40u);
    auto const by_end = [](std::string const& one, std::string const& other) {
        return std::ranges::lexicographical_compare(std::views::reverse(one), std::views::reverse(other));
    };
    auto const backwards = inserted_one_by_one<still::set<std::string, decltype(by_end)>>(keys);
    EXPECT_TRUE(validate(backwards)) << validate(backwards);
    EXPECT_EQ(letters_each(backwards), 40u);
}

/// Strings that are each other's beginnings, with bytes of either sign, and with zeros.
[[nodiscard]] std::string awkward(std::mt19937& random)
{
    static constexpr char letters[] = { '\0', 'a', '\x7f', '\x80', '\xff' };
    std::string made(random() % 2 == 0 ? 14 : 0, 'p');
    for (auto length = random() % 12; length > 0; --length)
        made += letters[random() % std::size(letters)];
    return made;
}

TEST_F(tree_separators, part_strings_that_begin_alike)
{
    using strings = still::set<std::string, std::less<>, tiny_policy>;
    for (unsigned seed = 0; seed < 4; ++seed) {
        std::mt19937 random(seed);
        std::set<std::string> model;
        strings seen;
        strings other;
        for (int step = 0; step < 300; ++step) {
            auto const key = awkward(random);
            auto const before = seen;
            if (random() % 3 != 0) {
                model.insert(key);
                seen = random() % 2 == 0 ? before.insert(key) : std::move(seen).insert(key);
            } else {
                model.erase(key);
                seen = random() % 2 == 0 ? before.erase(key) : std::move(seen).erase(key);
            }
            ASSERT_TRUE(validate(seen)) << validate(seen) << ", seed " << seed;
            ASSERT_TRUE(std::ranges::equal(seen, model)) << "seed " << seed;
            other = std::move(other).insert(awkward(random));
        }
        auto const both = set_union(seen, other);
        ASSERT_TRUE(validate(both)) << validate(both) << ", seed " << seed;
        auto const again = strings::from_sorted(std::vector<std::string>(both.begin(), both.end()));
        ASSERT_TRUE(validate(again)) << validate(again) << ", seed " << seed;
        ASSERT_EQ(again, both);
        for (auto const& key : both) {
            ASSERT_TRUE(again.contains(key));
            auto const parts = again.split(key);
            ASSERT_TRUE(validate(parts.below) && validate(parts.above)) << "seed " << seed;
        }
    }
}

/// A letter of the test's own: its strings may order it as their traits like, and so aren't cut.
struct letter {
    char character;
};

/// An allocator of the test's own: what it was given with isn't known.
template <class Object>
struct own_allocator : std::allocator<Object> {
    own_allocator() = default;
    template <class Other>
    own_allocator(own_allocator<Other> const&) noexcept
    {
    }
};

TEST_F(tree_separators, are_whole_where_letters_or_allocators_are_a_programs_own)
{
    using still::tree::is_ordered_by_letters;
    static_assert(is_ordered_by_letters<std::string, std::less<>>);
    static_assert(is_ordered_by_letters<std::pmr::u16string, std::less<std::pmr::u16string>>);
    static_assert(!is_ordered_by_letters<std::string, std::greater<>>);
    static_assert(!is_ordered_by_letters<std::basic_string<letter>, std::less<>>);
    using allocated = std::basic_string<char, std::char_traits<char>, own_allocator<char>>;
    static_assert(!is_ordered_by_letters<allocated, std::less<>>);
    still::set<allocated> seen;
    for (int number = 0; number < 300; ++number)
        seen = std::move(seen).insert(allocated("letters that are alike ") + allocated(std::to_string(number).c_str()));
    EXPECT_TRUE(validate(seen)) << validate(seen);
    EXPECT_EQ(seen.size(), 300U);
}

} // namespace
