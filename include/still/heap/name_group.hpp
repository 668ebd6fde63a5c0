// SPDX-License-Identifier: BSL-1.0
//
// Several names that come and go in one step.

#pragma once

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "still/heap/allocator.hpp"
#include "still/heap/relocatable.hpp"
#include "still/heap/type_key.hpp"
#include "still/heap/unfinished.hpp"

namespace still {

class heap;

namespace heaps {
class heap_core;
}

/// What `heap::atomically` gives to its function: objects are built and marked for destruction here, and the heap has
/// and loses their names when the function is done, in one step. Until then the group alone sees them so.
/// Every call costs O(names of the group) besides what it says; allocations are of the lists of them, outside the heap,
/// and of the objects, inside. Destructors throw nothing, and leave the group alone.
/// Thread contract: the thread that it was given to, inside the call.
class name_group {
public:
    name_group(name_group const&) = delete;
    name_group& operator=(name_group const&) = delete;

    /// Effect: builds a T inside the heap; its name is known when the group is done. A name that this group destroyed
    /// may be taken again: the new object replaces the old one. Returns the object.
    /// Throws std::invalid_argument when the name is in use, std::bad_alloc, and what T's constructor throws; the
    /// group is as it was then.
    template <class T, class... Arguments>
    T& construct(std::string_view name, Arguments&&... arguments)
    {
        require_unused(name);
        heaps::unfinished_block place{ start_, heaps::allocate(start_, sizeof(T), alignof(T)) };
        heaps::unfinished_value<T> object{ ::new (place.block) T(std::forward<Arguments>(arguments)...) };
        add(name, { {}, heaps::type_key<T>(), place.block, end_of<T> });
        place.block = nullptr;
        return *std::exchange(object.value, nullptr);
    }

    /// As heap::find, with what the group has done so far.
    template <class T>
    [[nodiscard]] T* find(std::string_view name) const
    {
        return static_cast<T*>(find_object(name, heaps::type_key<T>(), relocatable_v<T>));
    }

    /// Effect: the object known by a name will be destroyed, and the name forgotten, when the group is done; until then
    /// it stands as it is. One that the group built itself goes at once. Returns false, and changes nothing, when there
    /// is none. Throws as `find`, and std::bad_alloc; the group is as it was then.
    template <class T>
    bool destroy(std::string_view name)
    {
        return remove(name, heaps::type_key<T>(), relocatable_v<T>, end_of<T>);
    }

private:
    friend class heap;
    friend class heaps::heap_core;

    /// An object that comes or goes with the group.
    struct member {
        std::string name;
        std::uint64_t type;
        void* object;
        void (*destroy)(void*) noexcept;
    };

    template <class T>
    static void end_of(void* object) noexcept
    {
        static_cast<T*>(object)->~T();
    }

    /// Precondition: this thread holds a guard of the heap as long as the group lives.
    name_group(heaps::heap_core& of, heaps::region_start* start) noexcept
        : heap_(of)
        , start_(start)
    {
    }
    /// Effect: destroys what was built and not published, the last first.
    ~name_group();
    /// Effect: publishes what was built and forgets what is to go, in one step; destroys that then.
    /// Throws std::invalid_argument (somebody else has taken a name, or destroyed an object, meanwhile),
    /// std::bad_alloc; the heap is as it was then.
    void publish();

    void require_unused(std::string_view name) const;
    void add(std::string_view name, member made);
    [[nodiscard]] void* find_object(std::string_view name, std::uint64_t type, bool relocatable) const;
    bool remove(std::string_view name, std::uint64_t type, bool relocatable, void (*end_of_it)(void*) noexcept);
    void end(member const& one) noexcept;

    heaps::heap_core& heap_;
    heaps::region_start* start_;
    std::vector<member> coming_;
    std::vector<member> going_;
};

} // namespace still
