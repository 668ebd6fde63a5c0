// SPDX-License-Identifier: BSL-1.0
//
// A plugin as it should be: it reads under short leases, and buys copies of what it wants to keep.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugin_host/plugin.hpp"

namespace {

using namespace plugin_host;

class honest final : public plugin {
public:
    void work(offer const& given, meeting& with) override
    {
        bought_ = given.buy(given.payer);
        still::adopter<row_index> keeping(given.payer);
        first_ = keeping.adopt(given.rows).value();
        cost_of_first_ = given.payer.usage();
        with.reach(stage::at_work);

        while (!with.has_reached(stage::written))
            read(given);

        newest_ = keeping.adopt(given.rows).value();
        cost_of_next_ = given.payer.usage() - cost_of_first_;
        image_ = adopt(given.image, given.payer).value();
        numbers_ = given.numbers;
        with.reach(stage::done);

        with.wait_for(stage::revoked);
        afterwards_ = opening(given.rows) + " and " + opening(given.image);
        with.reach(stage::tried);
        with.wait_for(stage::over);
    }

    [[nodiscard]] std::vector<std::string> tell() const override
    {
        auto const first = image_.load<std::uint64_t>(numbers_.offset);
        auto const last = image_.load<std::uint64_t>(numbers_.offset + (numbers_.count - 1) * sizeof(std::uint64_t));
        return {
            "honest: what it buys with its bank is " + bought_,
            "honest: the second copy cost a " + std::string(cost_of_next_ * 20 < cost_of_first_ ? "small" : "large")
                + " part of the first",
            "honest: opened " + std::string(torn_ == 0 ? "no" : "a") + " snapshot half written",
            "honest: after revocation: " + afterwards_,
            "honest: its own rows add up to " + std::to_string(sum_of(newest_)),
            "honest: its own numbers are from " + std::to_string(first) + " to " + std::to_string(last),
        };
    }

private:
    /// Effect: a look at a row, and at the first and the last of the heap's numbers.
    void read(offer const& given)
    {
        if (auto const lease = given.rows.open(); lease && (*lease)->find(1) == nullptr)
            ++torn_;
        if (auto const lease = given.image.open()) {
            auto const image = **lease;
            auto const last = given.numbers.offset + (given.numbers.count - 1) * sizeof(std::uint64_t);
            if (image.load<std::uint64_t>(given.numbers.offset) != image.load<std::uint64_t>(last))
                ++torn_;
        }
    }

    row_index first_;
    row_index newest_;
    still::segment image_;
    numbers_place numbers_{};
    std::size_t cost_of_first_ = 0;
    std::size_t cost_of_next_ = 0;
    std::size_t torn_ = 0;
    std::string bought_;
    std::string afterwards_;
};

} // namespace

extern "C" void make_plugin(std::unique_ptr<plugin_host::plugin>& made)
{
    made = std::make_unique<honest>();
}
