// SPDX-License-Identifier: BSL-1.0
//
// A container in a heap under a random script, beside a model of all its versions: edits, snapshots, rollbacks,
// mappings that are kept and read again, branches in which the script goes on, and versions, mappings and branches that
// go. Where the container is linked by addresses, mappings are compared as bytes, and branches refuse it.

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "container_subject.hpp"

namespace still_test {

class container_script {
public:
    container_script(container_subject const& subject, std::uint_fast32_t seed)
        : subject_(subject)
        , random_(seed)
        , has_pools_(seed % 2 != 0)
    {
    }

    void run(int steps)
    {
        lines_.push_back(
            std::make_unique<line>(still::heap{ { .capacity = capacity, .pools = has_pools_ } }, "data", 0));
        lines_.front()->at_first = in_use(lines_.front()->heap);
        subject_.construct(lines_.front()->heap, "data");
        ASSERT_NO_FATAL_FAILURE(cut(*lines_.front()));
        for (auto step = 0; step < steps; ++step)
            ASSERT_NO_FATAL_FAILURE(take_step()) << "step " << step;
        ASSERT_NO_FATAL_FAILURE(finish());
    }

    /// What the script did besides edits.
    struct tally {
        int restored = 0;
        int mapped = 0;
        int read_again = 0;
        int branched = 0;
        int dropped = 0;

        tally& operator+=(tally const& more)
        {
            restored += more.restored;
            mapped += more.mapped;
            read_again += more.read_again;
            branched += more.branched;
            dropped += more.dropped;
            return *this;
        }
    };
    [[nodiscard]] tally const& done() const noexcept { return done_; }

private:
    static constexpr std::size_t capacity = std::size_t{ 1 } << 26U;
    static constexpr std::size_t most_lines = 3;
    static constexpr std::size_t most_versions = 12;

    /// A heap that the script goes on in: the first, or a branch.
    struct line {
        line(still::heap of, std::string under, int as)
            : heap(std::move(of))
            , name(std::move(under))
            , number(as)
        {
        }
        still::heap heap;
        std::string name; // of the container that is edited here
        int number;
        contents model;
        std::size_t at_first = 0; // bytes in use without it; 0: not known
    };
    /// Somebody's version, which may outlive its heap.
    struct version {
        int of; // the line's number
        std::string name;
        still::snapshot cut;
        contents model;
        std::vector<std::byte> bytes;
        std::vector<still::mapping> mapped;
    };

    [[nodiscard]] std::size_t below(std::size_t end) { return random_() % end; }
    [[nodiscard]] line& any_line() { return *lines_[below(lines_.size())]; }
    [[nodiscard]] version& any_version() { return versions_[below(versions_.size())]; }
    [[nodiscard]] static std::size_t in_use(still::heap const& of)
    {
        return of.bytes().size() - of.statistics().free_bytes;
    }
    [[nodiscard]] static bool same(std::span<std::byte const> one, std::span<std::byte const> other)
    {
        return one.size() == other.size() && std::memcmp(one.data(), other.data(), one.size()) == 0;
    }

    void take_step()
    {
        auto const what = below(100);
        if (what < 3)
            cut(any_line());
        else if (what < 6)
            restore(any_line());
        else if (what < 9)
            map(any_version());
        else if (what < 12)
            read_again(any_version());
        else if (what < 13)
            branch(any_version());
        else if (what < 14)
            drop();
        else
            change(any_line());
    }

    void change(line& in)
    {
        auto const what = below(20);
        edit const next{ what < 11 ? edit::kind::put
                : what < 17        ? edit::kind::take
                                   : edit::kind::alter,
            static_cast<int>(below(200)), static_cast<int>(below(1'000)), below(1'000) };
        auto const guard = in.heap.mutate();
        subject_.apply(next, in.heap, in.name, in.model);
    }
    void check(line const& seen)
    {
        ASSERT_EQ(subject_.read(seen.heap, seen.name), seen.model);
        ASSERT_TRUE(seen.heap.validate()) << seen.heap.validate();
    }

    void cut(line& of)
    {
        if (versions_.size() == most_versions)
            drop_version();
        auto const bytes = of.heap.bytes();
        versions_.push_back(
            { of.number, of.name, of.heap.snapshot(), of.model, std::vector(bytes.begin(), bytes.end()), {} });
    }
    void restore(line& to)
    {
        auto const& back = any_version();
        if (back.of != to.number) { // another heap's, also where one branched from the other
            ASSERT_THROW(to.heap.restore(back.cut), std::invalid_argument);
        } else {
            to.heap.restore(back.cut);
            ASSERT_TRUE(same(to.heap.bytes(), back.bytes));
            to.model = back.model;
            ++done_.restored;
        }
        check(to);
    }

    void map(version& seen)
    {
        seen.mapped.push_back(seen.cut.map());
        compare(seen.mapped.back(), seen);
        ++done_.mapped;
    }
    void read_again(version& seen)
    {
        if (seen.mapped.empty())
            return;
        auto const which = below(seen.mapped.size());
        compare(seen.mapped[which], seen);
        if (below(3) == 0)
            seen.mapped.erase(seen.mapped.begin() + static_cast<std::ptrdiff_t>(which));
        ++done_.read_again;
    }
    void compare(still::mapping const& seen, version const& with)
    {
        ASSERT_TRUE(same(seen.bytes(), with.bytes));
        if (subject_.relocatable()) {
            ASSERT_EQ(subject_.read(seen, with.name), with.model);
        }
    }

    /// Effect: the script goes on in another heap, too, that begins as a version.
    void branch(version const& from)
    {
        if (lines_.size() == most_lines)
            lines_.pop_back();
        auto made = std::make_unique<line>(
            still::heap::branch(from.cut, { .capacity = capacity }), from.name, ++done_.branched);
        auto& to = *made;
        if (subject_.relocatable()) {
            to.model = from.model;
        } else {
            ASSERT_THROW(static_cast<void>(subject_.read(to.heap, to.name)), std::logic_error);
            to.name = "data of branch " + std::to_string(to.number);
            subject_.construct(to.heap, to.name);
        }
        lines_.push_back(std::move(made));
        check(to);
        change(to);
        check(to);
    }

    void drop_version()
    {
        versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(below(versions_.size())));
        ++done_.dropped;
    }
    void drop()
    {
        if (below(2) == 0 && versions_.size() > 1)
            drop_version();
        else if (lines_.size() > 1) // its versions, and mappings of them, stay
            lines_.erase(lines_.begin() + 1 + static_cast<std::ptrdiff_t>(below(lines_.size() - 1)));
    }

    /// Effect: each heap is right, and so is each version: in a mapping, in a branch, and in its heap where that is
    /// there. In the end nothing is left in the heaps.
    void finish()
    {
        for (auto const& each : lines_)
            ASSERT_NO_FATAL_FAILURE(check(*each));
        for (auto& seen : versions_) {
            ASSERT_NO_FATAL_FAILURE(map(seen));
            for (auto const& mapped : seen.mapped)
                ASSERT_NO_FATAL_FAILURE(compare(mapped, seen));
            for (auto const& each : lines_) {
                if (each->number != seen.of)
                    continue;
                each->heap.restore(seen.cut);
                each->model = seen.model;
                ASSERT_NO_FATAL_FAILURE(check(*each));
            }
        }
        for (auto const& each : lines_) {
            ASSERT_TRUE(subject_.destroy(each->heap, each->name));
            ASSERT_TRUE(each->heap.validate()) << each->heap.validate();
            // What the best fit has free is known exactly; threads keep blocks of pools at hand.
            if (each->at_first != 0 && !has_pools_) {
                ASSERT_EQ(in_use(each->heap), each->at_first);
            }
        }
    }

    container_subject const& subject_;
    std::mt19937 random_;
    bool const has_pools_;
    std::vector<std::unique_ptr<line>> lines_;
    std::vector<version> versions_;
    tally done_;
};

/// Effect: runs scripts of several seeds, in heaps with pools and without.
inline void run_container_scripts(container_subject const& subject)
{
    container_script::tally did;
    for (std::uint_fast32_t seed = 1; seed <= 4 && !::testing::Test::HasFatalFailure(); ++seed) {
        SCOPED_TRACE(seed);
        container_script script(subject, seed);
        script.run(500);
        did += script.done();
    }
    EXPECT_TRUE(did.restored > 10 && did.mapped > 20 && did.read_again > 10 && did.branched > 4 && did.dropped > 10);
}

} // namespace still_test
