// SPDX-License-Identifier: BSL-1.0

#include <system_error>

#include "heap/compare_tracker.hpp"
#include "heap/tracker.hpp"
#include "heap/userfault_tracker.hpp"

namespace still::heaps {

namespace {

std::unique_ptr<tracker> make(tracker_kind kind, std::byte* base)
{
    if (kind == tracker_kind::userfault)
        return std::make_unique<userfault_tracker>(base);
    return std::make_unique<compare_tracker>();
}

} // namespace

tracker_choice choose_tracker(tracker_kind wanted, std::byte* base)
{
    if (wanted != tracker_kind::automatic)
        return { make(wanted, base), {} };
    // From the best downwards; the last works everywhere.
    constexpr tracker_kind ladder[] = { tracker_kind::userfault, tracker_kind::compare };
    tracker_choice choice;
    for (auto const kind : ladder) {
        try {
            choice.chosen = make(kind, base);
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
