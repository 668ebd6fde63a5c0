# SPDX-License-Identifier: BSL-1.0
"""What must not compile doesn't, and says why: nothing on a view owns, copies or shares; nothing points into
a version that is about to go; a version that is made isn't thrown away; keys and values convert implicitly; nothing that leads somewhere by
addresses is read in a mapping; what can't be checked in bytes from elsewhere isn't; capabilities aren't made of bytes,
leases stay where they are, and membranes let pass what they know.

usage: compile_fail_test.py SCRATCH_DIRECTORY COMPILER [OPTION...]

Each case is a statement that fails with a message that has the given words in it, and a control, the
statement put right, which compiles. One case a statement, in the Test Anything Protocol. The controls are one
unit together, and only where that fails are they told apart.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import typing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

PRELUDE = """
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "still/map.hpp"
#include "still/set.hpp"

using set = still::set<int>;
using map = still::map<int, int>;
using words = still::map<std::string, int, std::less<std::string>>;
using set_view = still::set_view<int>;
using map_view = still::map_view<int, int>;

set make_set();
map make_map();

struct explicit_key {
    explicit explicit_key(int of) : number(of) { }
    int number;
    friend bool operator<(explicit_key const& one, explicit_key const& other) { return one.number < other.number; }
};

inline auto const any = [](auto const&...) { return true; };
"""
FRAME = """
void case_{number}(set s, map m, words w, set_view sv, map_view mv)
{{
    (void)s, (void)m, (void)w, (void)sv, (void)mv;
    {statement}
}}
"""


class Case(typing.NamedTuple):
    name: str
    wrong: str
    message: str  # a regular expression that g++ and clang++ both answer to
    right: str


DELETED = "deleted"
NO_MEMBER = "no member named '{}'"
NODISCARD = "nodiscard"
CONVERSION = "conver"
NO_FUNCTION = "no matching|no match for|no viable|not declared|undeclared|invalid operands"

CASES = [
    # Views own nothing and make nothing.
    Case("a set isn't made of a view", "set copy = sv; (void)copy;", CONVERSION,
         "set copy(sv.begin(), sv.end()); (void)copy;"),
    Case("a set isn't constructed from a view", "set copy(sv);", NO_FUNCTION, "set copy(s);"),
    Case("a view isn't assigned to a set", "s = sv;", NO_FUNCTION, "s = set(sv.begin(), sv.end());"),
    Case("a map isn't made of a view", "map copy = mv; (void)copy;", CONVERSION,
         "map copy(mv.begin(), mv.end()); (void)copy;"),
    Case("a view isn't assigned to a map", "m = mv;", NO_FUNCTION, "m = map(mv.begin(), mv.end());"),
    Case("a view doesn't insert", "(void)sv.insert(1);", NO_MEMBER.format("insert"), "(void)s.insert(1);"),
    Case("a view doesn't erase", "(void)sv.erase(1);", NO_MEMBER.format("erase"), "(void)s.erase(1);"),
    Case("a view doesn't assign", "(void)mv.insert_or_assign(1, 2);", NO_MEMBER.format("insert_or_assign"),
         "(void)m.insert_or_assign(1, 2);"),
    Case("a view doesn't insert ranges", "(void)sv.insert_range(std::vector{ 1 });",
         NO_MEMBER.format("insert_range"), "(void)s.insert_range(std::vector{ 1 });"),
    Case("a view doesn't erase keys", "(void)mv.erase_keys(std::vector{ 1 });", NO_MEMBER.format("erase_keys"),
         "(void)m.erase_keys(std::vector{ 1 });"),
    Case("a view doesn't split", "(void)sv.split(1);", NO_MEMBER.format("split"), "(void)s.split(1);"),
    Case("a view has no heap to build in", "(void)sv.heap();", NO_MEMBER.format("heap"), "(void)s.heap();"),
    Case("views don't join", "(void)join(sv, sv);", NO_FUNCTION, "(void)join(s, s);"),
    Case("views don't unite", "(void)set_union(sv, sv);", NO_FUNCTION, "(void)set_union(s, s);"),
    Case("a container doesn't unite with a view", "(void)set_union(s, sv);", NO_FUNCTION, "(void)set_union(s, s);"),
    Case("views don't intersect", "(void)set_intersection(mv, mv);", NO_FUNCTION, "(void)set_intersection(m, m);"),
    Case("views have no difference to own", "(void)(sv - sv);", NO_FUNCTION, "(void)(s - s);"),
    Case("views have no union to own", "(void)(sv | sv);", NO_FUNCTION, "(void)(s | s);"),
    Case("views aren't patched", "(void)still::patch(sv, still::diff(s, s));", NO_FUNCTION,
         "(void)still::patch(s, still::diff(s, s));"),
    Case("views aren't merged", "(void)still::merge3(sv, sv, sv);", NO_FUNCTION, "(void)still::merge3(s, s, s);"),
    # Nothing points into what is about to go.
    Case("a temporary has no view", "(void)make_set().view();", DELETED, "(void)s.view();"),
    Case("a temporary map has no view", "(void)make_map().view();", DELETED, "(void)m.view();"),
    Case("a temporary has no beginning", "(void)make_set().begin();", DELETED, "(void)s.begin();"),
    Case("a temporary has no end", "(void)make_map().end();", DELETED, "(void)m.end();"),
    Case("a temporary has no last element to go back from", "(void)make_set().rbegin();", DELETED,
         "(void)s.rbegin();"),
    Case("nothing is found in a temporary", "(void)make_set().find(1);", DELETED, "(void)make_set().contains(1);"),
    Case("no value is found in a temporary", "(void)make_map().find(1);", DELETED, "(void)make_map().at(1);"),
    Case("a temporary has no lower bound", "(void)make_set().lower_bound(1);", DELETED, "(void)s.lower_bound(1);"),
    Case("a temporary has no upper bound", "(void)make_map().upper_bound(1);", DELETED, "(void)m.upper_bound(1);"),
    Case("a temporary has no equal range", "(void)make_set().equal_range(1);", DELETED, "(void)s.equal_range(1);"),
    Case("a temporary has no range of keys", "(void)make_set().range(1, 2);", DELETED, "(void)s.range(1, 2);"),
    Case("a temporary has no partition point", "(void)make_set().partition_point(any);", DELETED,
         "(void)s.partition_point(any);"),
    Case("a temporary has no element by number", "(void)make_map().nth(0);", DELETED, "(void)m.nth(0);"),
    Case("what is moved from has no iterators", "(void)std::move(s).begin();", DELETED, "(void)s.begin();"),
    Case("an element of a temporary is a value", "static_assert(std::same_as<decltype(make_set().front()), int const&>);",
         "static assertion|static_assert", "static_assert(std::same_as<decltype(make_set().front()), int>);"),
    Case("no differences from a temporary", "(void)still::diff(make_set(), s);", DELETED, "(void)still::diff(s, s);"),
    Case("no differences to a temporary", "(void)still::diff(m, make_map());", DELETED, "(void)still::diff(m, m);"),
    Case("no differences between temporaries", "(void)still::diff(make_set(), make_set());", DELETED,
         "(void)still::diff(make_set(), make_set(), any);"),
    # A version that is made isn't thrown away.
    Case("an insert gives a version", "s.insert(1);", NODISCARD, "s = s.insert(1);"),
    Case("an insert in place gives a version", "std::move(s).insert(1);", NODISCARD, "s = std::move(s).insert(1);"),
    Case("an assignment gives a version", "m.insert_or_assign(1, 2);", NODISCARD, "m = m.insert_or_assign(1, 2);"),
    Case("an erase gives a version", "m.erase(1);", NODISCARD, "m = m.erase(1);"),
    Case("a batch gives a version", "s.insert_range(std::vector{ 1 });", NODISCARD,
         "s = s.insert_range(std::vector{ 1 });"),
    Case("a batch of keys gives a version", "s.erase_keys(std::vector{ 1 });", NODISCARD,
         "s = s.erase_keys(std::vector{ 1 });"),
    Case("a split gives versions", "s.split(1);", NODISCARD, "s = s.split(1).below;"),
    Case("a join gives a version", "join(s, s);", NODISCARD, "s = join(s, s);"),
    Case("a union gives a version", "set_union(m, m);", NODISCARD, "m = set_union(m, m);"),
    Case("an operator gives a version", "s | s;", NODISCARD, "s = s | s;"),
    Case("a patch gives a version", "still::patch(s, still::diff(s, s));", NODISCARD,
         "s = still::patch(s, still::diff(s, s));"),
    Case("a merge gives a version", "still::merge3(s, s, s);", NODISCARD, "s = still::merge3(s, s, s);"),
    # Keys, values and orders.
    Case("a number isn't a word to look up", "(void)w.contains(5);", "what is looked up is a key",
         '(void)w.contains("five");'),
    Case("an explicit conversion isn't made for an element",
         "still::set<explicit_key> t; (void)t.insert(5);", "conver|no matching",
         "still::set<explicit_key> t; (void)t.insert(explicit_key(5));"),
    Case("a word isn't a number to insert", '(void)m.insert("five", 5);', "conver|comparison between", "(void)m.insert(5, 5);"),
    Case("an explicit conversion isn't made for a value",
         "still::map<int, explicit_key> t; (void)t.insert(1, 5);", "what a value is made of",
         "still::map<int, explicit_key> t; (void)t.insert(1, explicit_key(5));"),
    Case("versions in different orders don't compare", "(void)(s == still::set<int, std::greater<>>());",
         NO_FUNCTION, "(void)(s == still::set<int>());"),
    Case("a policy is a bundle of choices", "still::set<int, std::less<>, int> t;", "constraint|container_policy",
         "still::set<int, std::less<>, still::local_policy> t;"),
    Case("a set of what can't be copied isn't copied",
         "still::set<std::unique_ptr<int>> t; auto u = t; (void)u;", "delete|copy|constraint",
         "still::set<std::unique_ptr<int>> t; auto u = std::move(t); (void)u;"),
    Case("elements aren't changed where they lie", "*s.begin() = 5;", "read-only|const", "(void)(*s.begin() == 5);"),
    Case("values aren't changed where they lie", "m.begin()->second = 5;", "read-only|const",
         "(void)(m.begin()->second == 5);"),
]


MAPPING_PRELUDE = """
#include <any>
#include <array>
#include <atomic>
#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <boost/container/deque.hpp>
#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/container/list.hpp>
#include <boost/container/map.hpp>
#include <boost/container/pmr/vector.hpp>
#include <boost/container/scoped_allocator.hpp>
#include <boost/container/set.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/vector.hpp"

template <class T>
using inside = still::heap_allocator<T>;
template <class T>
using scoped = boost::container::scoped_allocator_adaptor<inside<T>>;
template <class T>
using vector_inside = boost::container::vector<T, inside<T>>;
template <class K, class V, class Less = std::less<>>
using map_inside = boost::container::map<K, V, Less, inside<std::pair<K const, V>>>;
using text_inside = boost::container::basic_string<char, std::char_traits<char>, inside<char>>;

struct plain {
    int left;
    int right;
};
struct with_virtual {
    virtual ~with_virtual() = default;
};
struct node {
    node* next;
};
/// A comparator with something to point with.
struct ordered_by {
    int const* ranks;
    bool operator()(int left, int right) const { return ranks[left] < ranks[right]; }
};
struct known {
    boost::interprocess::offset_ptr<int> first;
};
template <>
struct still::relocatable<known> : std::true_type { };
template <std::size_t Alignment>
struct alignas(Alignment) aligned {
    int first;
};
template <std::size_t Alignment>
struct still::relocatable<aligned<Alignment>> : std::true_type { };

still::mapping const& seen();
"""
MAPPING_FRAME = """
void case_{number}()
{{
    {statement}
}}
"""


def unreadable(name, wrong, right):
    """A type that can't be found in a mapping, and the nearest one that can."""
    return Case(f"in a mapping: {name}", f"using wrong = {wrong}; (void)seen().find<wrong>(\"name\");",
                "only relocatable types can be read in a mapping",
                f"using right = {right}; (void)seen().find<right>(\"name\");")


MAPPING_CASES = [
    Case("in a mapping: a type aligned to more than a page", "(void)seen().find<aligned<8192>>(\"name\");",
         "a mapping is aligned to a page", "(void)seen().find<aligned<4096>>(\"name\");"),
    unreadable("a raw pointer", "int*", "boost::interprocess::offset_ptr<int>"),
    unreadable("a pointer to what doesn't change", "int const* const", "boost::interprocess::offset_ptr<int const>"),
    unreadable("a pointer to a function", "int (*)(int)", "int"),
    unreadable("a pointer to a member", "int plain::*", "int"),
    unreadable("a null pointer's type", "std::nullptr_t", "std::byte"),
    unreadable("a distance to a pointer", "boost::interprocess::offset_ptr<int*>",
               "boost::interprocess::offset_ptr<boost::interprocess::offset_ptr<int>>"),
    unreadable("a class that nobody vouched for", "plain", "known"),
    unreadable("a class with virtual functions", "with_virtual", "known"),
    unreadable("a node with a link", "node", "known"),
    unreadable("a reference in a wrapper", "std::reference_wrapper<int>", "int"),
    unreadable("a tuple of references", "std::tuple<int&>", "std::pair<int, int>"),
    unreadable("a pair with a pointer", "std::pair<int, char const*>", "std::pair<int, char>"),
    unreadable("an array of pointers", "int*[4]", "int[4]"),
    unreadable("an std::array of pointers", "std::array<int*, 4>", "std::array<int, 4>"),
    unreadable("arrays in pairs in arrays", "std::array<std::pair<int, std::array<void*, 2>>, 2>",
               "std::array<std::pair<int, std::array<long, 2>>, 2>"),
    unreadable("std::string", "std::string", "text_inside"),
    unreadable("std::string in the heap", "std::basic_string<char, std::char_traits<char>, inside<char>>",
               "text_inside"),
    unreadable("std::vector", "std::vector<int>", "vector_inside<int>"),
    unreadable("std::vector in the heap", "std::vector<int, inside<int>>", "vector_inside<int>"),
    unreadable("std::deque", "std::deque<int>", "boost::container::deque<int, inside<int>>"),
    unreadable("std::list in the heap", "std::list<int, inside<int>>", "boost::container::list<int, inside<int>>"),
    unreadable("std::forward_list", "std::forward_list<int>", "vector_inside<int>"),
    unreadable("std::map", "std::map<int, int>", "map_inside<int, int>"),
    unreadable("std::map in the heap", "std::map<int, int, std::less<>, inside<std::pair<int const, int>>>",
               "map_inside<int, int>"),
    unreadable("std::set", "std::set<int>", "boost::container::set<int, std::less<>, inside<int>>"),
    unreadable("std::multimap", "std::multimap<int, int>", "map_inside<int, int>"),
    unreadable("std::unordered_map", "std::unordered_map<int, int>", "map_inside<int, int>"),
    unreadable("std::unordered_set in the heap",
               "std::unordered_set<int, std::hash<int>, std::equal_to<>, inside<int>>", "map_inside<int, int>"),
    unreadable("std::function", "std::function<void()>", "int"),
    unreadable("std::any", "std::any", "int"),
    unreadable("std::unique_ptr", "std::unique_ptr<int>", "boost::interprocess::offset_ptr<int>"),
    unreadable("std::shared_ptr", "std::shared_ptr<int>", "boost::interprocess::offset_ptr<int>"),
    unreadable("std::weak_ptr", "std::weak_ptr<int>", "boost::interprocess::offset_ptr<int>"),
    unreadable("an std::optional pointer", "std::optional<int*>", "std::pair<bool, int>"),
    unreadable("an std::variant of pointers", "std::variant<int*, char*>", "std::pair<bool, int>"),
    unreadable("an std::atomic pointer", "std::atomic<int*>", "int"),
    unreadable("std::pmr::string", "std::pmr::string", "text_inside"),
    unreadable("std::pmr::vector", "std::pmr::vector<int>", "vector_inside<int>"),
    unreadable("std::pmr::map", "std::pmr::map<int, int>", "map_inside<int, int>"),
    unreadable("a memory resource", "std::pmr::memory_resource*", "int"),
    unreadable("std::span", "std::span<int>", "vector_inside<int>"),
    unreadable("std::string_view", "std::string_view", "text_inside"),
    unreadable("a view of a map", "still::map_view<int, int>", "map_inside<int, int>"),
    unreadable("a snapshot", "still::snapshot", "std::uint64_t"),
    unreadable("a tree outside of the heap", "still::map<int, int>", "map_inside<int, int>"),
    unreadable("still::vector", "still::vector<int>", "vector_inside<int>"),
    unreadable("a type's name", "std::type_info", "std::uint64_t"),
    unreadable("Boost's vector outside of the heap", "boost::container::vector<int>", "vector_inside<int>"),
    unreadable("Boost's vector by a memory resource", "boost::container::pmr::vector<int>", "vector_inside<int>"),
    unreadable("Boost's vector with raw pointers",
               "boost::container::vector<int, std::pmr::polymorphic_allocator<int>>", "vector_inside<int>"),
    unreadable("Boost's small vector", "boost::container::small_vector<int, 4>", "vector_inside<int>"),
    unreadable("Boost's string outside of the heap", "boost::container::string", "text_inside"),
    unreadable("Boost's map outside of the heap", "boost::container::map<int, int>", "map_inside<int, int>"),
    unreadable("a scoped allocator with raw pointers",
               "boost::container::vector<int, boost::container::scoped_allocator_adaptor<std::allocator<int>>>",
               "boost::container::vector<int, scoped<int>>"),
    unreadable("a scoped allocator with raw pointers within",
               "boost::container::vector<int, boost::container::scoped_allocator_adaptor<inside<int>, "
               "std::allocator<int>>>", "boost::container::vector<int, scoped<int>>"),
    unreadable("elements that are pointers", "vector_inside<int*>",
               "vector_inside<boost::interprocess::offset_ptr<int>>"),
    unreadable("elements that are std::string", "vector_inside<std::string>", "vector_inside<text_inside>"),
    unreadable("elements that are views", "vector_inside<std::string_view>", "vector_inside<text_inside>"),
    unreadable("keys by addresses", "map_inside<char const*, int>", "map_inside<text_inside, int>"),
    unreadable("values by addresses, deeply", "map_inside<int, vector_inside<std::pair<int, std::vector<int>>>>",
               "map_inside<int, vector_inside<std::pair<int, vector_inside<int>>>>"),
    unreadable("a comparator with state", "map_inside<int, int, ordered_by>", "map_inside<int, int, std::greater<>>"),
    unreadable("a comparator that is a function", "map_inside<int, int, bool (*)(int, int)>",
               "map_inside<int, int, std::less<int>>"),
    unreadable("a comparator that is a std::function", "map_inside<int, int, std::function<bool(int, int)>>",
               "map_inside<int, int>"),
    unreadable("a set's comparator with state", "boost::container::set<int, ordered_by, inside<int>>",
               "boost::container::set<int, std::less<>, inside<int>>"),
    unreadable("a flat map's comparator with state",
               "boost::container::flat_map<int, int, ordered_by, inside<std::pair<int, int>>>",
               "boost::container::flat_map<int, int, std::less<>, inside<std::pair<int, int>>>"),
    unreadable("a flat set outside of the heap", "boost::container::flat_set<int>",
               "boost::container::flat_set<int, std::less<>, inside<int>>"),
]


CHECK_PRELUDE = """
#include <array>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "still/check.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

template <class Key, class Value, class Less = std::less<>, class Policy = still::region_policy>
using map_inside = still::map<Key, Value, Less, Policy>;
template <class Key, class Less = std::less<>, class Policy = still::region_policy>
using set_inside = still::set<Key, Less, Policy>;
template <class Slot>
using table_inside = still::page_table<Slot, still::region_policy>;

struct unknown {
    int number;
    friend bool operator<(unknown const& one, unknown const& other) { return one.number < other.number; }
    friend bool operator==(unknown const&, unknown const&) = default;
};
struct known {
    int number;
    friend bool operator<(known const& one, known const& other) { return one.number < other.number; }
    friend bool operator==(known const&, known const&) = default;
};
template <>
struct still::any_bytes<known> : std::true_type { };
enum class colour { red };

struct ranked {
    int const* ranks;
    bool operator()(int left, int right) const { return ranks[left] < ranks[right]; }
};
template <class Number>
struct sum {
    using value_type = Number;
    static value_type identity() noexcept { return {}; }
    static value_type combine(value_type one, value_type) noexcept { return one; }
    static value_type of(int) noexcept { return {}; }
};
inline bool suits(std::span<std::byte const>) { return true; }
inline bool suits_number(int) { return true; }
still::bounded_check const& bytes();
"""
CHECK_FRAME = """
void case_{number}(still::segment const& segment, still::vector<int> const& vector, still::set<int> const& set)
{{
    (void)segment, (void)vector, (void)set;
    {statement}
}}
"""


def unchecked(name, wrong, message, right, checks="", right_checks=None):
    """A type that can't be checked in bytes from elsewhere, and what can."""
    def call(version, arguments):
        return f"using version = {version}; (void)still::check_at<version>(bytes(), 0{arguments});"
    return Case(f"in bytes from elsewhere: {name}", call(wrong, checks), message,
                call(right, checks if right_checks is None else right_checks))


NOT_ALL_BYTES = "not all bytes are a value of this element's type"
ONLY_THESE = "sets, maps and page tables are checked"
CHECK_CASES = [
    unchecked("keys that nobody vouched for", "set_inside<unknown>", NOT_ALL_BYTES, "set_inside<known>"),
    unchecked("values that nobody vouched for", "map_inside<int, unknown>", NOT_ALL_BYTES, "map_inside<int, known>"),
    unchecked("values that nobody checks", "map_inside<int, unknown>", NOT_ALL_BYTES, "map_inside<int, unknown>",
              "", ", still::by_type(), suits"),
    unchecked("slots that nobody vouched for", "table_inside<unknown>", NOT_ALL_BYTES, "table_inside<unknown>",
              "", ", suits"),
    unchecked("values in boxes", "map_inside<int, std::array<unknown, 40>>", NOT_ALL_BYTES,
              "map_inside<int, std::array<known, 40>>"),
    unchecked("slots that are addresses", "table_inside<int*>", NOT_ALL_BYTES, "table_inside<int>"),
    unchecked("strings", "set_inside<std::string>", NOT_ALL_BYTES, "set_inside<std::array<char, 8>>"),
    unchecked("enumerations", "map_inside<int, colour>", NOT_ALL_BYTES, "map_inside<int, std::byte>"),
    unchecked("numbers some of whose bytes mean nothing", "map_inside<int, long double>", NOT_ALL_BYTES,
              "map_inside<int, double>"),
    unchecked("truths side by side", "map_inside<int, std::array<bool, 4>>", NOT_ALL_BYTES, "map_inside<int, bool>"),
    unchecked("what is checked by who takes no bytes", "set_inside<int>", "takes its bytes", "set_inside<int>",
              ", suits_number", ", suits"),
    unchecked("a comparator with state", "set_inside<int, ranked>", "a comparator with state",
              "set_inside<int, std::greater<>>"),
    unchecked("a measure that nobody vouched for",
              "set_inside<int, std::less<>, still::measured<sum<unknown>, still::region_policy>>", "a measure is checked",
              "set_inside<int, std::less<>, still::measured<sum<known>, still::region_policy>>"),
    unchecked("a container that would be copied", "still::set<int>", "only a view is checked", "set_inside<int>"),
    unchecked("a table that would be copied", "still::page_table<int>", "only a view is checked", "table_inside<int>"),
    unchecked("another library's container", "std::vector<int>", ONLY_THESE, "set_inside<int>"),
    unchecked("one check too many", "set_inside<int>", ONLY_THESE, "map_inside<int, int>",
              ", suits, suits, suits", ", suits, suits"),
    Case("in bytes from elsewhere: a vector", "(void)still::check(vector, bytes());", "a vector can't be checked",
         "(void)still::check(vector);"),
    Case("in bytes from elsewhere: a segment", "(void)still::check(segment, bytes());", "a segment's records",
         "(void)still::check(segment);"),
    Case("in bytes from elsewhere: a container that is here", "(void)still::check(set, bytes());",
         "only a view is checked", "(void)still::check(set.view(), bytes());"),
    Case("a report is looked at", "still::check(set);", NODISCARD, "(void)still::check(set).sound();"),
]


class Suite(typing.NamedTuple):
    name: str
    prelude: str
    frame: str
    cases: list


CAPABILITY_PRELUDE = """
#include <functional>
#include <memory>
#include <utility>

#include "still/capability.hpp"
#include "still/map.hpp"

using map = still::map<int, int, std::less<>, still::charged_policy>;
struct stranger {
    int* address;
};
struct known {
    int number;
};
template <>
struct still::grantable<known> : still::shown_by_reference<known> { };
"""
CAPABILITY_FRAME = """
void case_{number}(still::capability<map> c, still::bank b, still::membrane const& border)
{{
    (void)c, (void)b, (void)border;
    {statement}
}}
"""

NOT_GRANTED = NO_FUNCTION + "|constraint"

CAPABILITY_CASES = [
    Case("a lease isn't copied", "auto l = c.open(); auto m = *l; (void)m;", DELETED,
         "auto l = c.open(); auto m = **l; (void)m;"),
    Case("a lease isn't moved", "auto l = c.open(); auto m = std::move(*l); (void)m;", DELETED,
         "auto l = c.open(); auto m = (*l)->size(); (void)m;"),
    Case("a lease isn't made by new", "auto l = c.open(); (void)new still::lease<map>(std::move(*l));", DELETED,
         "auto l = c.open(); (void)new auto(**l);"),
    Case("a lease that is about to end shows nothing", "(void)*c.open().value();", DELETED,
         "auto l = c.open(); (void)**l;"),
    Case("what a lease shows isn't the version", "auto l = c.open(); map own = **l; (void)own;", CONVERSION,
         "auto l = c.open(); auto own = still::adopt(c, b); (void)own;"),
    Case("what a lease shows gives no version", "auto l = c.open(); (void)(*l)->insert_or_assign(1, 2);",
         NO_MEMBER.format("insert_or_assign"), "auto l = c.open(); (void)(*l)->find(1);"),
    Case("a capability isn't made of bytes", "still::capability<map> d(still::slots::name{});", "private",
         "still::capability<map> d;"),
    Case("a capability for one type is none for another", "still::capability<known> d = c; (void)d;", CONVERSION,
         "still::any_capability d = c; (void)d;"),
    Case("a grant isn't copied", "auto g = still::grant(map(b), b); auto h = g; (void)h;", DELETED + "|implicitly",
         "auto g = still::grant(map(b), b); auto h = std::move(g); (void)h;"),
    Case("a grant that is a temporary has no capability", "(void)still::grant(map(b), b).capability();", DELETED,
         "auto g = still::grant(map(b), b); (void)g.capability();"),
    Case("a revoker isn't copied", "auto f = c.forward(b); auto r = f.revoker; (void)r;", DELETED + "|implicitly",
         "auto f = c.forward(b); auto r = std::move(f.revoker); (void)r;"),
    Case("what nobody vouched for isn't granted", "(void)still::grant(stranger(), b);", NOT_GRANTED,
         "(void)still::grant(known(), b);"),
    Case("what is counted on one thread isn't granted",
         "(void)still::grant(still::map<int, int, std::less<>, still::local_policy>(), b);", NOT_GRANTED,
         "(void)still::grant(still::map<int, int>(), b);"),
    Case("what holds shared pointers isn't granted",
         "(void)still::grant(still::map<int, std::shared_ptr<int>>(), b);", NOT_GRANTED,
         "(void)still::grant(still::map<int, std::pair<int, int>>(), b);"),
    Case("what isn't on the list isn't weakened", "(void)still::capability<known>().weaken();", "constraint|no matching",
         "(void)c.weaken();"),
    Case("a brand isn't copied", "still::brand one(\"a\"); auto two = one; (void)two;", DELETED + "|implicitly",
         "still::brand one(\"a\"); auto two = std::move(one); (void)two;"),
    Case("what is sealed doesn't open", "still::brand one(\"a\"); (void)one.seal(c).open();", NO_MEMBER.format("open"),
         "still::brand one(\"a\"); (void)one.unseal(one.seal(c)).open();"),
    Case("a factory takes nothing more", "still::factory<map>().add(c);", NO_MEMBER.format("add"),
         "(void)still::factory<map>().holes();"),
    Case("a shared pointer passes no membrane", "(void)border.outward(std::make_shared<int>());", NO_FUNCTION,
         "(void)border.outward(5);"),
    Case("a version passes no membrane", "(void)border.outward(map(b));", NO_FUNCTION, "(void)border.outward(c);"),
    Case("a function over pointers passes no membrane", "(void)border.outward(std::function<void(int*)>());",
         NO_FUNCTION, "(void)border.outward(std::function<void(int)>());"),
]


class Suite(typing.NamedTuple):
    name: str
    prelude: str
    frame: str
    cases: list


SUITES = [Suite("containers", PRELUDE, FRAME, CASES),
          Suite("mappings", MAPPING_PRELUDE, MAPPING_FRAME, MAPPING_CASES),
          Suite("checks", CHECK_PRELUDE, CHECK_FRAME, CHECK_CASES),
          Suite("capabilities", CAPABILITY_PRELUDE, CAPABILITY_FRAME, CAPABILITY_CASES)]


def precompile(suite, scratch, command):
    """The prelude, compiled once: reading the headers is nearly all that a case costs."""
    header = scratch / "prelude.hpp"
    header.write_text(suite.prelude)
    suffix = ".pch" if "clang" in " ".join(command) else ".gch"
    subprocess.run([*command, "-x", "c++-header", str(header), "-o", str(header) + suffix],
                   stdin=subprocess.DEVNULL, check=True)


def compiled(text, unit, command):
    """Compiles a text behind the prelude. Returns whether that went well, and what the compiler said."""
    unit.write_text(text)
    done = subprocess.run([*command, "-include", str(unit.parent / "prelude.hpp"), "-fsyntax-only",
                           "-Werror=unused-result", str(unit)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stdout


def check_wrong(suite, number, scratch, command):
    case = suite.cases[number]
    text = suite.frame.format(number=number, statement=case.wrong)
    passed, said = compiled(text, scratch / f"wrong_{number}.cpp", command)
    problem = None
    if passed:
        problem = f"it compiles:\n{case.wrong}"
    elif not any(re.search(case.message, line) for line in said.splitlines() if re.search(r"error|note", line)):
        problem = f"no line of what the compiler says has {case.message!r}:\n{said[:2000]}"
    return case.name, problem, None


def check_controls(suite, scratch, command):
    """What is put right compiles: all in one unit, or told apart where they don't."""
    name = f"all put right compile: {suite.name}"
    frames = [suite.frame.format(number=number, statement=case.right) for number, case in enumerate(suite.cases)]
    passed, said = compiled("".join(frames), scratch / "right.cpp", command)
    if passed:
        return name, None, None
    broken = [case.name for case, frame in zip(suite.cases, frames)
              if not compiled(frame, scratch / "right_alone.cpp", command)[0]]
    return name, f"these don't: {', '.join(broken)}\n{said[:3000]}", None


def main(scratch, *command):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = []
        for suite in SUITES:
            place = pathlib.Path(scratch, suite.name)
            place.mkdir(parents=True, exist_ok=True)
            precompile(suite, place, command)
            work.append(pool.submit(check_controls, suite, place, command))
            work += [pool.submit(check_wrong, suite, number, place, command) for number in range(len(suite.cases))]
        return tap.report(done.result() for done in work)


sys.exit(main(*sys.argv[1:]))
