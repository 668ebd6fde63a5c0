// SPDX-License-Identifier: BSL-1.0
//
// Keepers and observers for programs over segments: they write down what they are told, and misbehave when they
// should.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "segment_model.hpp"
#include "still/segment.hpp"

namespace still_test {

/// What callbacks are to do wrong, and what they were told.
class conduct {
public:
    struct note {
        unsigned observer;
        std::uint64_t offset;
        std::vector<std::byte> before;
        std::vector<std::byte> after;
        [[nodiscard]] friend bool operator==(note const&, note const&) = default;
    };

    /// Effect: from now on all is well, and nothing was told.
    void reset()
    {
        asks_until_fault = 0;
        tells_until_veto = 0;
        misbehaved = false;
        notes.clear();
    }

    unsigned asks_until_fault = 0; // 0: never
    unsigned tells_until_veto = 0;
    unsigned fault = 0; // which
    bool misbehaved = false;
    std::vector<note> notes;
};

class program_keeper : public still::keeper {
public:
    program_keeper(conduct& how, unsigned name)
        : how_(how)
        , name_(name)
    {
    }
    [[nodiscard]] std::vector<std::byte> supply(std::uint64_t page) override
    {
        std::vector<std::byte> answer(page_bytes, model_keeping::value(name_, page));
        if (how_.asks_until_fault == 0 || --how_.asks_until_fault != 0)
            return answer;
        how_.misbehaved = true;
        switch (how_.fault % 3) {
        case 0:
            return {};
        case 1:
            answer.resize(page_bytes - 1);
            return answer;
        default:
            throw std::domain_error("a keeper's own");
        }
    }

private:
    conduct& how_;
    unsigned name_;
};

class program_observer : public still::observer {
public:
    program_observer(conduct& how, unsigned name)
        : how_(how)
        , name_(name)
    {
    }
    void before_load(still::access const& seen) override { static_cast<void>(told(seen)); }
    [[nodiscard]] bool before_store(still::access const& seen) override { return told(seen); }

private:
    [[nodiscard]] bool told(still::access const& seen)
    {
        how_.notes.push_back({ name_, seen.offset, { seen.before.begin(), seen.before.end() },
            { seen.after.begin(), seen.after.end() } });
        if (how_.tells_until_veto == 0 || --how_.tells_until_veto != 0)
            return true;
        how_.misbehaved = true;
        if (how_.fault % 2 == 0 || seen.after.empty())
            throw std::domain_error("an observer's own");
        return false;
    }

    conduct& how_;
    unsigned name_;
};

} // namespace still_test
