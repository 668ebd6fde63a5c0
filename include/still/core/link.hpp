// SPDX-License-Identifier: BSL-1.0
//
// How one node names another. A link is only a name: it owns nothing and counts nothing; whoever
// stores one in a node keeps the count (see core/ownership.hpp).

#pragma once

#include <cstddef>
#include <cstdint>

#include "still/core/config.hpp"

namespace still {

/// An address. The fastest link; right wherever memory stays where it is.
template <class Target>
class raw_link {
public:
    raw_link() noexcept = default;
    explicit raw_link(Target* target) noexcept
        : target_(target)
    {
    }

    /// What the link names, or null; and naming another.
    [[nodiscard]] Target* get() const noexcept { return target_; }
    void set(Target* target) noexcept { target_ = target; }

private:
    Target* target_ = nullptr;
};

/// A distance from the link itself. Right in memory that is seen at different addresses, as long as
/// link and target move together. Copying a link keeps its target, so a link is never copied bytewise.
template <class Target>
class offset_link {
public:
    offset_link() noexcept = default;
    explicit offset_link(Target* target) noexcept { set(target); }
    offset_link(offset_link const& other) noexcept { set(other.get()); }
    offset_link& operator=(offset_link const& other) noexcept
    {
        set(other.get());
        return *this;
    }

    /// What the link names, or null.
    [[nodiscard]] Target* get() const noexcept
    {
        if (distance_ == nowhere)
            return nullptr;
        return reinterpret_cast<Target*>(reinterpret_cast<std::uintptr_t>(this) + distance_);
    }
    /// Effect: names another target, or null.
    void set(Target* target) noexcept
    {
        distance_ = target == nullptr
            ? nowhere
            : reinterpret_cast<std::uintptr_t>(target) - reinterpret_cast<std::uintptr_t>(this);
    }

private:
    // A node holds its links at even addresses and starts at one itself, so no target is one byte away.
    static constexpr std::uintptr_t nowhere = 1;
    std::uintptr_t distance_ = nowhere;

    /// Links that lie alike are as far from each other, so that what each is away from its target differs by one sum.
    friend void copy_links(offset_link* to, offset_link const* from, std::size_t count) noexcept
    {
        auto const apart = reinterpret_cast<std::uintptr_t>(from) - reinterpret_cast<std::uintptr_t>(to);
        for (std::size_t index = 0; index < count; ++index) {
            auto const distance = from[index].distance_;
            to[index].distance_ = distance == nowhere ? nowhere : distance + apart;
        }
    }
};

/// Effect: makes links name what as many others name. Precondition: the two lie apart.
template <class Link>
void copy_links(Link* to, Link const* from, std::size_t count) noexcept
{
    for (std::size_t index = 0; index < count; ++index)
        to[index].set(from[index].get());
}

/// What a link names. Precondition: it names something.
template <class Link>
[[nodiscard]] auto* target_of(Link const& link) noexcept
{
    auto* const target = link.get();
    STILL_ASSERT(target != nullptr);
    if (target == nullptr)
        __builtin_unreachable(); // so that distances are added without asking
    return target;
}

} // namespace still
