// SPDX-License-Identifier: BSL-1.0
//
// A plugin as the host has it: its code, its object, its thread, its bank, and the right to take back what it was lent.

#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugin_host/plugin.hpp"

namespace plugin_host {

/// A loaded shared object.
class shared_object {
public:
    /// Throws std::runtime_error that tells why it can't be loaded.
    explicit shared_object(std::filesystem::path const& file);
    shared_object(shared_object const&) = delete;
    shared_object& operator=(shared_object const&) = delete;
    /// Unloads. Precondition: nothing is left that its code made and that has virtual functions, nor anything that only
    /// its code can destroy.
    ~shared_object();

    /// A plugin of its making. Throws std::runtime_error where it makes none.
    [[nodiscard]] std::unique_ptr<plugin> make() const;

private:
    void* handle_;
};

class component {
public:
    /// Effect: loads a plugin.
    component(std::string name, std::filesystem::path const& file, still::bank payer);
    component(component const&) = delete;
    component& operator=(component const&) = delete;
    /// Waits for the plugin's thread, destroys the plugin, unloads it.
    ~component() { end(); }

    /// Effect: lets the plugin work, on a thread of its own. The revokers take back what is in the offer.
    void start(offer const& given, still::revoker rows, still::revoker image);
    /// Effect: takes back what it was lent, and waits for its leases until the deadline.
    [[nodiscard]] still::waited take_back(std::chrono::steady_clock::time_point deadline);
    /// Effect: asks the plugin's thread to end, and waits for it.
    void end();

    [[nodiscard]] meeting& with() noexcept { return meeting_; }
    [[nodiscard]] std::string const& name() const noexcept { return name_; }
    [[nodiscard]] still::bank const& payer() const noexcept { return payer_; }
    [[nodiscard]] bool runs(std::thread::id asked) const noexcept { return asked == id_; }
    /// What came out of its thread as an exception; empty where nothing did. Precondition: it was ended.
    [[nodiscard]] std::string const& thrown() const noexcept { return thrown_; }
    /// Precondition: it was ended.
    [[nodiscard]] std::vector<std::string> tell() const { return plugin_->tell(); }

private:
    std::string name_;
    still::bank payer_;
    shared_object code_;
    std::unique_ptr<plugin> plugin_;
    still::revoker rows_;
    still::revoker image_;
    meeting meeting_;
    std::thread thread_;
    std::thread::id id_;
    std::string thrown_;
};

} // namespace plugin_host
