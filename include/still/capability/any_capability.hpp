// SPDX-License-Identifier: BSL-1.0
//
// Capabilities of whatever type, as lists hold them.

#pragma once

#include "still/capability/capability.hpp"

namespace still {

/// A capability with its type left out: it opens nothing before somebody names the type again. Copies are equal.
/// Thread contract: as an integer's.
class any_capability {
public:
    /// Names nothing.
    any_capability() noexcept = default;
    template <can_be_granted T>
    any_capability(capability<T> const& known) noexcept // NOLINT(google-explicit-constructor): it only forgets
        : name_(known.name_)
        , kind_(known ? &slots::kind_of<T> : nullptr)
    {
    }

    /// The capability, where it is one for T; else null. O(1).
    template <can_be_granted T>
    [[nodiscard]] capability<T> as() const noexcept
    {
        return kind_ == &slots::kind_of<T> ? capability<T>(name_) : capability<T>();
    }
    /// True for a capability for T, whether it opens or not.
    template <can_be_granted T>
    [[nodiscard]] bool names() const noexcept
    {
        return kind_ == &slots::kind_of<T>;
    }

    /// Effect: as capability<T>::weaken; null where T can't be weakened. O(1).
    [[nodiscard]] any_capability weaken() const noexcept
    {
        any_capability result;
        if (kind_ == nullptr || !kind_->weakens)
            return result;
        result.name_ = slots::attenuate(name_, *kind_, slots::losses::write | slots::losses::strength);
        result.kind_ = result.name_ != slots::name{} ? kind_ : nullptr;
        return result;
    }
    /// True when it has all of these rights.
    [[nodiscard]] bool allows(rights asked) const noexcept
    {
        return kind_ != nullptr && (slots::losses_of(name_, *kind_) & static_cast<std::uint32_t>(asked)) == 0;
    }
    /// True when it is weak, or names nothing.
    [[nodiscard]] bool weak() const noexcept
    {
        return kind_ == nullptr || (slots::losses_of(name_, *kind_) & slots::losses::strength) != 0;
    }

    [[nodiscard]] explicit operator bool() const noexcept { return kind_ != nullptr; }
    [[nodiscard]] friend bool operator==(any_capability const&, any_capability const&) noexcept = default;

private:
    friend class membrane;
    slots::name name_;
    slots::kind const* kind_ = nullptr;
};

} // namespace still
