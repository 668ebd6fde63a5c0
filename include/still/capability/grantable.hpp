// SPDX-License-Identifier: BSL-1.0
//
// Which types may be granted, and what a lease on them shows.
//
//   template <>
//   struct still::grantable<settings> : still::shown_by_reference<settings> { };

#pragma once

#include <concepts>
#include <type_traits>

namespace still {

/// Specialise it to say that T may be granted:
///   view                  what a lease shows: a reference to T, or a small value that owns nothing
///   view_of(T const&)     makes one; noexcept
///   require(T const&)     optional: throws for a version that may not be granted, though others of its type may
///
/// By specialising it you promise that T is deeply const, holds no capability, may be read and destroyed
/// on any thread, takes its storage from the bank that pays for the grant (or from nobody, beyond its
/// own bytes), and that its view has no operation by which a reader could share what T owns.
template <class T>
struct grantable;

/// True for types that may be granted.
template <class T>
concept can_be_granted = std::is_object_v<T> && std::same_as<T, std::remove_cv_t<T>>
    && std::is_nothrow_destructible_v<T> && std::is_nothrow_move_constructible_v<T> && requires(T const& version) {
           { grantable<T>::view_of(version) } noexcept -> std::same_as<typename grantable<T>::view>;
       };

/// Throws what `grantable<T>::require` does, where there is one.
template <can_be_granted T>
void require_grantable(T const& version)
{
    if constexpr (requires { grantable<T>::require(version); })
        grantable<T>::require(version);
}

/// For types whose copies share nothing with the original: a lease shows `T const&`.
template <class T>
struct shown_by_reference {
    using view = T const&;
    [[nodiscard]] static view view_of(T const& version) noexcept { return version; }
};

} // namespace still
