// SPDX-License-Identifier: BSL-1.0
//
// Elements of region trees that are containers themselves: they are built in the heap of the tree that they are in,
// also when they come from another heap, or out of a mapping.

#include <boost/container/string.hpp>

#include <stdexcept>
#include <string>
#include <utility>

#include "region_kinds.hpp"

namespace still_test {
namespace {

using text = boost::container::basic_string<char, std::char_traits<char>, still::heap_allocator<char>>;

/// An element that hands its allocator on.
struct record {
    using allocator_type = still::heap_allocator<char>;

    record(int id, std::string const& wanted, allocator_type const& from)
        : number(id)
        , name(wanted.data(), wanted.size(), from)
    {
    }
    record(record const&) = default;
    record(record&&) = default;
    record(record const& other, allocator_type const& from)
        : number(other.number)
        , name(other.name, from)
    {
    }
    record(record&& other, allocator_type const& from)
        : number(other.number)
        , name(std::move(other.name), from)
    {
    }
    record& operator=(record const&) = default;
    record& operator=(record&&) = default;
    ~record() = default;
    [[nodiscard]] friend bool operator==(record const&, record const&) = default;

    int number;
    text name;
};
/// One that doesn't.
struct plain_record {
    int number;
    text name;
};

} // namespace
} // namespace still_test

template <>
struct still::relocatable<still_test::record> : std::true_type { };
template <>
struct still::relocatable<still_test::plain_record> : std::true_type { };

namespace still_test {
namespace {

using keys = still::set<int, std::less<>, small_region_policy>;

[[nodiscard]] keys some_keys(still::heap& heap, int last)
{
    keys made(heap.allocator());
    for (auto key = 0; key < last; ++key)
        made = std::move(made).insert(key);
    return made;
}

struct texts {
    using element = text;
    static text make(still::heap& heap, int number)
    {
        auto const content = std::to_string(number) + std::string(100, 'x');
        return { content.data(), content.size(), heap.allocator<char>() };
    }
};
struct records {
    using element = record;
    static record make(still::heap& heap, int number)
    {
        return { number, std::string(100, 'y'), heap.allocator<char>() };
    }
};
struct sets {
    using element = keys;
    static keys make(still::heap& heap, int number) { return some_keys(heap, number % 30); }
};
struct maps {
    using element = still::map<int, keys, std::less<>, small_region_policy>;
    static element make(still::heap& heap, int number)
    {
        element made(heap.allocator());
        for (auto key = 0; key < 3; ++key)
            made = std::move(made).insert(key, some_keys(heap, number % 10));
        return made;
    }
};

template <class Kind>
class region_elements : public ::testing::Test {
protected:
    using element = typename Kind::element;
    using map = still::map<int, element, std::less<>, small_region_policy>;

    region_elements()
    {
        for (auto key = 0; key < 60; ++key)
            there = std::move(there).insert(key, Kind::make(other, key));
    }
    /// All that `here` holds is its own: the other heap and the mappings may go.
    void expect_own()
    {
        EXPECT_TRUE(validate(here)) << validate(here);
        EXPECT_TRUE(heap.validate()) << heap.validate();
        auto const cut = heap.snapshot();
        static_cast<void>(other.snapshot());
        auto const mapped = cut.map();
        EXPECT_EQ(*mapped.template find<map>("object"), here);
        auto branched = still::heap::branch(cut);
        EXPECT_EQ(*branched.template find<map>("object"), here);
        here = map();
        EXPECT_EQ(heap.statistics().free_bytes, free);
    }

    still::heap heap{ { .capacity = std::size_t{ 1 } << 26U, .pools = false, .label = "here" } };
    still::heap other{ { .capacity = std::size_t{ 1 } << 26U, .pools = false, .label = "there" } };
    map& here = heap.construct<map>("object", heap.allocator());
    map& there = other.construct<map>("object", other.allocator());
    std::size_t const free = heap.statistics().free_bytes;
};
using element_kinds = ::testing::Types<texts, records, sets, maps>;
TYPED_TEST_SUITE(region_elements, element_kinds);

TYPED_TEST(region_elements, come_from_another_heap)
{
    this->here = this->there;
    EXPECT_EQ(this->here, this->there);
    this->here = std::move(this->here).erase(3).insert(3, this->there.at(3)).insert(100, this->there.at(4));
    this->here = this->here.insert_or_assign(5, this->there.at(6));
    this->here = std::move(this->here).insert(101, TypeParam::make(this->other, 12)); // by move
    EXPECT_EQ(this->here.at(100), this->there.at(4));
    EXPECT_EQ(this->here.at(5), this->there.at(6));
    EXPECT_EQ(this->here.at(101), TypeParam::make(this->other, 12));
    this->expect_own();
}

TYPED_TEST(region_elements, come_out_of_a_mapping)
{
    auto const cut = this->other.snapshot();
    auto const mapped = cut.map();
    auto const& then = *mapped.template find<typename TestFixture::map>("object");
    this->here = set_union(this->here, then);
    EXPECT_EQ(this->here, then);
    this->here = std::move(this->here).erase(7);
    this->here = patch(this->here, still::diff(this->here, then));
    EXPECT_EQ(this->here, then);
    this->here = then.view().empty() ? this->here : std::move(this->here).insert_or_assign(8, then.at(9));
    EXPECT_EQ(this->here.at(8), then.at(9));
    this->here = then;
    EXPECT_EQ(this->here, then);
    this->expect_own();
}

TYPED_TEST(region_elements, are_copied_within_a_heap)
{
    this->here = this->there;
    auto second = this->here;
    for (auto key = 0; key < 60; key += 3)
        second = second.insert_or_assign(key, this->here.at(59 - key));
    EXPECT_EQ(second.at(3), this->here.at(56));
    second = typename TestFixture::map();
    this->expect_own();
}

TEST(region_elements_of_tables, come_out_of_a_mapping)
{
    using table = still::page_table<keys, region_policy>;
    still::heap heap;
    auto& live = heap.construct<table>("object", heap.allocator());
    for (still::page_index page = 0; page < 50; ++page)
        live = std::move(live).assign(page * 3, some_keys(heap, static_cast<int>(page)));
    auto const mapped = heap.snapshot().map();
    auto const& then = *mapped.find<table>("object");
    live = std::move(live).erase(0, 60);
    live = std::move(live).assign(7, then.at(30));
    EXPECT_EQ(live.at(7), then.at(30));
    live = then;
    EXPECT_EQ(live, then);
    EXPECT_TRUE(validate(live));
    static_cast<void>(heap.snapshot());
}

// A default-made set is a set of this heap once it is in.
TEST(region_elements_of_maps, are_given_a_heap)
{
    still::heap heap;
    using nested = still::map<int, keys, std::less<>, region_policy>;
    auto& live = heap.construct<nested>("object", heap.allocator());
    live = std::move(live).insert(1, keys());
    live = std::move(live).update(1, [](keys const& inner) { return inner.insert(5); });
    EXPECT_TRUE(live.at(1).contains(5));
    static_cast<void>(heap.snapshot());
}

// Members that allocate, of a type that takes no allocator, are out of the tree's reach: in a mapping that is refused.
TEST(region_elements_of_maps, that_take_no_allocator_stay_in_a_mapping)
{
    still::heap heap;
    using plain = still::map<int, plain_record, std::less<>, region_policy>;
    auto& live = heap.construct<plain>("object", heap.allocator());
    live = std::move(live).insert(1, plain_record{ 1, text(100, 'x', heap.allocator<char>()) });
    auto const mapped = heap.snapshot().map();
    auto const& then = *mapped.find<plain>("object");
    live = plain();
    try {
        live = set_union(live, then);
        FAIL();
    } catch (std::logic_error const& failure) {
        EXPECT_NE(std::string(failure.what()).find("allocator_type"), std::string::npos) << failure.what();
    }
    EXPECT_TRUE(live.empty());
    EXPECT_EQ(then.at(1).name.size(), 100U);
    EXPECT_TRUE(heap.validate());
    static_cast<void>(heap.snapshot());
}

} // namespace
} // namespace still_test
