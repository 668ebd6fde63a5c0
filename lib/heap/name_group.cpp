// SPDX-License-Identifier: BSL-1.0
//
// Names that come and go in one step: kept outside the heap until all are known, then entered under one lock.

#include "still/heap/name_group.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <stdexcept>

#include "heap/heap_core.hpp"
#include "heap/named.hpp"

namespace still {

namespace {

template <class Members>
[[nodiscard]] auto find_in(Members& among, std::string_view name)
{
    return std::find_if(among.begin(), among.end(), [&](auto const& one) { return one.name == name; });
}
template <class Members>
[[nodiscard]] bool has(Members const& among, std::string_view name)
{
    return find_in(among, name) != among.end();
}

} // namespace

name_group::~name_group()
{
    for (; !coming_.empty(); coming_.pop_back())
        end(coming_.back());
}

void name_group::publish()
{
    heap_.publish(*this);
    coming_.clear();
    // Nobody finds these any more, and nothing below throws.
    for (auto const& one : going_)
        end(one);
    going_.clear();
}

/// Effect: destroys an object and gives its memory back.
void name_group::end(member const& one) noexcept
{
    one.destroy(one.object);
    heap_.deallocate(one.object);
}

void name_group::require_unused(std::string_view name) const
{
    if (has(coming_, name))
        heaps::refuse_used(std::string(name));
    if (!has(going_, name))
        heap_.require_unused(name);
}

/// Effect: notes what was built. Throws as `construct`, and then nothing changed.
void name_group::add(std::string_view name, member made)
{
    // Its constructor may have taken the name.
    require_unused(name);
    made.name = name;
    coming_.push_back(std::move(made));
}

void* name_group::find_object(std::string_view name, std::uint64_t type, bool relocatable) const
{
    auto const made = find_in(coming_, name);
    if (made == coming_.end())
        return has(going_, name) ? nullptr : heap_.find_object(name, type, relocatable);
    if (made->type != type)
        heaps::refuse_type(made->name);
    return made->object;
}

bool name_group::remove(std::string_view name, std::uint64_t type, bool relocatable, void (*end_of_it)(void*) noexcept)
{
    auto* const object = find_object(name, type, relocatable);
    if (object == nullptr)
        return false;
    if (auto const made = find_in(coming_, name); made != coming_.end()) {
        auto const one = std::move(*made);
        coming_.erase(made);
        end(one);
    } else {
        going_.push_back({ std::string(name), type, object, end_of_it });
    }
    return true;
}

void heaps::heap_core::publish(name_group const& group)
{
    auto const lock = lock_image();
    for (auto const& one : group.going_) {
        auto const* const seen = image_->find(one.name.c_str());
        if (seen == nullptr || seen->object.get() != one.object || seen->type != one.type)
            boost::throw_exception(std::invalid_argument("still: the object named \"" + one.name
                + "\" was destroyed, or replaced, before the group that destroys it was done (begin the group "
                  "anew)"));
    }
    for (auto const& one : group.coming_)
        if (!has(group.going_, one.name))
            require_unused_locked(one.name);

    struct undoing {
        image& from;
        std::vector<char const*> names;
        ~undoing()
        {
            for (auto const* const name : names)
                from.erase(name);
        }
    } undo{ *image_, {} };
    undo.names.reserve(group.coming_.size());
    for (auto const& one : group.coming_) {
        if (has(group.going_, one.name))
            continue;
        enter_name_locked(one.name, one.type, one.object);
        undo.names.push_back(one.name.c_str());
    }
    // Nothing below throws.
    undo.names.clear();
    for (auto const& one : group.going_) {
        auto const next = find_in(group.coming_, one.name);
        if (next == group.coming_.end())
            image_->erase(one.name.c_str());
        else
            image_->replace(one.name.c_str(), next->type, next->object);
    }
}

} // namespace still
