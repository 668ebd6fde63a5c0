// SPDX-License-Identifier: BSL-1.0
//
// A snapshot or a segment, mapped into memory for reading.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "still/core/frame.hpp"
#include "still/heap/relocatable.hpp"
#include "still/heap/type_key.hpp"

namespace still {

class segment;
class snapshot;

namespace heaps {
class mapped_segment;
}

/// What is read at a mapping's addresses after its end, by a pointer that was kept too long. A mapping that was granted
/// ends when its grant was revoked and the last lease on it has ended, unless somebody has a copy.
///
/// With `fault` and `zeros` the bytes are replaced in one step at the end, and nothing else comes to their addresses
/// for a while: of mappings that ended so, the last 1 024 stay, as far as they have 64 GiB of addresses together, and
/// older ones are unmapped. Each that stays takes an entry of the process's memory map, and no memory. The end
/// allocates nothing. Where the system refuses to replace the bytes, they are unmapped at once, or made zeros where the
/// process's memory map is full.
enum class late_reads : std::uint8_t {
    unmapped, ///< whatever comes to the address next: at first nothing, which faults
    fault, ///< nothing: SIGSEGV
    zeros, ///< zeros; writing is SIGSEGV still
};

/// The bytes of a version at an address of their own, read-only: a write faults. A regular value; copies
/// are the same mapping, which lasts as long as one of them and keeps its version alive.
/// Thread contract: distinct objects from any threads, at the speed of plain memory; one object by the
/// standard library's rule.
class mapping {
public:
    /// Nothing mapped.
    mapping() noexcept = default;

    /// Returns a segment mapped for reading, at an address that the system chooses. Frames of heaps are mapped, which
    /// takes an entry of the process's memory map for each run of them; other frames are copied. Who touches a page
    /// that is with a keeper waits until it has answered, and no other thread does; a system call that is given
    /// such a page fails instead (EFAULT). Where the keeper refuses or throws, the touch ends in SIGSEGV: `fetch` what
    /// may be refused. (Before Linux 6.13 each page that was refused takes two entries; when there are none to spare,
    /// the touch ends in SIGBUS.) A child of `fork` has no such pages. Observers aren't told. Where entries are short,
    /// or the system doesn't let a program wait for pages (userfaultfd), all is copied and keepers are asked now (see
    /// `materialised`). Whoever reads after its end finds what `late` says. Each call makes a mapping of its own.
    /// Throws std::system_error, std::bad_alloc; where keepers are asked now, what they make it throw;
    /// std::length_error for a segment of 64 GiB or more, unless late = late_reads::unmapped.
    [[nodiscard]] static mapping of(segment const& seen, late_reads late = late_reads::unmapped);

    /// All bytes, in the order of the heap's addresses. Holes are zeros.
    [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return bytes_; }

    /// Effect: asks keepers for the pages that touch a range, unless they have answered already: then neither reading
    /// nor a system call has to wait for them. Asks again for what was refused.
    /// Throws std::out_of_range where it isn't in the mapping; not_present, keeper_failed, and what keepers throw.
    void fetch(std::size_t offset, std::size_t count) const;
    /// True where touching a page may ask a keeper.
    [[nodiscard]] bool calls_out() const noexcept;

    /// The object that the version has under a name, or null. Valid as long as a copy of this mapping is
    /// kept. O(log names), allocates a copy of the name at most.
    /// Throws std::invalid_argument when the name is of an object of another type, or isn't one (of 1 to 1 024 bytes
    /// without zeros), std::logic_error where this is no
    /// snapshot's mapping.
    ///
    /// Compiles only for relocatable types: anything else could lead back into the live heap. Read it
    /// after heap::restore, or in a child of fork, which becomes the version (heap::become). Nor for types that are
    /// aligned to more than a page, which a mapping isn't.
    template <class T>
    [[nodiscard]] T const* find(std::string_view name) const
    {
        static_assert(relocatable_v<T>,
            "still: only relocatable types can be read in a mapping; specialise still::relocatable<T> if all "
            "members of T are, else read it after heap::restore, or in a child of fork after heap::become");
        static_assert(alignof(T) <= page_bytes,
            "still: a mapping is aligned to a page, and T to more; read it in a branch, or after heap::restore");
        return static_cast<T const*>(find_object(name, heaps::type_key<T>()));
    }

    /// How many entries of the process's memory map it takes.
    [[nodiscard]] std::size_t map_entries() const noexcept;
    /// True when the bytes are a copy, because mapping them took more entries than the process has to
    /// spare (half of vm.max_map_count, for all mappings together).
    [[nodiscard]] bool materialised() const noexcept;

    /// True when both are the same mapping.
    [[nodiscard]] friend bool operator==(mapping const& one, mapping const& other) noexcept
    {
        return one.state_ == other.state_;
    }

private:
    friend class snapshot;
    explicit mapping(std::shared_ptr<heaps::mapped_segment const> state) noexcept;

    [[nodiscard]] void const* find_object(std::string_view name, std::uint64_t type) const;

    std::shared_ptr<heaps::mapped_segment const> state_;
    std::span<std::byte const> bytes_;
};

} // namespace still
