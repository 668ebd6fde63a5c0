// SPDX-License-Identifier: BSL-1.0

#include "still/heap.hpp"

#include <stdexcept>

#include "heap/heap_core.hpp"

namespace still {

heap::heap(heap_options options)
    : heap(heaps::heap_core::make(std::move(options)))
{
}
heap::heap(std::shared_ptr<heaps::heap_core> core) noexcept
    : core_(std::move(core))
    , gate_(&core_->entrance())
    , readers_(&core_->readers_entrance())
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

loan heap::lend(std::string to)
{
    if (to.empty())
        boost::throw_exception(
            std::invalid_argument("still: memory is lent to somebody (name the borrower, for errors)"));
    core_->note_loan(std::move(to));
    return loan(core_);
}

snapshot heap::snapshot()
{
    return core_->take({});
}
snapshot heap::snapshot(std::chrono::steady_clock::time_point deadline)
{
    return core_->take({ .label = {}, .deadline = deadline });
}
snapshot heap::snapshot(snapshot_options options)
{
    return core_->take(std::move(options));
}

void heap::restore(still::snapshot const& version)
{
    core_->restore(version, std::nullopt);
}
void heap::restore(still::snapshot const& version, std::chrono::steady_clock::time_point deadline)
{
    core_->restore(version, deadline);
}

std::size_t heap::rest()
{
    return core_->rest();
}

void heap::become(still::snapshot const& version)
{
    core_->become(version);
}

restore_hook heap::on_restore(std::function<void()> hook)
{
    return core_->on_restore(std::move(hook));
}
std::uint64_t heap::generation() const noexcept
{
    return core_->generation();
}
heap heap::branch(still::snapshot const& version, heap_options options)
{
    if (version.number() == 0)
        boost::throw_exception(
            std::invalid_argument("still: a heap can't branch from a snapshot of no heap (take one from a heap)"));
    return heap(heaps::heap_core::make(std::move(options), version));
}
std::vector<version_info> heap::versions() const
{
    return core_->versions();
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
void* heap::take_object(std::string_view name, std::uint64_t type, bool relocatable)
{
    return core_->take_object(name, type, relocatable);
}
void* heap::find_object(std::string_view name, std::uint64_t type, bool relocatable) const
{
    return core_->find_object(name, type, relocatable);
}

void mutation::prepare(std::span<std::byte const> bytes) const
{
    if (home_ != nullptr)
        home_->prepare(bytes);
}

} // namespace still
