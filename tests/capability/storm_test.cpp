// SPDX-License-Identifier: BSL-1.0
//
// A hundred banks, and four threads that grant, forward, attenuate, open, adopt, revoke, hand over and destroy at
// random. Each writes down what it brings into which bank; at quiet points every bank's usage must be the sum of that,
// to the byte, and the table must have as many slots in use, within its bound.
//
// STILL_TEST_STORM_SECONDS is how long it lasts; a minute makes for a million capabilities at a time. STILL_TEST_SEED
// is the seed of all decisions.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "probe.hpp"
#include "still/map.hpp"
#include "storm.hpp"

namespace {

using namespace still_test;
using numbers = still::map<int, int, std::less<>, still::charged_policy>;

[[nodiscard]] std::uint64_t asked_for(char const* name, std::uint64_t otherwise)
{
    auto const* const asked = std::getenv(name);
    return asked != nullptr ? std::stoull(asked) : otherwise;
}

template <class T>
[[nodiscard]] T make(int key, still::bank const& payer)
{
    if constexpr (std::same_as<T, probe>)
        return probe(key);
    else
        return numbers(payer).insert_or_assign(0, key);
}
template <class View>
[[nodiscard]] int key_of(View const& seen)
{
    if constexpr (std::same_as<View, probe>)
        return seen.key();
    else
        return seen.at(0);
}

/// What a granted version costs its bank beside the slot, and an adopted one.
template <class T>
[[nodiscard]] std::size_t version_bytes()
{
    still::bank const bank(1U << 16U);
    auto const mine = still::grant(make<T>(1, bank), bank);
    return bank.usage() - still::slots::slot_bytes;
}
[[nodiscard]] std::size_t adopted_bytes()
{
    still::bank const bank(1U << 16U);
    still::bank const own(1U << 16U);
    auto const mine = still::grant(make<numbers>(1, bank), bank);
    auto const adopted = still::adopt(mine.capability(), own);
    return own.usage();
}

/// What all threads have a hand in.
struct weather {
    weather(std::uint64_t seconds, std::uint64_t first_seed)
        : most(std::min<std::size_t>(1'000'000, 17'000 * static_cast<std::size_t>(seconds)))
        , seed(first_seed)
        , banks(most * 3)
        , began(still::slots::seen())
    {
    }
    std::size_t const most; ///< grants and forwarders at a time, about
    std::uint64_t const seed;
    accounts banks;
    still::slots::table_state const began;
    std::size_t const adopted = adopted_bytes();
    std::atomic<bool> over{ false };
    std::atomic<bool> pause{ false };
    std::atomic<std::size_t> owned{ 0 }; ///< never less than there are
    std::atomic<std::size_t> peak{ 0 };

    void about_to_own_one()
    {
        auto const now = owned.fetch_add(1) + 1;
        for (auto seen = peak.load(); seen < now && !peak.compare_exchange_weak(seen, now);) { }
    }
};

/// The capabilities for one type that lie where all threads find them, and the rights to take back that are handed
/// over.
template <class T>
struct market {
    struct shown {
        still::capability<T> capability;
        std::shared_ptr<step const> way;
    };
    struct right {
        std::variant<still::granted<T>, still::revoker> revoke;
        still::capability<T> capability;
        std::shared_ptr<step> own;
    };
    std::size_t const version = version_bytes<T>();
    std::mutex guard;
    std::vector<shown> shelf = std::vector<shown>(512);
    std::vector<right> handed_over;
};

struct counts {
    std::uint64_t operations = 0;
    std::uint64_t made = 0;
    std::uint64_t opened = 0;
    std::uint64_t refused = 0;
    std::uint64_t destroyed = 0;
    std::uint64_t over_quota = 0;
};

/// One thread's dealings in one type.
template <class T>
class trade {
    using shown = typename market<T>::shown;
    using right = typename market<T>::right;

public:
    trade(weather& outside, market<T>& place, ledger& book, counts& tally, std::mt19937_64& random)
        : outside_(outside)
        , market_(place)
        , book_(book)
        , tally_(tally)
        , random_(random)
    {
    }

    void grant()
    {
        auto const& payer = outside_.banks.leaf(random_() % accounts::leaves);
        auto const key = static_cast<int>(random_() % 1'000'000'000);
        own_one(payer, std::make_shared<step>(nullptr, payer, key, market_.version), [&](right& mine) {
            auto granted = still::grant(make<T>(key, payer.bank), payer.bank);
            mine.capability = granted.capability();
            mine.revoke = std::move(granted);
        });
    }
    void forward()
    {
        auto const source = any();
        if (source.way == nullptr || depth_of(*source.way) >= still::slots::most_forwarders)
            return;
        auto const& payer = outside_.banks.leaf(random_() % accounts::leaves);
        own_one(payer, std::make_shared<step>(source.way, payer, source.way->key, 0U), [&](right& mine) {
            auto forwarder = source.capability.forward(payer.bank);
            mine.capability = forwarder.capability;
            mine.revoke = std::move(forwarder.revoker);
        });
    }
    void attenuate()
    {
        auto one = any();
        if (one.way == nullptr)
            return;
        auto const ended = has_ended(*one.way);
        auto const less = one.capability.attenuate(still::rights::read | still::rights::adopt);
        if (one.way->before == nullptr && !ended && !less) {
            EXPECT_TRUE(has_begun_to_end(*one.way)) << "null of a grant that stands";
        }
        ++tally_.made;
        one.capability = less ? less : one.capability;
        show(one);
    }
    void open()
    {
        // Some are opened again and again, so that what a thread remembers of their ways is put to the test.
        auto& favourite = favourites_.at(random_() % favourites_.size());
        if (favourite.way == nullptr || random_() % 64 == 0)
            favourite = any();
        auto const one = random_() % 2 == 0 ? favourite : any();
        if (one.way == nullptr)
            return;
        auto const ended = has_ended(*one.way);
        auto const lease = one.capability.open();
        judge(static_cast<bool>(lease), ended, *one.way);
        if (lease) {
            EXPECT_EQ(key_of(**lease), one.way->key) << "another's version";
        } else {
            expect_named(lease.error());
            if (one.way == favourite.way)
                favourite = {};
            if (random_() % 4 == 0)
                remember(one);
        }
    }
    /// Effect: opens, and keeps the lease for long.
    void hold_on()
    {
        if (!leases_.empty()) {
            auto const which = random_() % leases_.size();
            auto const& [lease, way] = leases_[which];
            EXPECT_EQ(key_of(***lease), way->key);
            std::swap(leases_[which], leases_.back());
            leases_.pop_back();
        }
        auto const one = any();
        if (one.way == nullptr)
            return;
        auto const ended = has_ended(*one.way);
        auto lease = std::unique_ptr<result>(new result(one.capability.open()));
        judge(static_cast<bool>(*lease), ended, *one.way);
        if (*lease)
            leases_.emplace_back(std::move(lease), one.way);
    }
    void adopt()
    {
        if constexpr (still::can_be_adopted<T>) {
            auto const one = any();
            if (one.way == nullptr)
                return;
            auto const& payer = outside_.banks.leaf(random_() % accounts::leaves);
            auto const ended = has_ended(*one.way);
            attempt(payer, [&] {
                auto const adopted = still::adopt(one.capability, payer.bank);
                judge(static_cast<bool>(adopted), ended, *one.way);
                if (!adopted)
                    return;
                EXPECT_EQ(key_of(*adopted), one.way->key);
                kept_.emplace_back(*adopted, &payer);
                book_.of(payer).kept += static_cast<std::int64_t>(outside_.adopted);
            });
            if (kept_.size() > 200)
                drop_kept(random_() % kept_.size());
        }
    }
    void revoke()
    {
        if (rights_.empty())
            return;
        std::swap(rights_[random_() % rights_.size()], rights_.back());
        end(std::move(rights_.back()));
        rights_.pop_back();
    }
    void hand_over()
    {
        if (rights_.empty())
            return;
        std::swap(rights_[random_() % rights_.size()], rights_.back());
        std::lock_guard const lock(market_.guard);
        auto& other = market_.handed_over;
        other.push_back(std::move(rights_.back()));
        rights_.pop_back();
        if (other.size() > 64) {
            std::swap(other[random_() % other.size()], other.back());
            rights_.push_back(std::move(other.back()));
            other.pop_back();
        }
    }
    void end_all()
    {
        leases_.clear();
        while (!kept_.empty())
            drop_kept(kept_.size() - 1);
        while (!rights_.empty())
            revoke();
    }
    /// Effect: ends what was handed over to nobody.
    void clear_market()
    {
        for (auto& one : std::exchange(market_.handed_over, {}))
            end(std::move(one));
        market_.shelf.clear();
    }

    template <class Visit>
    void for_each_lease(Visit visit) const
    {
        for (auto const& [lease, way] : leases_)
            visit(*way);
    }

private:
    using result = boost::system::result<still::lease<T>>;

    /// Effect: does what charges a bank, which may refuse.
    template <class Charge>
    bool attempt(account const& payer, Charge charge)
    {
        try {
            charge();
            return true;
        } catch (still::quota_exceeded const&) {
            ++tally_.over_quota;
        } catch (still::bank_destroyed const&) {
            EXPECT_TRUE(has(&account::ending, payer)) << "refused by a bank that stands";
        }
        return false;
    }
    template <class Buy>
    void own_one(account const& payer, std::shared_ptr<step> own, Buy buy)
    {
        right mine{ {}, {}, std::move(own) };
        outside_.about_to_own_one();
        if (!attempt(payer, [&] { buy(mine); })) {
            --outside_.owned;
            return;
        }
        ++tally_.made;
        enter(*mine.own, 1);
        show({ mine.capability, mine.own });
        rights_.push_back(std::move(mine));
    }
    void end(right gone)
    {
        gone.own->ending = true;
        std::visit([](auto& taker) { taker.revoke(); }, gone.revoke);
        gone.own->ended = true;
        enter(*gone.own, -1);
        --outside_.owned;
        EXPECT_FALSE(gone.capability.open()) << "it was taken back";
        remember({ gone.capability, gone.own });
    }
    void enter(step const& one, std::int64_t sign)
    {
        auto& sums = book_.of(one.payer);
        sums.slots += sign;
        sums.versions += sign * static_cast<std::int64_t>(one.version_bytes);
        if (one.before == nullptr && std::same_as<T, probe>)
            sums.probes += sign;
    }
    void drop_kept(std::size_t which)
    {
        std::swap(kept_[which], kept_.back());
        book_.of(*kept_.back().second).kept -= static_cast<std::int64_t>(outside_.adopted);
        kept_.pop_back();
    }

    void judge(bool opened, bool had_ended, step const& way)
    {
        ++(opened ? tally_.opened : tally_.refused);
        if (opened) {
            EXPECT_FALSE(had_ended) << "opened after it was taken back";
        } else {
            EXPECT_TRUE(has_begun_to_end(way)) << "refused, though nobody takes it back";
        }
    }
    static void expect_named(boost::system::error_code const& error)
    {
        EXPECT_TRUE(error == still::capability_error::revoked || error == still::capability_error::bank_destroyed)
            << error.message();
    }

    void show(shown const& one)
    {
        std::lock_guard const lock(market_.guard);
        market_.shelf[random_() % market_.shelf.size()] = one;
    }
    void remember(shown const& dead)
    {
        if (stale_.size() < 256)
            stale_.push_back(dead);
        else
            stale_[random_() % stale_.size()] = dead;
    }
    /// From the shelf, of one's own, or one that was taken back long ago.
    [[nodiscard]] shown any()
    {
        auto const how = random_() % 8;
        if (how == 0 && !stale_.empty())
            return stale_[random_() % stale_.size()];
        if (how < 4 && !rights_.empty()) {
            auto const& mine = rights_[random_() % rights_.size()];
            return { mine.capability, mine.own };
        }
        std::lock_guard const lock(market_.guard);
        return market_.shelf[random_() % market_.shelf.size()];
    }

    weather& outside_;
    market<T>& market_;
    ledger& book_;
    counts& tally_;
    std::mt19937_64& random_;
    std::vector<right> rights_;
    std::vector<shown> stale_;
    std::array<shown, 8> favourites_{};
    std::vector<std::pair<std::unique_ptr<result>, std::shared_ptr<step const>>> leases_;
    std::vector<std::pair<numbers, account const*>> kept_;
};

struct component {
    component(weather& outside, market<probe>& of_probes, market<numbers>& of_numbers, std::uint64_t number)
        : all(outside)
        , random(outside.seed + number)
        , probes(outside, of_probes, book, tally, random)
        , versions(outside, of_numbers, book, tally, random)
    {
    }

    void run(std::barrier<>& quiet)
    {
        while (!all.over) {
            while (!all.pause) {
                ++tally.operations;
                if (random() % (2'000 + all.most / 20) == 0)
                    destroy();
                else if (random() % 4 == 0)
                    deal(versions);
                else
                    deal(probes);
            }
            quiet.arrive_and_wait();
            quiet.arrive_and_wait();
        }
        probes.end_all();
        versions.end_all();
    }
    void destroy()
    {
        ++tally.destroyed;
        if (random() % 16 == 0)
            all.banks.destroy_group(random() % accounts::groups);
        else
            all.banks.destroy_leaf(random() % accounts::leaves);
    }
    template <class T>
    void deal(trade<T>& in)
    {
        auto const room = all.owned < all.most;
        switch (random() % 16) {
        case 0:
        case 1:
        case 2:
            return in.grant();
        case 3:
        case 4:
            return in.forward();
        case 5:
            return room ? in.grant() : in.revoke();
        case 6:
        case 7:
            return room ? in.forward() : in.revoke();
        case 8:
            return room ? in.grant() : in.revoke();
        case 9:
            return in.revoke();
        case 10:
            return in.hand_over();
        case 11:
            return in.attenuate();
        case 12:
            return random() % 32 == 0 ? in.hold_on() : in.open();
        case 13:
            return in.adopt();
        default:
            return in.open();
        }
    }

    weather& all;
    ledger book;
    counts tally;
    std::mt19937_64 random;
    trade<probe> probes;
    trade<numbers> versions;
};

class storms : public live_count_test {
protected:
    static constexpr std::size_t threads = 4;

    storms()
    {
        for (std::size_t i = 0; i < threads; ++i)
            all.push_back(std::make_unique<component>(outside, of_probes, of_numbers, i));
    }

    /// Effect: reckons up what must be there, from the books and the leases alone, and compares. Nobody else runs.
    void settle()
    {
        auto const& banks = outside.banks.all();
        std::vector<ledger::sums> due(banks.size());
        for (auto const& bank : banks)
            for (auto const& one : all) {
                auto const sums = one->book.seen(bank.number);
                due[bank.number].kept += sums.kept;
                if (has(&account::ended, bank))
                    continue;
                due[bank.number].slots += sums.slots;
                due[bank.number].versions += sums.versions;
                due[bank.number].probes += sums.probes;
            }
        // Versions that nobody grants any more, and that a lease still shows.
        std::set<step const*> leased;
        auto const see = [&](bool probe_seen, step const& way) {
            auto const& grant = grant_of(way);
            if ((!grant.ended && !has(&account::ended, grant.payer)) || !leased.insert(&grant).second)
                return;
            due[grant.payer.number].versions += static_cast<std::int64_t>(grant.version_bytes);
            due[grant.payer.number].probes += probe_seen ? 1 : 0;
        };
        for (auto const& one : all) {
            one->probes.for_each_lease([&](step const& way) { see(true, way); });
            one->versions.for_each_lease([&](step const& way) { see(false, way); });
        }
        std::vector<std::int64_t> bytes(banks.size());
        std::int64_t slots = 0;
        std::int64_t probes = 0;
        for (auto number = banks.size(); number-- > 0;) { // those above come before
            auto const& sums = due[number];
            slots += sums.slots;
            probes += sums.probes;
            bytes[number]
                += sums.slots * static_cast<std::int64_t>(still::slots::slot_bytes) + sums.versions + sums.kept;
            auto const& one = banks[number];
            ASSERT_EQ(static_cast<std::int64_t>(one.bank.usage()), bytes[number]) << "bank " << number;
            ASSERT_LE(one.bank.usage(), one.bank.limit());
            if (one.above != nullptr)
                bytes[one.above->number] += bytes[number];
        }
        auto const table = still::slots::seen();
        ASSERT_EQ(static_cast<std::int64_t>(table.live - outside.began.live), slots);
        ASSERT_EQ(value_ledger::live - values_before, probes);
        auto const most = outside.peak + outside.began.live + table.retired;
        auto const chunk = still::slots::slot_chunks::chunk_slots;
        ASSERT_LE(table.bytes, std::max(outside.began.bytes, (most + chunk) * still::slots::slot_bytes));
        live_seen = std::max(live_seen, static_cast<std::size_t>(slots));
        ++settled;
    }

    std::int64_t const values_before = value_ledger::live;
    std::uint64_t const seconds = asked_for("STILL_TEST_STORM_SECONDS", 2);
    weather outside{ seconds, asked_for("STILL_TEST_SEED", std::random_device()()) };
    market<probe> of_probes;
    market<numbers> of_numbers;
    std::vector<std::unique_ptr<component>> all;
    std::size_t live_seen = 0;
    int settled = 0;
};

TEST_F(storms, lose_nothing_and_count_nothing_twice)
{
    std::cout << "STILL_TEST_SEED=" << outside.seed << std::endl; // NOLINT(performance-avoid-endl): it may hang
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    std::barrier quiet(threads + 1);
    std::vector<std::thread> running;
    for (auto const& one : all)
        running.emplace_back([&quiet, &one] { one->run(quiet); });
    while (!outside.over) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100 * (1 + seconds / 4)));
        outside.pause = true;
        quiet.arrive_and_wait();
        settle();
        outside.over = HasFailure() || std::chrono::steady_clock::now() >= end;
        outside.pause = false;
        quiet.arrive_and_wait();
    }
    for (auto& thread : running)
        thread.join();
    all[0]->probes.clear_market();
    all[0]->versions.clear_market();
    settle();
    EXPECT_EQ(outside.banks.all().front().bank.usage(), 0U);
    EXPECT_EQ(still::slots::seen().live, outside.began.live);
    EXPECT_EQ(still::reclaim(), 0U);

    counts sum;
    for (auto const& one : all) {
        sum.operations += one->tally.operations;
        sum.made += one->tally.made;
        sum.opened += one->tally.opened;
        sum.refused += one->tally.refused;
        sum.destroyed += one->tally.destroyed;
        sum.over_quota += one->tally.over_quota;
    }
    EXPECT_GT(sum.opened, 0U);
    EXPECT_GT(sum.refused, 0U);
    EXPECT_GT(sum.over_quota, 0U);
    std::cout << sum.operations << " operations, " << sum.made << " capabilities made, " << live_seen << " at a time, "
              << sum.opened << " opens, " << sum.refused << " refused, " << sum.over_quota << " over quota, "
              << sum.destroyed << " banks destroyed, " << still::slots::seen().bytes << " bytes of table, " << settled
              << " quiet points\n";
}

} // namespace
