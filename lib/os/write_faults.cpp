// SPDX-License-Identifier: BSL-1.0

#include "os/write_faults.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>

#include <ucontext.h>

#include "os/failure.hpp"
#include "os/forks.hpp"

namespace still::os {

/// One entry of the table that the handler reads: no lock protects it there, so it has a turn, which is
/// odd while the entry changes and different afterwards.
struct watched_range::place {
    std::atomic<std::uint32_t> turn{ 0 };
    std::atomic<std::uintptr_t> start{ 0 };
    std::atomic<std::uintptr_t> end{ 0 };
    std::atomic<write_fault_resolver*> resolver{ nullptr };

    void set(std::uintptr_t from, std::uintptr_t to, write_fault_resolver* who) noexcept
    {
        turn.fetch_add(1);
        start.store(from);
        end.store(to);
        resolver.store(who);
        turn.fetch_add(1);
    }
    /// Null for an address elsewhere, and for an entry that is changing: then its range isn't in use yet,
    /// or not any longer.
    [[nodiscard]] write_fault_resolver* find(std::uintptr_t address) const noexcept
    {
        auto const before = turn.load();
        auto const from = start.load();
        auto const to = end.load();
        auto* const who = resolver.load();
        if (before % 2 != 0 || turn.load() != before || address < from || address >= to)
            return nullptr;
        return who;
    }
};

/// The table: entries are reused, and never freed, since a handler may be reading them at any time.
class watched_places {
public:
    [[nodiscard]] watched_range::place& take()
    {
        for (auto* here = &first_;; here = here->next.load()) {
            for (auto& one : here->places)
                if (one.resolver.load() == nullptr)
                    return one;
            if (here->next.load() == nullptr)
                here->next.store(std::make_unique<block>().release());
        }
    }
    [[nodiscard]] write_fault_resolver* find(std::uintptr_t address) const noexcept
    {
        for (auto const* here = &first_; here != nullptr; here = here->next.load())
            for (auto const& one : here->places)
                if (auto* const who = one.find(address))
                    return who;
        return nullptr;
    }

private:
    struct block {
        std::array<watched_range::place, 16> places{};
        std::atomic<block*> next{ nullptr };
    };
    block first_;
};

namespace {

constinit watched_places places;
constinit std::mutex places_mutex;
struct sigaction previous_action{};
constinit bool installed = false;

/// In a child of fork the table is whole, so that its faults are resolved as its parent's were.
constinit struct : fork_part {
    void hold() noexcept override { places_mutex.lock(); }
    void let_go() noexcept override { places_mutex.unlock(); }
} table_in_forks;
[[gnu::init_priority(fork_registration::priority)]] fork_registration const whole_in_children(
    fork_registration::at_load{}, table_in_forks);

/// False for faults that are certainly not writes: resolving one of those would repeat it for ever.
bool may_be_write([[maybe_unused]] void const* context) noexcept
{
#if defined(__x86_64__)
    constexpr greg_t write_bit = 2;
    return (static_cast<ucontext_t const*>(context)->uc_mcontext.gregs[REG_ERR] & write_bit) != 0;
#else
    return true;
#endif
}

/// Effect: what would have happened without us.
void pass_on(int number, siginfo_t* info, void* context) noexcept
{
    if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
        previous_action.sa_sigaction(number, info, context);
        return;
    }
    auto const sent = info->si_code <= 0; // by a program, not by a fault
    if (previous_action.sa_handler == SIG_IGN && sent)
        return;
    if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(number);
        return;
    }
    struct sigaction ending{};
    ending.sa_handler = SIG_DFL;
    ::sigaction(number, &ending, nullptr);
    // The instruction that faulted runs once more and ends the program; a signal that was sent doesn't.
    if (sent)
        ::raise(number);
}

void handle(int number, siginfo_t* info, void* context) noexcept
{
    auto const error = errno;
    auto resolved = false;
    if (info->si_code == SEGV_ACCERR && may_be_write(context))
        if (auto* const who = places.find(reinterpret_cast<std::uintptr_t>(info->si_addr)))
            resolved = who->resolve(info->si_addr);
    errno = error;
    if (!resolved)
        pass_on(number, info, context);
}

/// Precondition: the mutex is held.
void install()
{
    struct sigaction present{};
    if (::sigaction(SIGSEGV, nullptr, &present) != 0)
        throw_failure("sigaction");
    auto const is_ours = (present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == handle;
    if (is_ours)
        return;
    if (installed)
        boost::throw_exception(std::system_error(std::make_error_code(std::errc::device_or_resource_busy),
            "still: SIGSEGV has another handler since (install it before the first heap that needs write faults)"));
    previous_action = present;
    struct sigaction ours{};
    ours.sa_sigaction = handle;
    ours.sa_mask = present.sa_mask;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    if (::sigaction(SIGSEGV, &ours, nullptr) != 0)
        throw_failure("sigaction");
    installed = true;
}

} // namespace

watched_range::watched_range(void* start, std::size_t bytes, write_fault_resolver& resolver)
{
    std::scoped_lock const lock(places_mutex);
    install();
    place_ = &places.take();
    auto const from = reinterpret_cast<std::uintptr_t>(start);
    place_->set(from, from + bytes, &resolver);
}

watched_range::~watched_range()
{
    std::scoped_lock const lock(places_mutex);
    place_->set(0, 0, nullptr);
}

} // namespace still::os
