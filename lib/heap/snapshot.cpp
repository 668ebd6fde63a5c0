// SPDX-License-Identifier: BSL-1.0

#include "still/heap/snapshot.hpp"

#include <stdexcept>

#include "heap/mapped_segment.hpp"
#include "heap/version.hpp"

namespace still {

snapshot::snapshot(std::shared_ptr<heaps::version const> version) noexcept
    : segment(version->content())
    , version_(std::move(version))
{
}

mapping snapshot::map(late_reads late) const
{
    if (version_ == nullptr)
        boost::throw_exception(std::logic_error("still: a snapshot of no heap can't be mapped (assign one first)"));
    return mapping(std::make_shared<heaps::mapped_segment const>(version_->content(), version_, late));
}

footprint snapshot::cost() const
{
    return version_ == nullptr ? footprint{} : version_->home().cost(*version_);
}

std::uint64_t snapshot::number() const noexcept
{
    return version_ == nullptr ? 0 : version_->cut().number;
}

std::chrono::steady_clock::time_point snapshot::taken_at() const noexcept
{
    return version_ == nullptr ? std::chrono::steady_clock::time_point{} : version_->cut().taken_at;
}

std::chrono::nanoseconds snapshot::pause() const noexcept
{
    return version_ == nullptr ? std::chrono::nanoseconds{} : version_->cut().pause;
}

std::chrono::nanoseconds snapshot::total() const noexcept
{
    return version_ == nullptr ? std::chrono::nanoseconds{} : version_->cut().total;
}

std::string const& snapshot::label() const noexcept
{
    static std::string const none;
    return version_ == nullptr ? none : version_->label();
}

} // namespace still
