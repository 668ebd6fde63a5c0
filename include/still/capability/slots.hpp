// SPDX-License-Identifier: BSL-1.0
//
// What the typed faces ask of the table of grants and forwarders, with types left out. The table itself
// is in the compiled library; see Note: capability table.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "still/capability/pins.hpp"
#include "still/capability/slot.hpp"
#include "still/capability/way.hpp"
#include "still/core/bank.hpp"

namespace still::slots {

/// What a capability may have lost of what its grant allows. Zero for what a grant gives first.
struct losses {
    static constexpr std::uint32_t read = 1;
    static constexpr std::uint32_t adopt = 2;
    static constexpr std::uint32_t write = 4;
    /// What is reached through it comes weakened: it writes nothing, at any depth.
    static constexpr std::uint32_t strength = 8;
};

/// The sixteen bytes of a capability. All zeros name nothing, and no slot ever has generation 0.
struct name {
    /// The slot's index; above it, in the highest eight bits, the losses.
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    /// Not to be guessed, and never given to two incarnations, nor to two losses of one.
    std::uint64_t tag = 0;

    static constexpr unsigned index_bits = slot_chunks::index_bits;
    [[nodiscard]] constexpr std::uint32_t index() const noexcept { return slot & ((1U << index_bits) - 1); }
    [[nodiscard]] constexpr std::uint32_t lost() const noexcept { return slot >> index_bits; }
    [[nodiscard]] friend bool operator==(name const&, name const&) noexcept = default;
};
static_assert(sizeof(name) == 16);

/// Whether T can be weakened. True for the library's own types alone; see can_be_weakened.
template <class T>
inline constexpr bool weakens = false;

/// Of the library's own containers: whether a version may go undestroyed when all that a bank paid for goes, since all
/// its nodes are charged there and their elements need no destructor. It then has one handle of the bank's, and no
/// block else.
template <class T>
struct undestroyed {
    static constexpr bool is_known = false;
};

/// Whether capabilities are reached through a T: through lists of them alone.
template <class T>
inline constexpr bool holds_capabilities = false;

/// The address of `kind_of<T>` stands for the type T in a slot. It is visible to other shared objects where T is; see
/// Note: shared objects.
struct kind {
    bool weakens;
    /// What it names may hold capabilities.
    bool holds_capabilities;
};
template <class T>
inline constexpr kind kind_of{ weakens<T>, holds_capabilities<T> };

enum class refusal : std::uint8_t { null, revoked, bank_destroyed, no_right, no_memory };

/// What opening gave: a pin, by which the version stays until this is passed to `close`; or none, and
/// why. Two words, so that it travels in registers; two numbers and no union, which compilers take out of memory again
/// before what was written there in two parts has arrived.
class opened {
public:
    opened(pin by, stored const* version) noexcept
        : held(by)
        , word_(reinterpret_cast<std::uintptr_t>(version))
    {
    }
    [[nodiscard]] static opened refused(refusal why) noexcept
    {
        opened result(nullptr, nullptr);
        result.word_ = static_cast<std::uintptr_t>(why);
        return result;
    }
    /// Precondition: held ≠ null.
    [[nodiscard]] stored const* version() const noexcept { return reinterpret_cast<stored const*>(word_); }
    /// Precondition: held = null.
    [[nodiscard]] refusal why() const noexcept { return static_cast<refusal>(word_); }

    pin held;

private:
    std::uintptr_t word_;
};

/// Whether a grant's version may be replaced by another.
enum class grant_of : std::uint8_t { version, cell };

/// What replacing a cell's version came to.
struct replaced {
    enum class end : std::uint8_t { done, changed, refused } how;
    refusal why = refusal::null; ///< where refused
};

/// Forwarders that may stand one behind the other.
inline constexpr std::uint32_t most_forwarders = 64;

/// What the program's one table holds. Exact while nobody else uses it.
struct table_state {
    std::size_t live = 0; ///< grants and forwarders
    std::size_t retired = 0; ///< slots whose generation would wrap
    std::size_t bytes = 0; ///< in chunks: ≤ slot_bytes · (most live slots ever + retired) + one chunk
};
[[nodiscard]] table_state seen() noexcept;

/// Who made the grant that a name leads to, as `grant` was told; 0 where it doesn't open. O(forwarders on the way).
[[nodiscard]] std::uint64_t maker_of(name const& asked, kind const& type) noexcept;

/// The grant that a name leads to, as a number that no other has; 0 where it doesn't open. O(forwarders on the way).
[[nodiscard]] std::uint64_t grant_of_name(name const& asked, kind const& type) noexcept;

/// Effect: puts a version into a slot of its own, charged to `payer`, and names it.
/// O(1), amortised; may take a chunk of slots from the system. Throws quota_exceeded, bank_destroyed,
/// std::logic_error where there is no bank, std::bad_alloc; then the version is still the caller's.
[[nodiscard]] name grant(
    stored& version, kind const& type, bank const& payer, std::uint64_t maker = 0, grant_of what = grant_of::version);

/// Effect: puts a forwarder in front of `source`, in a slot charged to `payer`, and names it. Where
/// `source` doesn't open, the forwarder is born dead: opening it says `revoked`. What `source` has lost is lost to it.
/// Cost and errors as `grant`; also std::length_error behind most_forwarders others.
[[nodiscard]] name forward(name const& source, kind const& type, bank const& payer);

/// Effect: the name with those rights lost too. A name that isn't live, or of another type, gives null.
/// O(1), allocates nothing.
[[nodiscard]] name attenuate(name const& source, kind const& type, std::uint32_t lost) noexcept;

/// What it has lost, itself or on its way; all, where it isn't live. O(1).
[[nodiscard]] std::uint32_t losses_of(name const& asked, kind const& type) noexcept;

/// Effect: empties the slot, refunds it, and, of a grant, destroys the version as soon as no lease names
/// it. After it returns no open through the slot succeeds. Allocates nothing. A slot that was emptied already, by the
/// destruction of its bank, is left alone.
/// Precondition: `owned` came from `grant` or `forward`.
void revoke(name const& owned) noexcept;

/// What waiting for leases came to.
struct waited {
    enum class end : std::uint8_t { drained, stuck, would_deadlock } how = end::drained;
    std::thread::id holder{}; ///< one whose lease is open, unless drained
};

/// Effect: revokes, then waits until no lease is open that came through the slot, or until the deadline. Where the way
/// of a lease can't be told any more, one on the same version counts. Under a lease of the caller's own it doesn't
/// wait. Allocates nothing. Precondition as `revoke`; it may have been revoked before.
[[nodiscard]] waited revoke_and_wait(name const& owned, std::chrono::steady_clock::time_point deadline) noexcept;

/// What readers need of the program's one table to open a grant without calling the library. Null while nothing was
/// granted, and where readers have to execute fences.
extern constinit std::atomic<slot_chunks const*> chunks_without_fences;

/// Effect: as `open`, whatever is asked for.
[[nodiscard]] opened open_any(name const& asked, kind const& type) noexcept;

/// Effect: destroys a version, whose pin the caller has just cleared, if that is what it waited for.
void look_after(stored const* version) noexcept;

/// Effect: ends a lease. Precondition: the thread that opened it calls, once.
inline void close(opened const& lease) noexcept
{
    auto const* const chunks = chunks_without_fences.load(std::memory_order_relaxed);
    pins::clear(lease.held, chunks != nullptr ? ordering::by_revoker : ordering::by_both);
    if (pins::place_of(lease.version()).may_have(lease.version()))
        look_after(lease.version());
}

/// Effect: as `open`, where nothing is in the way: no lost rights, nor forwarders that this thread didn't come through
/// lately. A null `held`, without a reason: something is.
[[nodiscard]] inline opened open_at_once(name const& asked, kind const& type) noexcept
{
    auto const otherwise = opened::refused(refusal::null);
    auto const* const chunks = chunks_without_fences.load(std::memory_order_acquire);
    if (chunks == nullptr || asked.lost() != 0)
        return otherwise;
    auto* const place = chunks->find(asked.slot);
    // A tag belongs to one incarnation, and is the first thing that goes when that is taken back.
    if (place == nullptr || place->tag.load(std::memory_order_acquire) != asked.tag || asked.tag == 0
        || place->generation.load(std::memory_order_acquire) != asked.generation
        || place->type.load(std::memory_order_acquire) != &type)
        return otherwise;
    auto* grant = place;
    std::uint64_t epoch = 0;
    if (place->depth.load(std::memory_order_acquire) != 0) {
        auto const& known = pins_of_thread.way_from(place);
        if (known.from != place || known.generation != asked.generation
            || known.epoch != chunks->epoch.load(std::memory_order_acquire)
            || (place->lost.load(std::memory_order_acquire) & losses::read) != 0)
            return otherwise;
        grant = known.grant;
        epoch = known.epoch;
    }
    auto const* const version = grant->version.load(std::memory_order_acquire);
    auto const held = version != nullptr ? pins::take_at_hand() : nullptr;
    if (held == nullptr)
        return otherwise;
    pins::set(held, version, packed(asked.slot, asked.generation), ordering::by_revoker);
    opened const made(held, version);
    if (place->tag.load(std::memory_order_seq_cst) == asked.tag
        && (epoch == 0 || chunks->epoch.load(std::memory_order_seq_cst) == epoch)
        && grant->version.load(std::memory_order_seq_cst) == version)
        return made;
    close(made);
    return otherwise;
}

/// Effect: opens what `asked` names, if it is of that type and nothing on the way was revoked.
/// O(1), or O(forwarders on the way) where the thread doesn't remember to have come this way since anything was taken
/// back. No read-modify-write on memory that threads share. Allocates at most once for sixteen leases that a thread
/// holds at a time.
[[nodiscard]] inline opened open(name const& asked, kind const& type) noexcept
{
    auto const made = open_at_once(asked, type);
    return made.held != nullptr ? made : open_any(asked, type);
}

/// Effect: puts `next` in the place of a cell's version, which is destroyed as soon as no lease names it. With
/// `expected`, which the caller holds a lease on, only where that is the cell's version now; else it has `changed`.
/// Refused without the right to write, which no other grant gives. Unless done, `next` is still the caller's.
/// O(forwarders on the way), amortised. Allocates nothing but what a lease takes.
[[nodiscard]] replaced replace(name const& cell, kind const& type, stored& next, stored const* expected) noexcept;

/// A lease for the library's own use, to the end of its scope.
class scoped {
public:
    explicit scoped(opened const& lease) noexcept
        : lease_(lease)
    {
    }
    scoped(scoped const&) = delete;
    scoped& operator=(scoped const&) = delete;
    ~scoped()
    {
        if (lease_.held != nullptr)
            close(lease_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return lease_.held != nullptr; }
    /// True in a child of `fork`, where it keeps nothing. Precondition: it opened.
    [[nodiscard]] bool inherited() const noexcept { return pin_record::of(lease_.held)->left_behind(); }
    /// Precondition: it opened.
    [[nodiscard]] stored const& version() const noexcept { return *lease_.version(); }
    /// Precondition: it didn't.
    [[nodiscard]] refusal why() const noexcept { return lease_.why(); }

private:
    opened const lease_;
};

} // namespace still::slots

namespace still {

/// Effect: destroys versions whose grant is gone and that no lease names any more. Every grant, every
/// end of a grant, and the end of each lease that outlived its grant does the same in passing; call it
/// to be sure of the bytes now. O(retired versions · threads that ever held leases); what it frees is
/// freed as the versions' destructors do. Allocates nothing.
/// Returns how many versions are retired and still named by a lease. What another thread is reclaiming at
/// that time is left to it, and not counted.
/// Thread contract: any thread, under a lease too.
std::size_t reclaim() noexcept;

} // namespace still
