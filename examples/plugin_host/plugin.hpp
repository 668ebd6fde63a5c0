// SPDX-License-Identifier: BSL-1.0
//
// What the host and its plugins know of each other. A plugin is a shared object with one function of C,
// `make_plugin`. It has no copy of the library: it uses the host's, which exports its symbols.

#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "still/capability.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"

namespace plugin_host {

/// With its key, 256 bytes.
using row = std::array<std::uint64_t, 31>;
inline constexpr std::size_t row_bytes = sizeof(std::uint64_t) + sizeof(row);
using row_index = still::map<std::uint64_t, row, std::less<>, still::charged_policy>;

/// A sum over all rows of a version, or of a view of one.
template <class Rows>
[[nodiscard]] std::uint64_t sum_of(Rows const& rows)
{
    std::uint64_t sum = 0;
    for (auto const& [key, values] : rows)
        sum += (key + 1) * values.front() + values.back();
    return sum;
}

/// Where in a snapshot the host's numbers lie. In each snapshot they are all equal.
struct numbers_place {
    std::uint64_t offset;
    std::uint64_t count;
};

/// What a plugin gets.
struct offer {
    still::bank payer; ///< its own, below the host's
    still::capability<row_index> rows; ///< the newest version; weak
    still::capability<still::snapshot> image; ///< the newest one of the host's heap; weak
    numbers_place numbers;
    still::sealed<row_index> envelope; ///< under the seal of the host's brand, "house": to be passed on
    still::bank till; ///< a bank of the host's that pays for nothing more
    std::function<std::string(still::bank const& payer)> buy; ///< the host sells to those that pay from its banks
};

/// How far host and plugin have come, in this order. Each side reaches some, and waits for the others.
enum class stage : std::uint8_t {
    begun,
    at_work, ///< the plugin has opened what it was offered
    written, ///< the host has stored newer versions
    done, ///< the plugin has what it wanted
    revoked, ///< the host has taken back what it lent
    tried, ///< the plugin has tried to go on
    over, ///< the plugin's thread is to end
};

/// Thread contract: every member from any thread.
class meeting {
public:
    /// Effect: all up to `now` is reached.
    void reach(stage now)
    {
        {
            std::lock_guard const lock(guard_);
            if (now > reached_)
                reached_ = now;
        }
        changed_.notify_all();
    }
    void wait_for(stage awaited)
    {
        std::unique_lock lock(guard_);
        changed_.wait(lock, [&] { return reached_ >= awaited; });
    }
    [[nodiscard]] bool has_reached(stage asked)
    {
        std::lock_guard const lock(guard_);
        return reached_ >= asked;
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    stage reached_ = stage::begun;
};

class plugin {
public:
    plugin() = default;
    plugin(plugin const&) = delete;
    plugin& operator=(plugin const&) = delete;
    virtual ~plugin() = default;

    /// Effect: what the plugin is there for. The host calls it once, on a thread of its own.
    virtual void work(offer const& given, meeting& with) = 0;

    /// What it has to tell, line by line. Called after its thread has ended, as often as the host likes.
    [[nodiscard]] virtual std::vector<std::string> tell() const = 0;
};

/// The type of `make_plugin`, as which each shared object exports one: it puts the plugin where it is told to.
using make_plugin_function = void(std::unique_ptr<plugin>& made);

/// The name of a capability's error.
[[nodiscard]] inline std::string name_of(boost::system::error_code const& error)
{
    if (error == still::capability_error::null)
        return "null";
    if (error == still::capability_error::revoked)
        return "revoked";
    if (error == still::capability_error::bank_destroyed)
        return "bank_destroyed";
    return error == still::capability_error::no_right ? "no_right" : error.message();
}

/// What opening a capability comes to: "opens", or the name of an error.
template <class T>
[[nodiscard]] std::string opening(still::capability<T> const& offered)
{
    auto const lease = offered.open();
    return lease ? "opens" : name_of(lease.error());
}

} // namespace plugin_host
