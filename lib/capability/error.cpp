// SPDX-License-Identifier: BSL-1.0
//
// The error category of capabilities.

#include "still/capability/error.hpp"

#include <string>

namespace still {

namespace {

class category final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "still.capability"; }
    [[nodiscard]] std::string message(int value) const override
    {
        switch (static_cast<capability_error>(value)) {
        case capability_error::null:
            return "the capability names nothing (it was never granted, or its bytes were changed: ask its giver "
                   "again)";
        case capability_error::revoked:
            return "the capability was taken back (ask its giver for a new one)";
        case capability_error::bank_destroyed:
            return "the bank that paid for the capability was destroyed (ask its giver for a new one)";
        case capability_error::no_right:
            return "the capability doesn't have this right (ask its giver for one that wasn't attenuated)";
        }
        return "unknown capability error";
    }
};

} // namespace

boost::system::error_category const& capability_category() noexcept
{
    static category const only;
    return only;
}

} // namespace still
