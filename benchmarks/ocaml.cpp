// SPDX-License-Identifier: BSL-1.0
//
// Still's side of the comparison with OCaml's Set and Map: what rivals/ocaml.ml does, with the same keys. The two are
// programs that run in turns.

#include <string>
#include <utility>

#include "ordered/still.hpp"
#include "ordered/suite.hpp"

int main(int count, char** arguments)
{
    using namespace benchmarks;
    using numbers = still_set<short_number>;
    using strings = still_set<std::string>;
    using entries = still_map<short_number>;
    plan all;
    auto const size = quick() ? key_count() / 10 : key_count();
    all.add(sized<numbers>("lookup", size, lookup<numbers>));
    all.add(sized<numbers>("insert_persistent", size, insert_persistent<numbers>));
    all.add(sized<numbers>("union", size, union_of<numbers>));
    all.add(sized<numbers>("union_1k", size, union_1k<numbers>));
    all.add(sized<numbers>("memory_random", size, memory_random<numbers>));
    all.add(sized<strings>("lookup", size, lookup<strings>));
    all.add(sized<strings>("insert_persistent", size, insert_persistent<strings>));
    // The program's containers are told apart by the detail.
    auto const map = [&](char const* operation, sized_body body) {
        auto one = sized<entries>(operation, size, body);
        one.detail += "/map";
        all.add(std::move(one));
    };
    map("lookup", lookup<entries>);
    map("insert_persistent", insert_persistent<entries>);
    map("union", union_of<entries>);
    map("union_1k", union_1k<entries>);
    map("memory_random", memory_random<entries>);
    return all.run(count, arguments);
}
