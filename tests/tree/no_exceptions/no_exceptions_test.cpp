// SPDX-License-Identifier: BSL-1.0
//
// Containers in a program without exceptions and without run-time types. What would be thrown goes to the
// program's own boost::throw_exception, which doesn't return. Plain cases, since GoogleTest wants exceptions;
// they are reported in the Test Anything Protocol.

#include <boost/assert/source_location.hpp>
#include <boost/throw_exception.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "still/bank.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/reclaimer.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

#ifdef __cpp_exceptions
#error "built with -fno-exceptions, or it tests nothing"
#endif
#ifdef __GXX_RTTI
#error "built with -fno-rtti, or it tests nothing"
#endif

namespace {

/// What the handler must be told, in the process that expects to end there.
char const* expected = nullptr;

constexpr int reached = 42;
constexpr int reached_otherwise = 43;

[[noreturn]] void handle(std::exception const& error)
{
    auto const is_expected = expected != nullptr && std::strstr(error.what(), expected) != nullptr;
    if (!is_expected)
        std::fprintf(stderr, "the handler was told: %s\n", error.what());
    std::_Exit(is_expected ? reached : reached_otherwise);
}

} // namespace

namespace boost {

void throw_exception(std::exception const& error)
{
    handle(error);
}
void throw_exception(std::exception const& error, source_location const&)
{
    handle(error);
}

} // namespace boost

namespace {

/// True when `act`, in a process of its own, ends in the handler, which is told of `what`.
template <class Act>
bool is_refused(char const* what, Act act)
{
    auto const child = fork();
    if (child == 0) {
        expected = what;
        act();
        std::_Exit(0);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == reached;
}

template <class Set>
Set make_set(int count, Set made = Set())
{
    for (int number = 0; number < count; ++number)
        made = std::move(made).insert(number * 7'919 % count);
    return made;
}

bool sets_work()
{
    auto const before = make_set<still::set<int>>(10'000);
    auto const after = before.erase(17).insert(20'000);
    auto const parts = after.split(5'000);
    int changes = 0;
    diff(before, after, [&](auto const&) { ++changes; });
    return validate(before) && validate(after) && changes == 2 && set_union(before, after).size() == 10'001
        && set_intersection(before, after).size() == 9'999 && set_difference(before, after).size() == 1
        && (before ^ after).size() == 2 && join(parts.below, parts.above).size() == 9'999 && parts.found
        && before.rank(18) == 18 && *before.nth(18) == 18 && before != after;
}

bool reclaimers_and_hashes_work()
{
    auto made = make_set<still::set<int>>(10'000);
    auto const kept = made.insert(20'000);
    auto const equal = std::hash<still::set<int>>()(made) == std::hash<still::set<int>>()(kept.erase(20'000));
    still::reclaimer bin;
    bin.take(std::move(made));
    while (bin.step(3)) { }
    return equal && made.empty() && validate(kept) && kept.size() == 10'001;
}

bool maps_work()
{
    using map = still::map<std::string, std::vector<int>, std::less<>, still::local_policy>;
    map made;
    for (int number = 0; number < 1'000; ++number)
        made = std::move(made).insert(std::to_string(number), std::vector<int>(3, number));
    auto const changed = made.insert_or_assign("17", std::vector<int>{ 1 });
    int changes = 0;
    for (auto const& change : diff(made, changed)) {
        if (change.kind != still::change_kind::changed || change.after->second.size() != 1)
            return false;
        ++changes;
    }
    auto const sum = [](auto const&, auto one, auto const& other) {
        one.insert(one.end(), other.begin(), other.end());
        return one;
    };
    return validate(changed) && changes == 1 && made.at("17").size() == 3
        && set_union(made, changed, sum).at("17").size() == 4;
}

/// Moves that may throw: leaves are built anew, never edited.
bool costly_elements_work()
{
    struct costly {
        costly(int of)
            : number(of)
        {
        }
        costly(costly const& other)
            : number(other.number)
        {
        }
        bool operator<(costly const& other) const { return number < other.number; }
        int number;
    };
    auto made = still::set<costly>();
    for (int number = 0; number < 500; ++number)
        made = std::move(made).insert(costly(number * 7 % 500));
    return validate(made) && made.size() == 500 && made.erase(costly(3)).size() == 499;
}

bool charged_containers_work()
{
    using charged = still::set<int, std::less<>, still::charged_policy>;
    still::bank const bank(1 << 20);
    {
        auto const made = make_set<charged>(1'000, charged(bank));
        if (!validate(made) || bank.usage() == 0)
            return false;
    }
    return bank.usage() == 0;
}

bool views_work()
{
    still::set<int> const numbers{ 3, 1, 2 };
    still::set_view<int> const seen = numbers;
    int sum = 0;
    for (int const number : seen)
        sum = 10 * sum + number;
    return sum == 123 && seen.contains(2) && !seen.contains(4);
}

bool vectors_work()
{
    still::vector<std::string> before;
    for (int number = 0; number < 1'000; ++number)
        before = std::move(before).push_back(std::to_string(number));
    auto const after = before.assign(17, "seventeen").append_range(std::vector<std::string>{ "more" }).take(1'001);
    int changes = 0;
    diff(before, after, [&](auto const&) { ++changes; });
    still::reclaimer bin;
    bin.take(std::move(before));
    while (bin.step(3)) { }
    return validate(after) && changes == 2 && after.size() == 1'001 && after[17] == "seventeen"
        && after.back() == "more";
}

bool a_missing_key_reaches_the_handler()
{
    return is_refused("no element has this key", [] { (void)still::map<int, int>{ { 1, 2 } }.at(2); });
}
bool an_index_past_the_end_reaches_the_handler()
{
    return is_refused("past the end of a vector", [] { (void)still::vector<int>{ 1, 2 }.at(2); });
}
bool unsorted_elements_reach_the_handler()
{
    return is_refused("strictly ascending", [] { (void)still::set<int>::from_sorted(std::vector{ 1, 3, 2 }); });
}
bool a_wrong_join_reaches_the_handler()
{
    return is_refused("every key of its low operand", [] { (void)join(still::set<int>{ 5 }, still::set<int>{ 4 }); });
}
bool a_full_bank_reaches_the_handler()
{
    return is_refused("the bank's limit leaves no room", [] {
        using charged = still::set<int, std::less<>, still::charged_policy>;
        (void)make_set<charged>(100'000, charged(still::bank(50'000)));
    });
}

struct named_case {
    char const* name;
    bool (*holds)();
};
constexpr named_case cases[] = {
    { "sets work", sets_work },
    { "maps work", maps_work },
    { "reclaimers and hashes work", reclaimers_and_hashes_work },
    { "costly elements work", costly_elements_work },
    { "charged containers work", charged_containers_work },
    { "views work", views_work },
    { "vectors work", vectors_work },
    { "a missing key reaches the handler", a_missing_key_reaches_the_handler },
    { "an index past the end reaches the handler", an_index_past_the_end_reaches_the_handler },
    { "unsorted elements reach the handler", unsorted_elements_reach_the_handler },
    { "a wrong join reaches the handler", a_wrong_join_reaches_the_handler },
    { "a full bank reaches the handler", a_full_bank_reaches_the_handler },
};

} // namespace

int main()
{
    int number = 0;
    bool all = true;
    std::printf("1..%zu\n", std::size(cases));
    for (auto const& [name, holds] : cases) {
        std::fflush(stdout);
        auto const right = holds();
        all = all && right;
        std::printf("%s %d - %s\n", right ? "ok" : "not ok", ++number, name);
    }
    return all ? 0 : 1;
}
