// SPDX-License-Identifier: BSL-1.0

#include "heap/pools.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "still/core/config.hpp"

namespace still::heaps {

namespace {

[[nodiscard]] place place_of(std::byte const* base, void const* at) noexcept
{
    return static_cast<place>(static_cast<std::byte const*>(at) - base);
}

} // namespace

void block_list::push(std::byte* base, void* block) noexcept
{
    std::memcpy(block, &first, sizeof first);
    first = place_of(base, block);
    ++count;
}

void* block_list::pop(std::byte* base) noexcept
{
    STILL_ASSERT(count > 0 && first != 0);
    auto* const block = base + first;
    std::memcpy(&first, block, sizeof first);
    --count;
    return block;
}

/// Stands before its blocks.
struct pools::slab {
    place next;
    std::uint32_t of;
    std::uint32_t bytes; // of the blocks, and of what is too short to be one
};

std::size_t pools::least_slab_bytes(unsigned of) noexcept
{
    static_assert(sizeof(slab) % small_alignment == 0);
    return sizeof(slab) + class_bytes(of);
}

std::size_t pools::slab_bytes(unsigned of) const noexcept
{
    // Half of what there is, so that a heap with few objects has few bytes for them.
    constexpr std::size_t smallest = 1024;
    constexpr std::size_t largest = 64 * 1024;
    return std::clamp<std::size_t>(of_class_[of] / 2, std::max(smallest, sizeof(slab) + 4 * class_bytes(of)), largest);
}

void pools::add_cache(std::byte* base, unsigned number, void* room) noexcept
{
    STILL_ASSERT(number < most_caches && caches_[number] == 0);
    caches_[number] = place_of(base, ::new (room) thread_cache);
}

void pools::add_slab(std::byte* base, unsigned of, void* room, std::size_t bytes) noexcept
{
    STILL_ASSERT(bytes >= least_slab_bytes(of) && uncut_[of].next + class_bytes(of) > uncut_[of].end);
    auto const blocks = static_cast<std::uint32_t>(bytes - sizeof(slab));
    auto const* const made = ::new (room) slab{ slabs_, of, blocks };
    slabs_ = place_of(base, made);
    uncut_[of] = { slabs_ + sizeof(slab), slabs_ + sizeof(slab) + blocks };
    of_class_[of] += bytes;
}

/// As `take`, from what is uncut of the latest slab: a batch and no more, so that pages that hold no block yet aren't
/// written to. The cache gives the blocks out in ascending order.
void* pools::cut(std::byte* base, unsigned of, thread_cache* cache) noexcept
{
    auto& rest = uncut_[of];
    auto const bytes = class_bytes(of);
    auto const blocks = std::min<std::uint64_t>((rest.end - rest.next) / bytes, cache == nullptr ? 1 : batch(of));
    if (blocks == 0)
        return nullptr;
    auto* const first = base + rest.next;
    for (auto behind = blocks - 1; behind > 0; --behind)
        static_cast<void>(cache->give(base, of, first + behind * bytes));
    rest.next += blocks * bytes;
    return first;
}

void* pools::take(std::byte* base, unsigned of, thread_cache* cache) noexcept
{
    STILL_ASSERT(cache == nullptr || cache->blocks(of).empty());
    auto& list = free_[of];
    if (list.count == 0)
        return cut(base, of, cache);
    auto* const first = list.pop(base);
    if (cache != nullptr)
        for (auto more = batch(of); more > 1 && list.count > 0; --more)
            static_cast<void>(cache->give(base, of, list.pop(base)));
    return first;
}

void pools::give(std::byte* base, unsigned of, void* block) noexcept
{
    free_[of].push(base, block);
}

void pools::relieve(std::byte* base, unsigned of, thread_cache& cache) noexcept
{
    for (auto more = batch(of); more > 0; --more)
        if (auto* const block = cache.take(base, of))
            give(base, of, block);
}

std::uint64_t pools::bytes_in_slabs() const noexcept
{
    return std::accumulate(std::begin(of_class_), std::end(of_class_), std::uint64_t{ 0 });
}

std::uint64_t pools::free_bytes(std::byte* base) const noexcept
{
    std::uint64_t sum = 0;
    for (unsigned of = 0; of < size_classes; ++of)
        sum += free_[of].count * class_bytes(of) + (uncut_[of].end - uncut_[of].next);
    for (unsigned number = 0; number < most_caches; ++number)
        if (auto const* const cache = cache_of(base, number))
            sum += cache->free_bytes();
    return sum;
}

/// Slabs in order of place, and the free blocks of each.
class pools::census {
public:
    struct entry {
        place at;
        slab* seen;
        std::vector<bool> free; // by number of the block
        std::uint64_t count = 0;
    };

    census(pools const& of, std::byte* base)
        : of_(of)
        , base_(base)
    {
    }

    /// Effect: finds all slabs. Returns the first broken rule, or soundness.
    [[nodiscard]] report find_slabs(std::size_t image_bytes)
    {
        auto const all = of_.bytes_in_slabs();
        std::uint64_t bytes = 0;
        for (auto at = of_.slabs_; at != 0;) {
            if (at % small_alignment != 0 || at + sizeof(slab) > image_bytes)
                return { "slabs lie in the image", std::to_string(at) };
            auto* const seen = std::launder(reinterpret_cast<slab*>(base_ + at));
            bytes += sizeof(slab) + seen->bytes;
            if (seen->of >= size_classes || seen->bytes < class_bytes(seen->of)
                || at + sizeof(slab) + seen->bytes > image_bytes || bytes > all)
                return { "slabs have a class, and room for a block", std::to_string(at) };
            slabs_.push_back({ at, seen, std::vector<bool>(seen->bytes / class_bytes(seen->of)) });
            at = seen->next;
        }
        std::sort(slabs_.begin(), slabs_.end(), [](auto const& one, auto const& other) { return one.at < other.at; });
        if (bytes != all)
            return { "slabs add up", std::to_string(bytes) };
        for (std::size_t i = 1; i < slabs_.size(); ++i)
            if (slabs_[i - 1].at + sizeof(slab) + slabs_[i - 1].seen->bytes > slabs_[i].at)
                return { "slabs lie apart", std::to_string(slabs_[i].at) };
        return {};
    }

    /// Effect: marks what a list has. Returns the first broken rule, or soundness.
    [[nodiscard]] report mark(block_list const& list, unsigned of)
    {
        auto at = list.first;
        for (auto more = list.count; more > 0; --more) {
            if (auto broken = mark(at, of); !broken)
                return broken;
            std::memcpy(&at, base_ + at, sizeof at);
        }
        return at == 0 ? report() : report{ "lists count right", std::to_string(at) };
    }
    /// The same for one block.
    [[nodiscard]] report mark(place at, unsigned of)
    {
        auto* const home = slab_of(at);
        if (home == nullptr || home->seen->of != of)
            return { "a free block lies in a slab of its class", std::to_string(at) };
        auto const distance = at - home->at - sizeof(slab);
        auto const number = static_cast<std::size_t>(distance / class_bytes(of));
        if (distance % class_bytes(of) != 0 || number >= home->free.size() || is_uncut(at, of))
            return { "a free block was cut from its slab", std::to_string(at) };
        if (home->free[number])
            return { "a block is free once", std::to_string(at) };
        home->free[number] = true;
        ++home->count;
        return {};
    }

    [[nodiscard]] std::vector<entry> const& slabs() const noexcept { return slabs_; }
    /// The slab that a place lies in, or null.
    [[nodiscard]] entry* slab_of(place at) noexcept
    {
        auto next = std::upper_bound(
            slabs_.begin(), slabs_.end(), at, [](place wanted, entry const& seen) { return wanted < seen.at; });
        if (next == slabs_.begin())
            return nullptr;
        --next;
        return at < next->at + sizeof(slab) + next->seen->bytes ? &*next : nullptr;
    }

private:
    [[nodiscard]] bool is_uncut(place at, unsigned of) const noexcept
    {
        return at >= of_.uncut_[of].next && at < of_.uncut_[of].end;
    }

    pools const& of_;
    std::byte* base_;
    std::vector<entry> slabs_;
};

std::vector<pools::extent> pools::rooms(std::byte* base) const
{
    std::vector<extent> found;
    for (auto at = slabs_; at != 0;) {
        auto const& seen = *std::launder(reinterpret_cast<slab*>(base + at));
        found.push_back({ at, sizeof(slab) + seen.bytes });
        at = seen.next;
    }
    for (auto const at : caches_)
        if (at != 0)
            found.push_back({ at, sizeof(thread_cache) });
    return found;
}

report pools::validate(std::byte* base, std::size_t image_bytes) const
{
    census seen(*this, base);
    if (auto broken = seen.find_slabs(image_bytes); !broken)
        return broken;
    for (unsigned of = 0; of < size_classes; ++of) {
        if (auto broken = seen.mark(free_[of], of); !broken)
            return broken;
    }
    for (unsigned number = 0; number < most_caches; ++number) {
        auto const* const cache = cache_of(base, number);
        if (cache == nullptr)
            continue;
        for (unsigned of = 0; of < size_classes; ++of)
            for (auto const at : cache->blocks(of))
                if (auto broken = seen.mark(at, of); !broken)
                    return broken;
    }
    return {};
}

std::vector<void*> pools::take_empty_slabs(std::byte* base)
{
    census seen(*this, base);
    // The image is trusted here: only the counts are wanted.
    static_cast<void>(seen.find_slabs(static_cast<std::size_t>(-1)));
    for (unsigned of = 0; of < size_classes; ++of)
        static_cast<void>(seen.mark(free_[of], of));
    auto const is_empty = [&](census::entry const& entry) {
        auto const of = entry.seen->of;
        auto const start = entry.at + sizeof(slab);
        auto const end = start + entry.seen->bytes;
        auto const& rest = uncut_[of];
        return entry.count == ((rest.end == end ? rest.next : end) - start) / class_bytes(of);
    };
    std::vector<void*> taken;
    taken.reserve(seen.slabs().size());

    // Nothing below throws.
    for (unsigned of = 0; of < size_classes; ++of) {
        block_list kept;
        for (auto more = free_[of].count; more > 0; --more)
            if (auto* const block = free_[of].pop(base); !is_empty(*seen.slab_of(place_of(base, block))))
                kept.push(base, block);
        free_[of] = kept;
    }
    for (auto* link = &slabs_; *link != 0;) {
        auto const at = *link;
        auto* const here = std::launder(reinterpret_cast<slab*>(base + at));
        if (!is_empty(*seen.slab_of(at))) {
            link = &here->next;
            continue;
        }
        *link = here->next;
        if (uncut_[here->of].end == at + sizeof(slab) + here->bytes)
            uncut_[here->of] = {};
        of_class_[here->of] -= sizeof(slab) + here->bytes;
        taken.push_back(here);
    }
    return taken;
}

} // namespace still::heaps
