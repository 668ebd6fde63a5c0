// SPDX-License-Identifier: BSL-1.0
//
// A host with three plugins, which are shared objects: one honest, one that never lets go of what it has opened, and
// one that misuses whatever it can. Each gets a bank of its own, a weak capability to an index and one to the newest
// snapshot of a heap. The host goes on writing, takes everything back, and counts its memory.
//
//   plugin_host [MEBIBYTES]    of rows in the index, 100 where nothing is said

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin_host/component.hpp"

namespace {

using namespace plugin_host;
using namespace still::literals;
using namespace std::chrono_literals;
using numbers = std::vector<std::uint64_t, still::heap_allocator<std::uint64_t>>;

constexpr std::uint64_t versions = 100;

std::string amount(std::size_t bytes)
{
    if (bytes == 0)
        return "nothing";
    return bytes < 1_MiB ? "under 1 MiB" : std::to_string((bytes + 1_MiB / 2) / 1_MiB) + " MiB";
}

/// What the host has, and who pays for it.
class house {
public:
    explicit house(std::uint64_t row_count)
        : rows_(first_rows(row_count), index_bank_)
        , numbers_(&heap_->construct<numbers>("numbers", heap_->allocator<std::uint64_t>()))
        , row_count_(row_count)
    {
        {
            auto const guard = heap_->mutate();
            numbers_->assign(8'192, 0);
        }
        image_ = still::atom<still::snapshot>(heap_->snapshot(), frame_bank_);
        till_.reduce(0);
    }

    /// Effect: lends a component the index and the newest snapshot, and lets it work.
    void employ(component& hired)
    {
        auto rows = rows_.capability().weaken().forward(lending_);
        auto image = image_.capability().weaken().forward(lending_);
        auto const start = reinterpret_cast<std::uintptr_t>(heap_->bytes().data());
        auto const offset = reinterpret_cast<std::uintptr_t>(numbers_->data()) - start;
        hired.start({ .payer = hired.payer(),
                        .rows = rows.capability,
                        .image = image.capability,
                        .numbers = { .offset = offset, .count = numbers_->size() },
                        .envelope = ours_.seal(rows.capability),
                        .till = till_,
                        .buy = [this](still::bank const& payer) { return sell(payer); } },
            std::move(rows.revoker), std::move(image.revoker));
    }

    /// Effect: newer versions of both, in the place of those before.
    void write()
    {
        for (std::uint64_t version = 1; version <= versions; ++version) {
            row changed{};
            changed.fill(version);
            rows_.update([&](row_index const& before) {
                return before.insert_or_assign(version * (row_count_ / (versions + 1)), changed);
            });
            {
                auto const guard = heap_->mutate();
                std::ranges::fill(*numbers_, version);
            }
            image_.store(heap_->snapshot());
        }
    }

    [[nodiscard]] std::uint64_t sum() const
    {
        auto const newest = rows_.capability().open();
        return sum_of(**newest);
    }

    /// Effect: drops the index, and the heap with its snapshots.
    [[nodiscard]] still::destruction close()
    {
        image_ = {};
        heap_.reset();
        return index_bank_.destroy();
    }

    [[nodiscard]] still::bank plugin_bank(std::size_t limit) const { return all_.child(limit); }
    [[nodiscard]] std::size_t usage() const { return all_.usage(); }
    [[nodiscard]] std::size_t index_usage() const { return index_bank_.usage(); }

    /// Effect: a line of who has how much.
    void show(std::string_view when, std::vector<std::unique_ptr<component>> const& plugins) const
    {
        std::cout << when << ": index " << amount(index_bank_.usage()) << ", snapshots " << amount(frame_bank_.usage())
                  << ", forwarders " << amount(lending_.usage());
        for (auto const& each : plugins)
            std::cout << ", " << each->name() << ' ' << amount(each->payer().usage());
        std::cout << '\n';
    }

private:
    [[nodiscard]] row_index first_rows(std::uint64_t count) const
    {
        auto const numbered
            = std::views::iota(std::uint64_t{ 0 }, count) | std::views::transform([](std::uint64_t key) {
                  row values{};
                  values.back() = key;
                  return std::pair(key, values);
              });
        return row_index::from_sorted(numbered, std::less<>(), still::charged_heap(index_bank_));
    }

    /// Sells a row to whoever pays from a bank of this house; nothing is charged before that is sure.
    [[nodiscard]] std::string sell(still::bank const& payer) const
    {
        if (!all_.verify(payer))
            return "refused";
        static_cast<void>(row_index(payer).insert_or_assign(1, row{}));
        return "sold";
    }

    still::bank const all_{ 2_GiB };
    still::bank const index_bank_ = all_.child(1_GiB);
    still::bank const frame_bank_ = all_.child(64_MiB);
    still::bank const lending_ = all_.child(1_MiB);
    still::bank const till_ = all_.child(1_MiB);
    still::brand const ours_{ "house" };
    still::atom<row_index> rows_;
    std::optional<still::heap> heap_{ std::in_place, still::heap_options{ .capacity = 64_MiB, .bank = frame_bank_ } };
    numbers* numbers_;
    still::atom<still::snapshot> image_;
    std::uint64_t row_count_;
};

void print(std::vector<std::string> const& lines)
{
    for (auto const& line : lines)
        std::cout << line << '\n';
}

std::string_view name_of(still::waited const& said)
{
    return said.how == still::waited::end::drained ? "drained"
        : said.how == still::waited::end::stuck    ? "stuck"
                                                   : "would_deadlock";
}

void run(std::uint64_t mebibytes, std::filesystem::path const& plugins_in)
{
    std::vector<std::unique_ptr<component>> plugins;
    house host(mebibytes * (1_MiB / row_bytes));
    auto const load = [&](std::string const& name, std::size_t limit) {
        plugins.push_back(
            std::make_unique<component>(name, plugins_in / (name + "_plugin.so"), host.plugin_bank(limit)));
    };
    load("honest", 512_MiB);
    load("misuser", 1_MiB);
    load("stubborn", 1_MiB);
    auto const every = [&](auto const& does) { std::ranges::for_each(plugins, [&](auto& each) { does(*each); }); };
    auto const owner_of = [&](std::thread::id thread) {
        auto const found = std::ranges::find_if(plugins, [&](auto const& each) { return each->runs(thread); });
        return found != plugins.end() ? (*found)->name() : std::string("somebody else");
    };

    host.show("before", plugins);
    // prints: before: index 110 MiB, snapshots under 1 MiB, forwarders nothing,
    // prints: honest nothing, misuser nothing, stubborn nothing
    auto const usage_before = host.index_usage();

    every([&](component& each) { host.employ(each); });
    every([](component& each) { each.with().wait_for(stage::at_work); });
    host.write(); // while they read
    every([](component& each) { each.with().reach(stage::written); });
    every([](component& each) { each.with().wait_for(stage::done); });
    host.show("at work", plugins);
    // prints: at work: index 110 MiB, snapshots under 1 MiB, forwarders under 1 MiB,
    // prints: honest 110 MiB, misuser under 1 MiB, stubborn nothing

    // Whoever may not let go comes last: by which way a lease came is known as long as that isn't revoked itself.
    every([&](component& each) {
        auto const said = each.take_back(std::chrono::steady_clock::now() + 50ms);
        std::cout << "revoked from " << each.name() << ": " << name_of(said);
        if (said.how == still::waited::end::stuck)
            std::cout << " by a lease of " << owner_of(said.holder);
        std::cout << '\n';
        each.with().reach(stage::revoked);
    });
    // prints: revoked from honest: drained
    // prints: revoked from misuser: drained
    // prints: revoked from stubborn: stuck by a lease of stubborn
    every([](component& each) { each.with().wait_for(stage::tried); });
    host.show("revoked", plugins);
    // prints: revoked: index 110 MiB, snapshots under 1 MiB, forwarders nothing,
    // prints: honest 110 MiB, misuser nothing, stubborn nothing
    std::cout << "more than before: " << amount(host.index_usage() - usage_before) << '\n';
    // prints: more than before: under 1 MiB
    std::cout << "the rows add up to " << host.sum() << '\n'; // prints: the rows add up to 85237416800

    // The host drops its index and its heap. One version stays, as long as somebody has it open, and it knows who.
    auto const said = host.close();
    std::cout << "dropped but for " << amount(said.bytes) << " under " << said.leases << " lease of "
              << owner_of(said.holders.front()) << '\n';
    // prints: dropped but for 110 MiB under 1 lease of stubborn
    host.show("dropped", plugins);
    // prints: dropped: index 110 MiB, snapshots nothing, forwarders nothing,
    // prints: honest 110 MiB, misuser nothing, stubborn nothing

    auto& stubborn = *plugins[2];
    stubborn.end(); // what no capability can do: its thread is asked to end, and does
    print(stubborn.tell());
    // prints: stubborn: what it had open was as it had been
    // prints: stubborn: after revocation: revoked
    host.show("let go", plugins);
    // prints: let go: index nothing, snapshots nothing, forwarders nothing,
    // prints: honest 110 MiB, misuser nothing, stubborn nothing

    auto& honest = *plugins[0];
    honest.end();
    print(honest.tell()); // it reads its own copies, of what the host has no more
    // prints: honest: what it buys with its bank is sold
    // prints: honest: the second copy cost a small part of the first
    // prints: honest: opened no snapshot half written
    // prints: honest: after revocation: revoked and revoked
    // prints: honest: its own rows add up to 85237416800
    // prints: honest: its own numbers are from 100 to 100
    std::cout << "beside these the host pays for " << amount(host.usage() - honest.payer().usage()) << '\n';
    // prints: beside these the host pays for nothing

    auto& misuser = *plugins[1];
    misuser.end();
    std::cout << "misuser: threw: " << misuser.thrown() << '\n'; // prints: misuser: threw: I never catch anything
    auto const misuses = misuser.tell();
    plugins.clear();
    std::cout << "at the end: " << amount(host.usage()) << '\n'; // prints: at the end: nothing
    print(misuses); // as plugin_host/misuser.cpp says
}

} // namespace

int main(int count, char** arguments)
{
    try {
        run(count > 1 ? std::stoul(arguments[1]) : 100, std::filesystem::read_symlink("/proc/self/exe").parent_path());
    } catch (std::exception const& failure) {
        std::cerr << "plugin_host: " << failure.what() << '\n';
        return 1;
    }
}
