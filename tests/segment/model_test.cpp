// SPDX-License-Identifier: BSL-1.0
//
// Random scripts on many live versions, each beside the bytes that it must hold.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <stdexcept>
#include <string>

#include "support.hpp"

namespace {

using namespace still_test;
using still::byte_run;
using still::page_run;

/// A version beside its bytes, and which of its pages may not be written.
struct modelled {
    segment seen;
    bytes wanted;
    std::vector<bool> read_only;
};

std::vector<byte_run> differing_bytes(bytes one, bytes other)
{
    auto const size = std::max(one.size(), other.size());
    one.resize(size);
    other.resize(size);
    std::vector<byte_run> runs;
    for (std::size_t i = 0; i < size; ++i) {
        if (one[i] == other[i])
            continue;
        if (!runs.empty() && runs.back().offset + runs.back().count == i)
            ++runs.back().count;
        else
            runs.push_back({ i, 1 });
    }
    return runs;
}

std::vector<page_run> pages_of(std::vector<byte_run> const& differing)
{
    std::vector<page_run> runs;
    for (auto const run : differing) {
        for (auto page = run.offset / page_bytes; page <= (run.offset + run.count - 1) / page_bytes; ++page) {
            if (!runs.empty() && runs.back().first_page + runs.back().page_count > page)
                continue;
            if (!runs.empty() && runs.back().first_page + runs.back().page_count == page)
                ++runs.back().page_count;
            else
                runs.push_back({ page, 1 });
        }
    }
    return runs;
}

template <class Runs>
auto listed(Runs const& runs)
{
    std::vector<typename Runs::value_type> all;
    for (auto const run : runs)
        all.push_back(run);
    return all;
}

/// Keeps what a function of the page says.
class steady_keeper : public still::keeper {
public:
    explicit steady_keeper(unsigned name)
        : name_(name)
    {
    }
    [[nodiscard]] static std::byte value(unsigned name, std::uint64_t page)
    {
        return static_cast<std::byte>((name * 7 + page) % 5);
    }
    [[nodiscard]] bytes supply(std::uint64_t page) override { return bytes(page_bytes, value(name_, page)); }

private:
    unsigned name_;
};

class script {
public:
    explicit script(std::uint32_t seed)
        : random_(seed)
    {
        versions_.push_back({ segment(0, bank_), {}, {} });
    }
    /// Effect: lets go of everything.
    void finish()
    {
        versions_.clear();
        RC_ASSERT(bank_.usage() == 0U);
    }

    void step()
    {
        auto next = versions_[below(versions_.size())];
        switch (below(10)) {
        case 0:
            resize(next);
            break;
        case 1:
            mount(next);
            break;
        case 2:
            keep(next);
            break;
        case 3:
            next.seen = std::move(next.seen).fetch(0, next.seen.size());
            break;
        case 4:
            next.seen = std::move(next.seen).freeze();
            RC_ASSERT(next.seen.frames_only());
            std::fill(next.read_only.begin(), next.read_only.end(), false);
            break;
        case 5:
            watch(next);
            break;
        default:
            for (auto writes = below(4) + 1; writes > 0; --writes)
                write(next);
            break;
        }
        check(next);
        versions_.push_back(std::move(next));
        if (versions_.size() > 8)
            versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(below(versions_.size())));
        for (auto const& version : versions_)
            RC_ASSERT(content(version.seen) == version.wanted); // nobody else's write is seen
        compare(versions_[below(versions_.size())], versions_.back());
    }

private:
    [[nodiscard]] std::size_t below(std::size_t end) { return random_() % end; }

    struct range {
        std::size_t offset;
        std::size_t count;
    };
    /// Bytes of something so long; now and then whole pages.
    range some(std::size_t size)
    {
        auto offset = below(size + 1);
        if (below(3) == 0)
            offset -= offset % page_bytes;
        auto count = below(std::min<std::size_t>(size - offset, 3 * page_bytes) + 1);
        if (below(3) == 0)
            count -= count % page_bytes;
        return { offset, count };
    }

    void resize(modelled& version)
    {
        auto const size = below(12 * page_bytes);
        if (size % page_bytes != 0 && size < version.wanted.size()) {
            // A page that is cut becomes a frame, if bytes go.
            auto const page = size / page_bytes;
            auto const end = std::min((page + 1) * page_bytes, version.wanted.size());
            for (auto i = size; i < end; ++i) {
                if (version.wanted[i] != std::byte{ 0 })
                    version.read_only[page] = false;
            }
        }
        version.seen = std::move(version.seen).resize(size);
        version.wanted.resize(size);
        version.read_only.resize((size + page_bytes - 1) / page_bytes);
    }

    void mount(modelled& version)
    {
        auto const& other = versions_[below(versions_.size())];
        auto [offset, count] = some(version.wanted.size());
        auto from = below(other.wanted.size() + 1);
        offset -= offset % page_bytes;
        from -= from % page_bytes;
        count = std::min(count, other.wanted.size() - from);
        if (from + count != other.wanted.size())
            count -= count % page_bytes;
        auto const rights = below(3) == 0 ? still::mount_rights::read_only : still::mount_rights::copy_on_write;
        try {
            version.seen = std::move(version.seen).mount(offset, other.seen, from, count, rights);
        } catch (still::mount_too_deep const&) {
            version.seen = std::move(version.seen).freeze();
            std::fill(version.read_only.begin(), version.read_only.end(), false);
            return;
        }
        std::copy_n(other.wanted.begin() + static_cast<std::ptrdiff_t>(from), count,
            version.wanted.begin() + static_cast<std::ptrdiff_t>(offset));
        auto const end = (offset + count + page_bytes - 1) / page_bytes * page_bytes;
        for (auto i = offset + count; i < std::min(end, version.wanted.size()); ++i)
            version.wanted[i] = std::byte{ 0 };
        for (auto page = offset / page_bytes; page < end / page_bytes; ++page)
            version.read_only[page] = rights == still::mount_rights::read_only;
    }

    void keep(modelled& version)
    {
        auto [offset, count] = some(version.wanted.size());
        offset -= offset % page_bytes;
        if (offset + count != version.wanted.size())
            count -= count % page_bytes;
        auto const name = static_cast<unsigned>(below(50));
        version.seen = std::move(version.seen).keep(offset, count, std::make_shared<steady_keeper>(name));
        for (std::size_t i = 0; i < count; ++i)
            version.wanted[offset + i] = steady_keeper::value(name, i / page_bytes);
        for (auto page = offset / page_bytes; page * page_bytes < offset + count; ++page)
            version.read_only[page] = false;
    }

    void watch(modelled& version)
    {
        auto const [offset, count] = some(version.wanted.size());
        if (below(2) == 0)
            version.seen = std::move(version.seen).unwatch(*told_);
        else
            version.seen = std::move(version.seen).watch(offset, count, told_);
    }

    void write(modelled& version)
    {
        auto const [offset, count] = some(version.wanted.size());
        bytes source(count, static_cast<std::byte>(below(4)));
        if (count > 0 && below(2) == 0)
            source[below(count)] = std::byte{ 9 };
        auto given = below(2) == 0 ? segment() : version.seen; // then its nodes are shared
        auto refused = false;
        try {
            version.seen = std::move(version.seen).write(offset, source);
        } catch (still::read_only_mount const&) {
            refused = true;
        }
        auto wanted = false;
        for (auto page = offset / page_bytes; count > 0 && page <= (offset + count - 1) / page_bytes; ++page)
            wanted = wanted || version.read_only[page];
        RC_ASSERT(refused == wanted);
        if (!refused)
            std::copy(source.begin(), source.end(), version.wanted.begin() + static_cast<std::ptrdiff_t>(offset));
    }

    void check(modelled const& version)
    {
        auto const& [seen, wanted, read_only] = version;
        auto const sound = validate(seen);
        if (!sound)
            RC_FAIL(sound.rule() + " at " + sound.place());
        RC_ASSERT(seen.size() == wanted.size());
        auto const [offset, count] = some(wanted.size());
        bytes target(count, std::byte{ 0xee });
        seen.read(offset, target);
        RC_ASSERT(std::ranges::equal(target, std::span(wanted).subspan(offset, count)));
        if (wanted.size() < sizeof(std::uint64_t))
            return;
        auto const at = below(wanted.size() - sizeof(std::uint64_t) + 1);
        std::uint64_t expected = 0;
        std::memcpy(&expected, wanted.data() + at, sizeof expected);
        RC_ASSERT(seen.load<std::uint64_t>(at) == expected);
    }

    /// What is with keepers differs from all else, so they are asked first.
    void compare(modelled const& one, modelled const& other)
    {
        auto const before = one.seen.fetch(0, one.seen.size());
        auto const after = other.seen.fetch(0, other.seen.size());
        auto const differing = differing_bytes(one.wanted, other.wanted);
        RC_ASSERT(listed(diff_bytes(before, after)) == differing);
        RC_ASSERT(listed(diff(before, after)) == pages_of(differing));
        RC_ASSERT((before == after) == (one.wanted == other.wanted));
        RC_ASSERT(patch(before, diff(before, after)) == after);
        RC_ASSERT(patch(before, diff(before, after)).size() == after.size());
        auto const changes = make_patch(before, after);
        auto const writable = before.freeze();
        RC_ASSERT(patch(writable, changes) == after);
        RC_ASSERT(patch(writable, diff_bytes(before, after)) == after);
        RC_ASSERT(content(patch(one.seen, diff(one.seen, other.seen))) == other.wanted); // keepers and mounts too
    }

    std::mt19937 random_;
    still::bank bank_{ std::size_t{ 1 } << 30 };
    std::shared_ptr<notebook> told_ = std::make_shared<notebook>();
    std::vector<modelled> versions_;
};

RC_GTEST_PROP(segments, hold_what_a_script_makes_of_them, (std::uint32_t seed))
{
    script running(seed);
    for (int i = 0; i < 30; ++i)
        running.step();
    running.finish();
}

} // namespace
