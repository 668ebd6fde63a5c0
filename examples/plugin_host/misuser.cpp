// SPDX-License-Identifier: BSL-1.0
//
// A plugin that tries whatever the types let it write, and what comes of each.

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "plugin_host/plugin.hpp"

namespace {

using namespace plugin_host;

using lent_rows = still::capability<row_index>;
constexpr auto no_limit = std::numeric_limits<std::size_t>::max() / 2;

/// Effect: an attempt, and the name of what came of it.
template <class Attempt>
std::string outcome_of(Attempt attempt)
{
    try {
        return attempt();
    } catch (still::quota_exceeded const&) {
        return "quota_exceeded";
    } catch (still::bank_destroyed const&) {
        return "bank_destroyed";
    } catch (std::invalid_argument const&) {
        return "invalid_argument";
    } catch (std::length_error const&) {
        return "length_error";
    }
}

template <class Done>
std::string name_of_result(Done const& said)
{
    return said ? "done" : name_of(said.error());
}

std::string compiles(bool does)
{
    return does ? "compiles" : "doesn't compile";
}

/// What a lease shows of the rows.
using shown_rows = still::grantable<row_index>::view;

class misuser final : public plugin {
public:
    void work(offer const& given, meeting& with) override
    {
        with.reach(stage::at_work);
        try_types();
        try_rights(given);
        try_names(given);
        try_banks(given);
        auto const mine = given.rows.forward(given.payer);
        kept_ = given.rows; // a copy, for later
        with.reach(stage::done);

        with.wait_for(stage::revoked);
        try_afterwards(given, mine.capability);
        with.reach(stage::tried);
        throw std::runtime_error("I never catch anything");
    }

    [[nodiscard]] std::vector<std::string> tell() const override { return lines_; }

private:
    template <class Attempt>
    void attempt(std::string const& what, Attempt trying)
    {
        lines_.push_back("misuse: " + what + " -> " + outcome_of(std::move(trying)));
    }

    void try_types()
    {
        attempt("copy a lease", [] { return compiles(std::copy_constructible<still::lease<row_index>>); });
        // prints: misuse: copy a lease -> doesn't compile
        attempt("move a lease to where it lasts",
            [] { return compiles(std::move_constructible<still::lease<row_index>>); });
        // prints: misuse: move a lease to where it lasts -> doesn't compile
        attempt("keep the version that a lease shows",
            [] { return compiles(std::constructible_from<row_index, shown_rows>); });
        // prints: misuse: keep the version that a lease shows -> doesn't compile
        attempt("make a capability of numbers",
            [] { return compiles(std::constructible_from<lent_rows, still::slots::name>); });
        // prints: misuse: make a capability of numbers -> doesn't compile
        attempt("grant a capability, to pass it on unseen", [] { return compiles(still::can_be_granted<lent_rows>); });
        // prints: misuse: grant a capability, to pass it on unseen -> doesn't compile
        attempt("copy the host's brand", [] { return compiles(std::copy_constructible<still::brand>); });
        // prints: misuse: copy the host's brand -> doesn't compile
    }

    void try_rights(offer const& given)
    {
        attempt("store in what it may read",
            [&] { return name_of_result(given.rows.store(row_index(given.payer), given.payer)); });
        // prints: misuse: store in what it may read -> no_right
        attempt("update it", [&] {
            return name_of_result(
                given.rows.update(given.payer, [](row_index const& before) { return before.erase(0); }));
        });
        // prints: misuse: update it -> no_right
        attempt("attenuate to all rights, and store", [&] {
            return name_of_result(given.rows.attenuate(still::rights::all).store(row_index(given.payer), given.payer));
        });
        // prints: misuse: attenuate to all rights, and store -> no_right
        attempt("forward it, and store", [&] {
            auto const mine = given.rows.forward(given.payer);
            return name_of_result(mine.capability.store(row_index(given.payer), given.payer));
        });
        // prints: misuse: forward it, and store -> no_right
        attempt("make the weak strong by forwarding", [&] {
            auto const mine = given.rows.forward(given.payer);
            return std::string(mine.capability.attenuate(still::rights::all).weak() ? "weak" : "strong");
        });
        // prints: misuse: make the weak strong by forwarding -> weak
        attempt("adopt without the right to",
            [&] { return name_of_result(adopt(given.rows.attenuate(still::rights::read), given.payer)); });
        // prints: misuse: adopt without the right to -> no_right
    }

    void try_names(offer const& given)
    {
        attempt("open the rows as a snapshot",
            [&] { return opening(still::any_capability(given.rows).as<still::snapshot>()); });
        // prints: misuse: open the rows as a snapshot -> null
        attempt(
            "cast them to one", [&] { return opening(std::bit_cast<still::capability<still::snapshot>>(given.rows)); });
        // prints: misuse: cast them to one -> null
        attempt("flip each of its bits", [&] {
            auto const bytes = std::bit_cast<std::array<unsigned char, sizeof(lent_rows)>>(given.rows);
            std::size_t opened = 0;
            for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
                auto forged = bytes;
                forged[bit / 8] = static_cast<unsigned char>(forged[bit / 8] ^ (1U << bit % 8));
                opened += std::bit_cast<lent_rows>(forged).open() ? 1U : 0U;
            }
            return std::to_string(opened) + " of 128 open";
        });
        // prints: misuse: flip each of its bits -> 0 of 128 open
        attempt("unseal with a brand of the same name",
            [&] { return opening(still::brand("house").unseal(given.envelope)); });
        // prints: misuse: unseal with a brand of the same name -> null
        attempt("open a million times", [&] {
            std::size_t opened = 0;
            for (std::size_t i = 0; i < 1'000'000; ++i)
                opened += given.rows.open() ? 1U : 0U;
            return std::to_string(opened) + " opened";
        });
        // prints: misuse: open a million times -> 1000000 opened
        attempt("delegate without end", [&] {
            std::vector<still::forwarder<row_index>> chain;
            chain.push_back(given.rows.forward(given.payer));
            for (;;)
                chain.push_back(chain.back().capability.forward(given.payer));
            return std::string("done");
        });
        // prints: misuse: delegate without end -> length_error
        attempt("revoke", [&] {
            auto mine = given.rows.forward(given.payer);
            mine.revoker.revoke();
            return "its own: " + opening(mine.capability) + ", what it was lent: " + opening(given.rows);
        });
        // prints: misuse: revoke -> its own: revoked, what it was lent: opens
    }

    void try_banks(offer const& given)
    {
        attempt("adopt more than its bank holds", [&] { return name_of_result(adopt(given.rows, given.payer)); });
        // prints: misuse: adopt more than its bank holds -> quota_exceeded
        attempt("fill its bank", [&] { return fill(given.payer); });
        // prints: misuse: fill its bank -> quota_exceeded
        attempt("open a larger bank below its own", [&] { return fill(given.payer.child(no_limit)); });
        // prints: misuse: open a larger bank below its own -> quota_exceeded
        attempt("raise its limit", [&] {
            auto const before = given.payer.limit();
            return std::string(given.payer.reduce(no_limit) == before ? "as it was" : "raised");
        });
        // prints: misuse: raise its limit -> as it was
        attempt("build on the host's till", [&] {
            static_cast<void>(row_index(given.till).insert_or_assign(1, row{}));
            return std::string("done");
        });
        // prints: misuse: build on the host's till -> quota_exceeded
        attempt("pay from a bank of its own making", [&] { return given.buy(still::bank(no_limit)); });
        // prints: misuse: pay from a bank of its own making -> refused
        attempt("leave its charges to the bank above", [&] {
            given.payer.remove(given.payer);
            return std::string("done");
        });
        // prints: misuse: leave its charges to the bank above -> invalid_argument
    }

    void try_afterwards(offer const& given, lent_rows const& mine)
    {
        attempt("open what was taken back", [&] { return opening(given.rows); });
        // prints: misuse: open what was taken back -> revoked
        attempt("open a copy that it stored", [&] { return opening(kept_); });
        // prints: misuse: open a copy that it stored -> revoked
        attempt("open through a forwarder of its own", [&] { return opening(mine); });
        // prints: misuse: open through a forwarder of its own -> revoked
        attempt("forward it once more", [&] { return opening(given.rows.forward(given.payer).capability); });
        // prints: misuse: forward it once more -> revoked
        attempt("adopt it", [&] { return name_of_result(adopt(given.rows, given.payer)); });
        // prints: misuse: adopt it -> revoked
        attempt("destroy its own bank, and pay from it", [&] {
            static_cast<void>(given.payer.destroy());
            return given.buy(given.payer) + ", " + outcome_of([&] {
                given.payer.charge(1);
                return std::string("charged");
            });
        });
        // prints: misuse: destroy its own bank, and pay from it -> refused, bank_destroyed
    }

    /// Effect: stores rows as long as a bank pays.
    static std::string fill(still::bank const& payer)
    {
        row_index mine(payer);
        for (std::uint64_t key = 0; key < 1'000'000; ++key)
            mine = std::move(mine).insert_or_assign(key, row{});
        return "done";
    }

    std::vector<std::string> lines_;
    lent_rows kept_;
};

} // namespace

extern "C" void make_plugin(std::unique_ptr<plugin_host::plugin>& made)
{
    made = std::make_unique<misuser>();
}
