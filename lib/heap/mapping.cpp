// SPDX-License-Identifier: BSL-1.0

#include "still/heap/mapping.hpp"

#include <stdexcept>
#include <string>

#include "heap/image.hpp"
#include "heap/mapped_segment.hpp"
#include "heap/named.hpp"

namespace still {

mapping::mapping(std::shared_ptr<heaps::mapped_segment const> state) noexcept
    : state_(std::move(state))
    , bytes_(state_->bytes())
{
}

mapping mapping::of(segment const& seen, late_reads late)
{
    return mapping(std::make_shared<heaps::mapped_segment const>(seen, nullptr, late));
}

void mapping::fetch(std::size_t offset, std::size_t count) const
{
    if (offset > bytes_.size() || count > bytes_.size() - offset)
        boost::throw_exception(
            std::out_of_range("still: bytes " + std::to_string(offset) + " to " + std::to_string(offset + count)
                + " aren't all in a mapping of " + std::to_string(bytes_.size()) + " (give a range below its size)"));
    if (state_ != nullptr)
        state_->fetch(offset, count);
}

bool mapping::calls_out() const noexcept
{
    return state_ != nullptr && state_->calls_out();
}

std::size_t mapping::map_entries() const noexcept
{
    return state_ == nullptr ? 0 : state_->entries();
}
bool mapping::materialised() const noexcept
{
    return state_ != nullptr && state_->materialised();
}

void const* mapping::find_object(std::string_view name, std::uint64_t type) const
{
    if (state_ != nullptr && !state_->is_of_heap())
        boost::throw_exception(
            std::logic_error("still: a segment's mapping has no named objects (only a heap's snapshot has: map that)"));
    if (bytes_.empty())
        return nullptr;
    auto const* const seen = reinterpret_cast<heaps::image const*>(bytes_.data());
    return heaps::find_object(*seen, heaps::checked_name(name), { type, true });
}

} // namespace still
