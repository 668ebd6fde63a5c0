// SPDX-License-Identifier: BSL-1.0
//
// What a validator returns: nothing, or the first broken rule and where.

#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace still {

/// The answer of a validator. True in a condition when the structure is sound.
class report {
public:
    report() = default;
    /// rule: the invariant as an equation or inequality; place: which node, index or key broke it.
    report(std::string rule, std::string place)
        : rule_(std::move(rule))
        , place_(std::move(place))
    {
    }

    /// True where no rule is broken; else which, and where.
    [[nodiscard]] bool sound() const noexcept { return rule_.empty(); }
    [[nodiscard]] explicit operator bool() const noexcept { return sound(); }
    [[nodiscard]] std::string const& rule() const noexcept { return rule_; }
    [[nodiscard]] std::string const& place() const noexcept { return place_; }

    friend std::ostream& operator<<(std::ostream& out, report const& seen)
    {
        if (seen.sound())
            return out << "sound";
        return out << "broken: " << seen.rule_ << " at " << seen.place_;
    }

private:
    std::string rule_;
    std::string place_;
};

} // namespace still
