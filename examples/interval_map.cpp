// SPDX-License-Identifier: BSL-1.0
//
// An interval map: bookings by their times, and every booking that covers a moment, without looking at the
// others. A measure does it: each subtree knows the latest end below it.

#include <algorithm>
#include <compare>
#include <iostream>
#include <limits>
#include <string>

#include "still/map.hpp"

namespace {

/// Minutes of a day: from `start` to before `end`.
struct booking {
    int start;
    int end;
    friend auto operator<=>(booking const&, booking const&) = default;
};

struct latest_end {
    using value_type = int;
    static int identity() noexcept { return std::numeric_limits<int>::min(); }
    static int of(booking const& when, std::string const&) noexcept { return when.end; }
    static int combine(int one, int other) noexcept { return std::max(one, other); }
};

using calendar = still::map<booking, std::string, std::less<>, still::measured<latest_end, still::default_policy>>;

/// Effect: calls `visitor` with each booking that covers a minute, by start. O((found + 1) · log n): each
/// search skips subtrees that end too early, and past the minute nothing starts early enough.
template <class Visitor>
void visit_covering(calendar const& bookings, int minute, Visitor visitor)
{
    auto const still_running = [minute](int end) { return end > minute; };
    for (auto at = bookings.search(still_running); at != bookings.end() && at->first.start <= minute;) {
        visitor(at->first, at->second);
        auto const next = static_cast<std::size_t>(at - bookings.begin()) + 1;
        at = bookings.search(next, still_running);
    }
}

void print_covering(calendar const& bookings, int minute)
{
    visit_covering(bookings, minute,
        [](booking const& when, std::string const& what) { std::cout << when.start << ' ' << what << '\n'; });
}

} // namespace

int main()
{
    calendar const monday{
        { { 9 * 60, 17 * 60 }, "office" },
        { { 10 * 60, 11 * 60 }, "review" },
        { { 10 * 60 + 30, 12 * 60 }, "visitor" },
        { { 13 * 60, 14 * 60 }, "lunch" },
    };
    print_covering(monday, 10 * 60 + 45); // prints: 540 office 600 review 630 visitor
    std::cout << "--\n"; // prints: --

    // Another version; Monday's is as it was, and both keep their own measure.
    auto const tuesday = monday.erase(booking{ 9 * 60, 17 * 60 }).insert(booking{ 11 * 60, 15 * 60 }, "travel");
    print_covering(tuesday, 13 * 60 + 30); // prints: 660 travel 780 lunch
    std::cout << monday.aggregate() << ' ' << tuesday.aggregate() << '\n'; // prints: 1020 900
}
