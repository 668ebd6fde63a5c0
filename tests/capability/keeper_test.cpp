// SPDX-License-Identifier: BSL-1.0
//
// Keepers and observers behind capabilities: they supply and are told as long as these open, and are cut off by name.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "probe.hpp"
#include "still/segment.hpp"

namespace {

using namespace still_test;
using namespace std::chrono_literals;
using still::page_bytes;

/// Supplies pages full of one byte, and does something before it answers.
class filling final : public still::keeper {
public:
    explicit filling(std::function<void()> before = [] { })
        : before_(std::move(before))
    {
    }
    [[nodiscard]] std::vector<std::byte> supply(std::uint64_t) override
    {
        ++asked;
        before_();
        return std::vector<std::byte>(page_bytes, std::byte{ 7 });
    }
    std::atomic<int> asked{ 0 };

private:
    std::function<void()> before_;
};

class counting final : public still::observer {
public:
    void before_load(still::access const&) override { ++loads; }
    [[nodiscard]] bool before_store(still::access const&) override
    {
        ++stores;
        return lets;
    }
    int loads = 0;
    int stores = 0;
    bool lets = true;
};

/// The error by which an access was refused.
template <class Access>
[[nodiscard]] boost::system::error_code refusal(Access&& access)
{
    try {
        access();
    } catch (boost::system::system_error const& failure) {
        return failure.code();
    }
    return {};
}

class capability_keepers : public capability_test {
protected:
    [[nodiscard]] static still::segment kept_by(still::capability<still::shown_keeper> const& shown)
    {
        return still::segment(4 * page_bytes).keep(0, 2 * page_bytes, still::keeper_through(shown));
    }
};

TEST_F(capability_keepers, supply_pages_until_they_are_revoked)
{
    auto const pages = std::make_shared<filling>();
    auto mine = still::grant(still::shown_keeper(pages), bank);
    auto const kept = kept_by(mine.capability());
    EXPECT_EQ(kept.load<char>(5), 7);
    auto const fetched = kept.fetch(0, 1);
    mine.revoke();
    auto const asked = pages->asked.load();
    EXPECT_EQ(refusal([&] { static_cast<void>(kept.load<char>(5)); }), still::capability_error::revoked);
    EXPECT_EQ(refusal([&] { static_cast<void>(kept.freeze()); }), still::capability_error::revoked);
    EXPECT_EQ(refusal([&] { static_cast<void>(kept.store<char>(5, 1)); }), still::capability_error::revoked);
    EXPECT_EQ(pages->asked, asked) << "nobody asks any more";
    EXPECT_EQ(fetched.load<char>(5), 7) << "what was fetched stays";
    EXPECT_EQ(kept.load<char>(3 * page_bytes), 0);
    EXPECT_EQ(pages.use_count(), 1) << "nobody has it any more";
}

TEST_F(capability_keepers, are_cut_off_with_a_forwarder_a_bank_or_a_membrane)
{
    auto const component = bank.child(1U << 16U);
    auto mine = still::grant(still::shown_keeper(std::make_shared<filling>()), component);
    auto lent = mine.capability().forward(bank);
    still::membrane border(bank, 1U << 16U);
    auto const by_forwarder = kept_by(lent.capability);
    auto const by_membrane = kept_by(border.outward(mine.capability()));
    auto const by_name = kept_by(mine.capability());
    EXPECT_EQ(by_forwarder.load<char>(0), 7);
    EXPECT_EQ(by_membrane.load<char>(0), 7);
    lent.revoker.revoke();
    border.revoke();
    EXPECT_EQ(refusal([&] { static_cast<void>(by_forwarder.load<char>(0)); }), still::capability_error::revoked);
    EXPECT_EQ(refusal([&] { static_cast<void>(by_membrane.load<char>(0)); }), still::capability_error::bank_destroyed);
    EXPECT_EQ(by_name.load<char>(0), 7);
    static_cast<void>(component.destroy());
    EXPECT_EQ(refusal([&] { static_cast<void>(by_name.load<char>(0)); }), still::capability_error::bank_destroyed);
    EXPECT_EQ(refusal([&] { static_cast<void>(kept_by({}).load<char>(0)); }), still::capability_error::null);
}

TEST_F(capability_keepers, are_not_asked_without_the_right_and_are_not_weak)
{
    auto const mine = still::grant(still::shown_keeper(std::make_shared<filling>()), bank);
    auto const blind = mine.capability().attenuate(still::rights::none);
    EXPECT_EQ(refusal([&] { static_cast<void>(kept_by(blind).load<char>(0)); }), still::capability_error::no_right);
    EXPECT_FALSE(still::any_capability(mine.capability()).weaken()) << "what it answers, it chooses";
}

TEST_F(capability_keepers, that_hang_keep_nobody_from_revoking)
{
    std::promise<void> asked;
    std::promise<void> answer;
    auto mine = still::grant(still::shown_keeper(std::make_shared<filling>([&] {
        asked.set_value();
        answer.get_future().wait();
    })),
        bank);
    auto const kept = kept_by(mine.capability());
    auto seen = 0;
    std::thread reader([&] { seen = kept.load<char>(0); });
    asked.get_future().wait();
    auto const said = mine.revoke_and_wait(std::chrono::steady_clock::now() + 1ms);
    EXPECT_EQ(said.how, still::waited::end::stuck);
    EXPECT_EQ(said.holder, reader.get_id());
    EXPECT_EQ(kept.load<char>(3 * page_bytes), 0) << "others go on";
    answer.set_value();
    reader.join();
    EXPECT_EQ(seen, 7) << "who was let in is answered";
    EXPECT_EQ(refusal([&] { static_cast<void>(kept.load<char>(0)); }), still::capability_error::revoked);
}

TEST_F(capability_keepers, may_revoke_themselves_and_throw)
{
    still::granted<still::shown_keeper> mine;
    mine = still::grant(still::shown_keeper(std::make_shared<filling>([&] { mine.revoke(); })), bank);
    auto const kept = kept_by(mine.capability());
    EXPECT_EQ(kept.load<char>(0), 7);
    EXPECT_EQ(refusal([&] { static_cast<void>(kept.load<char>(0)); }), still::capability_error::revoked);
    auto const throwing
        = still::grant(still::shown_keeper(std::make_shared<filling>([] { throw std::domain_error("no"); })), bank);
    EXPECT_THROW(static_cast<void>(kept_by(throwing.capability()).load<char>(0)), std::domain_error);
    EXPECT_THROW(still::shown_keeper(nullptr), std::invalid_argument);
}

TEST_F(capability_keepers, or_observers_are_told_until_they_are_revoked)
{
    auto const told = std::make_shared<counting>();
    auto mine = still::grant(still::shown_observer(told), bank);
    auto const watcher = still::observer_through(mine.capability());
    auto const watched = still::segment(page_bytes).watch(0, 100, watcher);
    EXPECT_EQ(watched.load<char>(1), 0);
    auto const written = watched.store<char>(2, 5);
    EXPECT_EQ(told->loads, 1);
    EXPECT_EQ(told->stores, 1);
    told->lets = false;
    EXPECT_THROW(static_cast<void>(watched.store<char>(2, 6)), still::store_vetoed);
    told->lets = true;
    mine.revoke();
    EXPECT_EQ(refusal([&] { static_cast<void>(written.load<char>(2)); }), still::capability_error::revoked);
    EXPECT_EQ(refusal([&] { static_cast<void>(written.store<char>(2, 1)); }), still::capability_error::revoked);
    EXPECT_EQ(written.load<char>(200), 0) << "it isn't watched there";
    EXPECT_EQ(written.unwatch(*watcher).load<char>(2), 5);
    EXPECT_EQ(told->loads, 1);
}

} // namespace
