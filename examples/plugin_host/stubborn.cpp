// SPDX-License-Identifier: BSL-1.0
//
// A plugin that opens what it gets, and never lets go: not when its time is over, nor when it is asked to. It ends with
// the program.

#include <memory>
#include <string>
#include <vector>

#include "plugin_host/plugin.hpp"

namespace {

using namespace plugin_host;

class stubborn final : public plugin {
public:
    void work(offer const& given, meeting& with) override
    {
        auto const lease = given.rows.open();
        auto const before = sum_of(**lease);
        with.reach(stage::at_work);
        with.wait_for(stage::written);
        with.reach(stage::done);

        with.wait_for(stage::revoked);
        same_ = sum_of(**lease) == before; // what it has open stays as it is
        afterwards_ = opening(given.rows);
        with.reach(stage::tried);
        with.wait_for(stage::over);
    }

    [[nodiscard]] std::vector<std::string> tell() const override
    {
        return {
            "stubborn: what it had open was " + std::string(same_ ? "as it had been" : "changed"),
            "stubborn: after revocation: " + afterwards_,
        };
    }

private:
    bool same_ = false;
    std::string afterwards_;
};

} // namespace

extern "C" void make_plugin(std::unique_ptr<plugin_host::plugin>& made)
{
    made = std::make_unique<stubborn>();
}
