// SPDX-License-Identifier: BSL-1.0
#include "plugin_host/component.hpp"

#include <dlfcn.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace plugin_host {

// Locally: what two plugins define by one name isn't taken for one thing. What the host exports is, and so the
// library's state and the types' identities are the same everywhere.
shared_object::shared_object(std::filesystem::path const& file)
    : handle_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL))
{
    if (handle_ == nullptr)
        throw std::runtime_error(dlerror()); // NOLINT(concurrency-mt-unsafe)
}

shared_object::~shared_object()
{
    dlclose(handle_);
}

std::unique_ptr<plugin> shared_object::make() const
{
    auto* const make_plugin = reinterpret_cast<make_plugin_function*>(dlsym(handle_, "make_plugin"));
    std::unique_ptr<plugin> made;
    if (make_plugin != nullptr)
        make_plugin(made);
    if (made == nullptr)
        throw std::runtime_error("the shared object makes no plugin");
    return made;
}

component::component(std::string name, std::filesystem::path const& file, still::bank payer)
    : name_(std::move(name))
    , payer_(std::move(payer))
    , code_(file)
    , plugin_(code_.make())
{
}

void component::start(offer const& given, still::revoker rows, still::revoker image)
{
    rows_ = std::move(rows);
    image_ = std::move(image);
    thread_ = std::thread([this, given] {
        try {
            plugin_->work(given, meeting_);
        } catch (std::exception const& thrown) {
            thrown_ = thrown.what();
        }
        meeting_.reach(stage::over); // however it ended, nobody waits for it
    });
    id_ = thread_.get_id();
}

still::waited component::take_back(std::chrono::steady_clock::time_point deadline)
{
    rows_.revoke(); // first both, then wait for both
    image_.revoke();
    auto const rows = rows_.revoke_and_wait(deadline);
    auto const image = image_.revoke_and_wait(deadline);
    return rows.how != still::waited::end::drained ? rows : image;
}

void component::end()
{
    meeting_.reach(stage::over);
    if (thread_.joinable())
        thread_.join();
}

} // namespace plugin_host
