// SPDX-License-Identifier: BSL-1.0
//
// The errors that banks give: full, and destroyed.

#pragma once

#include <boost/throw_exception.hpp>

#include <cstddef>
#include <new>

namespace still {

/// A bank's limit, or that of a bank above it, leaves no room. Nothing was charged or allocated.
class quota_exceeded : public std::bad_alloc {
public:
    quota_exceeded(std::size_t asked, std::size_t limit, std::size_t usage) noexcept
        : asked_(asked)
        , limit_(limit)
        , usage_(usage)
    {
    }
    [[nodiscard]] char const* what() const noexcept override
    {
        return "still: the bank's limit leaves no room (raise the limit, or release versions it pays for)";
    }
    /// Bytes that were asked for.
    [[nodiscard]] std::size_t asked() const noexcept { return asked_; }
    /// Limit and usage, in bytes, of the bank that refused.
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::size_t usage() const noexcept { return usage_; }

private:
    std::size_t asked_;
    std::size_t limit_;
    std::size_t usage_;
};

/// The bank was destroyed, or closed by the one above it, and pays for nothing more. Nothing was charged or allocated.
class bank_destroyed : public std::bad_alloc {
public:
    [[nodiscard]] char const* what() const noexcept override
    {
        return "still: the bank was destroyed (ask its owner for another one)";
    }
};

} // namespace still
