// SPDX-License-Identifier: BSL-1.0

#include <system_error>

#include "heap/compare_tracker.hpp"
#include "heap/private_file_tracker.hpp"
#include "heap/protect_tracker.hpp"
#include "heap/tracker.hpp"
#include "heap/userfault_tracker.hpp"

namespace still::heaps {

std::unique_ptr<tracker> make_tracker(tracker_kind wanted, tracked_place where)
{
    switch (wanted) {
    case tracker_kind::userfault:
        return std::make_unique<userfault_tracker>(where.base);
    case tracker_kind::protect:
        protect_tracker::prove();
        return std::make_unique<protect_tracker>(where);
    case tracker_kind::private_file:
        private_file_tracker::prove();
        return std::make_unique<private_file_tracker>(where);
    case tracker_kind::compare:
    case tracker_kind::automatic:
        break;
    }
    return std::make_unique<compare_tracker>();
}

tracker_choice choose_tracker(tracker_kind wanted, tracked_place where)
{
    if (wanted != tracker_kind::automatic)
        return { make_tracker(wanted, where), {} };
    tracker_choice choice;
    for (auto const kind : tracker_ladder) {
        try {
            choice.chosen = make_tracker(kind, where);
            break;
        } catch (std::system_error const& refusal) {
            if (!choice.passed_over.empty())
                choice.passed_over += "; ";
            choice.passed_over += std::string(name(kind)) + ": " + refusal.what();
        }
    }
    return choice;
}

} // namespace still::heaps
