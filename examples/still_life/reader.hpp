// SPDX-License-Identifier: BSL-1.0
//
// The reader: another party, on a thread of its own. All it ever gets are capabilities; all it gives
// back are numbers.

#pragma once

#include <boost/system/error_code.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "still/capability.hpp"
#include "still_life/numbers.hpp"
#include "still_life/word_counts.hpp"

namespace still_life {

/// One version, as it is handed over.
struct handed_version {
    std::size_t number = 0;
    still::capability<still::snapshot> snapshot;
    still::capability<word_counts> counts;
    /// The same snapshot mapped into memory; null for most versions.
    still::capability<still::mapping> mapped;
};

/// What the reader says about one version.
struct finding {
    std::size_t number = 0;
    /// Why it couldn't read the version, or no error.
    boost::system::error_code refused;
    version_numbers seen;
    std::uint64_t pages_read = 0;
    /// For versions handed over mapped: what the reader finds in the index there, and the numbers of the
    /// version when nothing known from earlier ones is used.
    std::optional<word_numbers> in_index;
    std::optional<version_numbers> whole;
};

/// Reads the first version whole, and of each other what changed since the one before, under leases on
/// both; versions that are mapped it reads whole as well.
/// Thread contract: used by one thread.
class reader {
public:
    reader();
    reader(reader const&) = delete;
    reader& operator=(reader const&) = delete;
    /// Waits for the thread, which leaves unread what it hasn't come to.
    ~reader();

    /// Effect: hands a version over. Doesn't wait.
    void give(handed_version const& given);

    /// Waits until everything handed over has been read, and returns what was found so far, in order.
    /// Throws what the reader's thread threw.
    [[nodiscard]] std::vector<finding> wait();

private:
    void work();
    [[nodiscard]] finding read(handed_version const& given);

    // Shared by both threads.
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<handed_version> inbox_;
    std::vector<finding> findings_;
    std::size_t given_ = 0;
    std::exception_ptr failure_;
    bool ending_ = false;

    // The reader's own.
    handed_version previous_;
    word_numbers words_;
    page_numbers pages_;

    std::thread thread_;
};

} // namespace still_life
