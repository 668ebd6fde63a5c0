// SPDX-License-Identifier: BSL-1.0
//
// Memory for ordinary C++ data, that can be snapshotted, compared, rolled back and read as it was,
// while writers go on. Without fork.
//
//   still::heap heap{{.capacity = 8_GiB}};                        // reserves address space, not memory
//   auto& index = heap.construct<Index>("index", heap.allocator<Index::value_type>());
//   { auto guard = heap.mutate(); index.emplace(...); }           // writers
//   still::snapshot before = heap.snapshot();                     // a consistent cut
//   for (still::page_run run : still::diff(before, after)) ...    // what changed
//   heap.restore(before);                                         // data and allocator
//   still::mapping then = before.map();                           // read-only
//   Index const* old = then.find<Index>("index");

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/core/report.hpp"
#include "still/heap/allocator.hpp"
#include "still/heap/loan.hpp"
#include "still/heap/mapping.hpp"
#include "still/heap/mutation.hpp"
#include "still/heap/name_group.hpp"
#include "still/heap/options.hpp"
#include "still/heap/reading.hpp"
#include "still/heap/region_heap.hpp"
#include "still/heap/relocatable.hpp"
#include "still/heap/snapshot.hpp"
#include "still/heap/statistics.hpp"
#include "still/heap/type_key.hpp"
#include "still/heap/unfinished.hpp"

namespace still {

namespace heaps {
struct heap_access;
} // namespace heaps

/// As long as a copy of it is kept, its function is called after each rollback. See heap::on_restore.
using restore_hook = std::shared_ptr<std::function<void()> const>;

/// Lives at one address from beginning to end, so that raw pointers inside it stay valid, also after a
/// rollback. Moving a heap object moves the handle, not the data; one that was moved from can be assigned
/// to and destroyed, nothing else.
///
/// Writers hold a guard (`mutate`) while they change data; a cut waits for the guards in progress and
/// for nothing else. Without guards the caller promises that nobody writes while a cut is taken.
///
/// A rollback puts back bytes, and calls no constructor or destructor. An object built since the cut is gone, its name
/// and memory free, its destructor not called; one destroyed since is there again, at its address and as it was. So
/// what lies in a heap should own nothing outside of it, or get it anew in a hook (`on_restore`). And whoever owns
/// memory of the heap from outside (a local container with its allocator) must let go of it before a rollback to a
/// time when it had none: its destructor would free what is free.
///
/// Pinned memory (a registered buffer of io_uring, RDMA, direct I/O that outlives a guard) may be
/// written without any tracker noticing: such writes are outside the contract.
///
/// A child of `fork` sees its own copy of the data and may go on using it, and read the snapshots that it has; it
/// can't take or restore any, and says so, but it can `become` one. A child made by a raw `clone`, without the C
/// library's handlers, may do neither once its parent takes the next cut. Other threads may do with a heap what they
/// like when one forks: guards of theirs are gone in the child, what they wrote under them is as far as they had come.
/// Who uses heaps under locks of its own, and takes these in a handler of pthread_atfork, registers that after the
/// library is loaded. A heap that has lent memory may be torn in the child, if at that moment a thread was at its
/// allocator but through a borrower with such handlers: then what needs the allocator throws std::logic_error there.
/// See Note: resting; Note: forks.
///
/// Thread contract: `mutate`, `construct`, `find`, `destroy`, allocation, `snapshot`, `restore` and
/// `statistics` from any thread; construction, destruction and moving by the standard library's rule.
class heap {
public:
    /// Effect: reserves the capacity at a fixed address and commits the first pages.
    /// Throws std::bad_alloc (no address space, or capacity below 64 KiB), std::system_error (a call
    /// that the system refuses; a tracker that is forced and doesn't work).
    explicit heap(heap_options options = {});
    heap(heap&&) noexcept;
    heap& operator=(heap&&) noexcept;
    /// Snapshots and mappings stay valid. Objects inside are not destroyed, their memory goes; where it lent
    /// memory, with the last loan, and where objects outside own versions of its containers with region_policy, with
    /// the last of those. Empty containers outside keep nothing: afterwards they may be read, moved from, assigned `{}`
    /// and destroyed, and nothing else.
    /// Objects inside that own versions of another heap's containers are to be destroyed before: else these count as
    /// owned for ever, and the other heap can't be cut or rolled back again.
    ~heap();

    // Writing.

    /// Returns a guard: no cut is taken before it goes. Waits while one is in progress. Nested guards
    /// count and don't wait. 3 to 10 ns, on any number of cores. Allocates once a thread and heap.
    [[nodiscard]] mutation mutate() { return mutation(*gate_, core_.get()); }

    /// Effect: builds a T inside the heap, known by a name of 1 to 1 024 bytes without zeros. Takes a guard.
    /// Returns the object, which stays where it is until `destroy`, or a rollback to before now.
    /// Throws std::invalid_argument when the name is in use, std::bad_alloc when the capacity is used up,
    /// and what T's constructor throws; nothing changed then.
    template <class T, class... Arguments>
    T& construct(std::string_view name, Arguments&&... arguments)
    {
        auto const guard = mutate();
        require_unused(name);
        heaps::unfinished_block place{ start(), heaps::allocate(start(), sizeof(T), alignof(T)) };
        heaps::unfinished_value<T> object{ ::new (place.block) T(std::forward<Arguments>(arguments)...) };
        insert_name(name, heaps::type_key<T>(), object.value);
        place.block = nullptr;
        return *std::exchange(object.value, nullptr);
    }

    /// The object known by a name, or null. O(log names).
    /// Throws std::invalid_argument when it was constructed as another type, or the name isn't one (of 1 to 1 024 bytes
    /// without zeros), std::logic_error when this is a branch, the object came with its version, and T isn't
    /// relocatable.
    template <class T>
    [[nodiscard]] T* find(std::string_view name)
    {
        return static_cast<T*>(find_object(name, heaps::type_key<T>(), relocatable_v<T>));
    }
    template <class T>
    [[nodiscard]] T const* find(std::string_view name) const
    {
        return static_cast<T const*>(find_object(name, heaps::type_key<T>(), relocatable_v<T>));
    }

    /// Effect: destroys the object known by a name and forgets the name. Takes a guard. Returns false,
    /// and changes nothing, when there is none; of threads that destroy one name, one gets it. Throws as
    /// `find`.
    template <class T>
    bool destroy(std::string_view name)
    {
        auto const guard = mutate();
        auto* const object = static_cast<T*>(take_object(name, heaps::type_key<T>(), relocatable_v<T>));
        if (object == nullptr)
            return false;
        object->~T();
        heaps::deallocate(start(), object);
        return true;
    }

    /// Effect: calls work(group) with a name_group, under a guard. What the group constructs and destroys comes and
    /// goes in one step when `work` is done: other threads find all of it or nothing, and so does every snapshot,
    /// mapping and branch. No lock is held meanwhile. If anything throws, what was built is destroyed, the last first,
    /// and nothing else happened. Returns what `work` returns.
    /// Throws what `work` does, std::bad_alloc, and std::invalid_argument when another thread has taken a name
    /// meanwhile that the group gives, or destroyed what the group destroys.
    template <class Work>
    std::invoke_result_t<Work, name_group&> atomically(Work&& work)
    {
        auto const guard = mutate();
        name_group group(*core_, start());
        if constexpr (std::is_void_v<std::invoke_result_t<Work, name_group&>>) {
            std::invoke(std::forward<Work>(work), group);
            group.publish();
        } else {
            std::invoke_result_t<Work, name_group&> result = std::invoke(std::forward<Work>(work), group);
            group.publish();
            return result;
        }
    }

    /// For containers inside the heap whose pointers may be fancy (Boost.Container): offset-linked, so
    /// that snapshots of them can be read in mappings.
    template <class T = std::byte>
    [[nodiscard]] heap_allocator<T> allocator() noexcept
    {
        return heap_allocator<T>(start());
    }

    /// For containers inside the heap that want raw pointers. They are valid in the live heap, also
    /// after a rollback, but not in mappings. The resource lives as long as the heap.
    [[nodiscard]] std::pmr::memory_resource* memory_resource() noexcept;

    /// Returns a way to the heap's memory for an allocator that keeps its records elsewhere, an arena of jemalloc's
    /// say. From then on, for good, `restore` of this heap throws std::logic_error that tells so: those records
    /// wouldn't follow. Snapshots, mappings and branches are as ever; a branch has the bytes, and may be restored,
    /// but nobody there knows how to free what the borrower gave out. Takes a guard. `to` names the borrower in
    /// errors. A child that a thread forks while others are in the middle of a change of this heap has the data as they
    /// are, and std::logic_error from whatever asks for memory (see Note: forks).
    /// Throws std::invalid_argument when `to` is empty, std::bad_alloc; nothing changed then.
    [[nodiscard]] loan lend(std::string to);

    /// Returns a guard for reading the live heap while other threads may roll it back: no `restore` happens
    /// before it goes. Waits while one is in progress. Nests, also with `mutate`; costs as much.
    [[nodiscard]] reading read() const { return { *readers_, *gate_ }; }

    // Versions.

    /// Returns the heap as it is at one instant, between guards. Copies the pages written since the last
    /// cut while writers go on, then keeps them out for as long as the guards in progress last and it takes
    /// to find and copy the pages written meanwhile. Pages equal to their last frames aren't stored again,
    /// zero pages not at all; when nothing changed, the last cut's root is returned. O(pages written), and
    /// scans of what is in use; and where pages stayed unwritten for as many cuts as heap_options::rest_after says, up
    /// to 10 ms in which they come to rest. See Note: pre-copy; Note: resting.
    /// Throws quota_exceeded (the bank), std::bad_alloc, std::system_error (the system; or
    /// resource_deadlock_would_occur when this thread holds a guard of the heap; one for reading is no hindrance),
    /// std::logic_error (in a child of fork; an object outside of the heap owns a version of a container with
    /// region_policy, or an update of one is in progress, whose function this is called from; an object inside owns
    /// another heap's). The heap and earlier versions are as they were then.
    /// Precondition where threads nest guards of several heaps in different orders: at most one of these heaps is cut
    /// or rolled back at a time, or `still::cut` takes the versions together. Two snapshots may wait for good else:
    /// each for a writer that waits for the other's heap. With deadlines they give up. See Note: guards.
    [[nodiscard]] still::snapshot snapshot();
    /// As above; throws std::system_error (timed_out) if guards are in progress until the deadline. Lets no pages rest
    /// that might not be done with by then.
    [[nodiscard]] still::snapshot snapshot(std::chrono::steady_clock::time_point deadline);
    [[nodiscard]] still::snapshot snapshot(snapshot_options options);

    /// Effect: makes the live heap what it was at a cut of this heap: data, allocator and names. Writes
    /// the pages that differ and no others. Objects built since then are gone without being destroyed;
    /// pointers to objects that were there then are valid again. Keeps writers and readers' guards out
    /// meanwhile. Threads that it waits for, since they hold guards for reading, may take cuts and call `rest` under
    /// them: what is so begun comes first, and who wants to read waits for both.
    /// O(pages that differ, and pages written), and two scans of what is in use.
    /// Throws std::invalid_argument (a snapshot of another heap, or of none), std::logic_error (the heap has lent
    /// memory), std::system_error (resource_deadlock_would_occur when this thread holds a guard of the heap for
    /// reading, and nothing was waited for), and as `snapshot` but for quota_exceeded; the heap is as it was then. What
    /// a hook throws comes last: the heap is restored.
    void restore(still::snapshot const& version);
    void restore(still::snapshot const& version, std::chrono::steady_clock::time_point deadline);

    /// Effect: lets all pages rest that weren't written since the last cut: they give up their memory and show their
    /// frames, so that what heap and versions have in common is in memory once. Those in runs of at least 64 pages, and
    /// their neighbours; pages whose frames lie elsewhere in the store don't, nor do zeros, nor any under
    /// tracker_kind::private_file. Also gives back the memory
    /// that was kept for the frames of the next cut. Nothing changes that anybody reads. Writers are kept out for
    /// about 0.2 ms at a time, and let in between; while their guards last longer, nothing rests. The first
    /// write to a resting page costs a copy. Returns how many bytes rest. O(pages in use), without allocating.
    /// Throws std::system_error (resource_deadlock_would_occur), std::logic_error (in a child of fork).
    std::size_t rest();

    /// Effect: in a child of fork, makes its copy of the heap what the heap was at a cut: data, allocator and names, in
    /// the heap's own place. So everything can be read there, and written, raw pointers included, while the parent
    /// goes on; also where `restore` is refused for a loan, but then what the borrower gave out can't be freed there.
    /// Hooks aren't called. O(pages of the heap), which are compared; those that differ are written.
    /// Precondition: at the fork no other thread was inside a guard or a call of the heap; none uses the child's; and
    /// the parent keeps the version until this returns, since its frames are the parent's.
    /// Throws std::invalid_argument (a snapshot of another heap, or of none), std::logic_error (in the process that
    /// made the heap; while objects outside of it own trees in it, or objects inside another heap's); nothing changed
    /// then.
    void become(still::snapshot const& version);

    /// Effect: calls the hook after each rollback as long as a copy of what is returned is kept: in the
    /// thread that rolls back, before anybody else is let in, so that nobody sees data that it didn't mend.
    /// It may write to the heap, but take or restore no snapshot of it. All hooks are called, also when one
    /// throws; the first exception comes out of `restore`. Called are those that were given before writers and readers
    /// had gone, also while the rollback waited for them, but for those that nobody keeps any longer. So who lets go of
    /// a hook under a guard, or in another hook, is safe from it; without one it may be running, and goes when it is
    /// done. Throws std::bad_alloc.
    [[nodiscard]] restore_hook on_restore(std::function<void()> hook);

    /// A number that grows with each cut and each rollback, and that nothing makes smaller: data noted with
    /// it aren't taken for what a rollback put in their place.
    [[nodiscard]] std::uint64_t generation() const noexcept;

    /// Returns another heap that begins as what this heap was at a cut, and is independent from then on: its
    /// objects are this version's, at other addresses. So only relocatable types can be found in it, and
    /// objects that it constructed itself. Its capacity is the one in the options, or what the version needs
    /// where that is more. O(pages of the version), which are copied. The source's writers don't wait.
    /// Throws std::invalid_argument (a snapshot of no heap), and as the constructor.
    [[nodiscard]] static heap branch(still::snapshot const& version, heap_options options = {});

    /// The versions of this heap that somebody holds, in the order of their cuts, with what each alone
    /// retains. O(versions, and the pages in which neighbours differ). Throws std::bad_alloc.
    [[nodiscard]] std::vector<version_info> versions() const;

    // Looking.

    /// O(a scan of what is in use). Throws std::system_error, std::bad_alloc.
    [[nodiscard]] heap_statistics statistics() const;
    [[nodiscard]] std::string const& label() const noexcept;
    /// The live bytes in use, at the address that they always have. Valid until the heap grows or goes.
    [[nodiscard]] std::span<std::byte const> bytes() const;

    /// Returns the first broken rule of the allocator's records or the frames', or soundness: each byte is free or
    /// owned, never both, and named objects are in blocks of their own. O(blocks · log blocks, and frames). Throws
    /// std::bad_alloc. Precondition: nobody allocates or takes a cut meanwhile.
    [[nodiscard]] report validate() const;

private:
    [[nodiscard]] heaps::region_start* start() const noexcept { return start_; }
    void require_unused(std::string_view name) const;
    void insert_name(std::string_view name, std::uint64_t type, void* object);
    [[nodiscard]] void* take_object(std::string_view name, std::uint64_t type, bool relocatable);
    [[nodiscard]] void* find_object(std::string_view name, std::uint64_t type, bool relocatable) const;

    friend struct heaps::heap_access;
    explicit heap(std::shared_ptr<heaps::heap_core> core) noexcept;

    std::shared_ptr<heaps::heap_core> core_; // shared with its loans
    heaps::gate* gate_ = nullptr;
    heaps::gate* readers_ = nullptr;
    heaps::region_start* start_ = nullptr;
};

} // namespace still
