// SPDX-License-Identifier: BSL-1.0

#include "still/heap.hpp"

#include "heap/heap_core.hpp"

namespace still {

heap::heap(heap_options options)
    : core_(std::make_unique<heaps::heap_core>(std::move(options)))
    , gate_(&core_->entrance())
    , start_(core_->start())
{
}

heap::heap(heap&&) noexcept = default;
heap& heap::operator=(heap&&) noexcept = default;
heap::~heap() = default;

std::pmr::memory_resource* heap::memory_resource() noexcept
{
    return core_.get();
}

snapshot heap::snapshot()
{
    return core_->take(std::nullopt);
}
snapshot heap::snapshot(std::chrono::steady_clock::time_point deadline)
{
    return core_->take(deadline);
}

void heap::restore(still::snapshot const& version)
{
    core_->restore(version, std::nullopt);
}
void heap::restore(still::snapshot const& version, std::chrono::steady_clock::time_point deadline)
{
    core_->restore(version, deadline);
}

heap_statistics heap::statistics() const
{
    return core_->statistics();
}
std::string const& heap::label() const noexcept
{
    return core_->label();
}
std::span<std::byte const> heap::bytes() const
{
    return core_->bytes();
}
report heap::validate() const
{
    return core_->validate();
}

void heap::require_unused(std::string_view name) const
{
    core_->require_unused(name);
}
void heap::insert_name(std::string_view name, std::uint64_t type, void* object)
{
    core_->insert_name(name, type, object);
}
void* heap::take_object(std::string_view name, std::uint64_t type)
{
    return core_->take_object(name, type);
}
void* heap::find_object(std::string_view name, std::uint64_t type) const
{
    return core_->find_object(name, type);
}

void mutation::prepare(std::span<std::byte const> bytes) const
{
    if (home_ != nullptr)
        home_->prepare(bytes);
}

} // namespace still
