// SPDX-License-Identifier: BSL-1.0
//
// A snapshot mapped into memory for reading.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "still/heap/relocatable.hpp"
#include "still/heap/type_key.hpp"

namespace still {

class snapshot;

namespace heaps {
class mapped_version;
}

/// The bytes of a version at an address of their own, read-only: a write faults. A regular value; copies
/// are the same mapping, which lasts as long as one of them and keeps its version alive.
/// Thread contract: distinct objects from any threads, at the speed of plain memory; one object by the
/// standard library's rule.
class mapping {
public:
    /// Nothing mapped.
    mapping() noexcept = default;

    /// All bytes, in the order of the heap's addresses. Holes are zeros.
    [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return bytes_; }

    /// The object that the version has under a name, or null. Valid as long as a copy of this mapping is
    /// kept. O(log names), allocates a copy of the name at most.
    /// Throws std::invalid_argument when the name is of an object of another type.
    ///
    /// Compiles only for relocatable types: anything else could lead back into the live heap. Read it
    /// after heap::restore, or where the version is mapped at the heap's own address.
    template <class T>
    [[nodiscard]] T const* find(std::string_view name) const
    {
        static_assert(relocatable_v<T>,
            "still: only relocatable types can be read in a mapping; specialise still::relocatable<T> if all "
            "members of T are, else read it after heap::restore");
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
    explicit mapping(std::shared_ptr<heaps::mapped_version const> state) noexcept;

    [[nodiscard]] void const* find_object(std::string_view name, std::uint64_t type) const;

    std::shared_ptr<heaps::mapped_version const> state_;
    std::span<std::byte const> bytes_;
};

} // namespace still
