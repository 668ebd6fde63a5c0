// SPDX-License-Identifier: BSL-1.0
//
// What page tables are compared with: the same engine with other nodes, still::map, a flat array; and tables of
// each, filled in random order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/options.hpp"
#include "rivals/dense_table.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"

namespace benchmarks {

using slot = std::uint64_t;
using index = std::uint64_t;

/// The library's own.
struct own_table {
    static constexpr char const* name = "still";
    using table = still::page_table<slot>;
    static void assign(table& now, index at, slot given) { now = std::move(now).assign(at, given); }
    [[nodiscard]] static slot const* find(table const& seen, index at) { return seen.find(at); }
};

/// The same engine with digits of other widths.
template <unsigned Bits>
class engine_table {
public:
    using node = still::radix::node<slot, still::default_policy, Bits>;

    engine_table() noexcept = default;
    engine_table(engine_table const& other) noexcept
        : root_(still::owned<node>::share(other.root_.get()))
    {
    }
    engine_table(engine_table&& other) noexcept = default;
    engine_table& operator=(engine_table other) noexcept
    {
        root_.swap(other.root_);
        return *this;
    }
    ~engine_table() = default;

    void assign(index at, slot given) { still::radix::assign(heap_, root_, at, given); }
    [[nodiscard]] slot const* find(index at) const noexcept { return still::radix::find(root_.get(), at); }

private:
    [[no_unique_address]] still::standard_heap heap_;
    still::owned<node> root_;
};

template <class Table>
struct member_subject {
    using table = Table;
    static void assign(table& now, index at, slot given) { now.assign(at, given); }
    [[nodiscard]] static slot const* find(table const& seen, index at) { return seen.find(at); }
};
struct packed_16 : member_subject<engine_table<4>> {
    static constexpr char const* name = "packed_16";
};
struct packed_32 : member_subject<engine_table<5>> {
    static constexpr char const* name = "packed_32";
};
struct packed_64 : member_subject<engine_table<6>> {
    static constexpr char const* name = "packed_64";
};
struct dense_16 : member_subject<dense_table<4>> {
    static constexpr char const* name = "dense_16";
};
struct dense_32 : member_subject<dense_table<5>> {
    static constexpr char const* name = "dense_32";
};
struct dense_64 : member_subject<dense_table<6>> {
    static constexpr char const* name = "dense_64";
};
struct dense_512 : member_subject<dense_table<9>> {
    static constexpr char const* name = "dense_512";
};

struct map_subject {
    static constexpr char const* name = "still_map";
    using table = still::map<index, slot>;
    static void assign(table& now, index at, slot given) { now = std::move(now).insert_or_assign(at, given); }
    [[nodiscard]] static slot const* find(table const& seen, index at) { return seen.find(at); }
};

struct flat_subject {
    static constexpr char const* name = "flat_array";
    using table = std::vector<slot>;
    static void assign(table& now, index at, slot given)
    {
        if (now.size() <= at)
            now.resize(at + 1);
        now[at] = given;
    }
    [[nodiscard]] static slot const* find(table const& seen, index at) { return &seen[at]; }
};

/// All indices below a number, shuffled.
[[nodiscard]] inline std::vector<index> const& shuffled(std::size_t size)
{
    static std::map<std::size_t, std::vector<index>> made;
    auto& all = made[size];
    if (all.empty()) {
        all.resize(size);
        std::iota(all.begin(), all.end(), index{ 0 });
        random_numbers random(seed());
        for (auto left = size; left > 1; --left)
            std::swap(all[left - 1], all[random.below(left)]);
    }
    return all;
}

/// A table with a slot at each index, filled in random order, so that nodes lie in memory as after long use.
template <class Subject>
[[nodiscard]] typename Subject::table const& filled(std::size_t size)
{
    static std::map<std::size_t, typename Subject::table> made;
    auto const [at, is_new] = made.try_emplace(size);
    if (is_new) {
        for (auto const next : shuffled(size))
            Subject::assign(at->second, next, next);
    }
    return at->second;
}

} // namespace benchmarks
