// SPDX-License-Identifier: BSL-1.0
//
// The validator sees each broken rule.

#include <gtest/gtest.h>

#include <string>

#include "live_count.hpp"
#include "still/check.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;
using numbers = still::vector<int, tiny_policy>;
using schema = still::sequence::schema<int, tiny_policy>;
using version = still::sequence::borrowed_version<schema>;
using chunk = still::sequence::chunk<schema>;
using node = still::sequence::node_of<schema>;

class vector_validate : public live_count_test { };

std::string broken(version seen)
{
    return still::sequence::validate(seen).rule();
}

TEST_F(vector_validate, looks_at_so_many_nodes_and_chunks_and_no_more)
{
    numbers const made(22, 1);
    auto const found = made.inventory();
    auto const all = found.leaves + found.branches + found.chunks;
    EXPECT_TRUE(still::check(made, { .most_nodes = all }));
    EXPECT_TRUE(still::check(made.view()));
    EXPECT_EQ(still::check(made, { .most_nodes = all - 1 }).rule(), "nodes ≤ most_nodes");
    EXPECT_EQ(still::check(made, { .most_nodes = 0 }).rule(), "nodes ≤ most_nodes");
    EXPECT_TRUE(still::check(still::vector<std::string>{ "one", "two" }));
}

TEST_F(vector_validate, sees_sizes_that_do_not_fit)
{
    numbers const made(22, 1); // five chunks in the table, two elements in the last
    auto const seen = still::sequence::internals::core(made).borrow();
    EXPECT_EQ(broken(seen), "");
    EXPECT_EQ(broken({ seen.root(), seen.last_chunk(), 23 }), "chunks are full, and the last one has the rest");
    EXPECT_EQ(broken({ seen.root(), seen.last_chunk(), 18 }), "chunks in the table = (size - 1) / chunk_capacity");
    EXPECT_EQ(broken({ nullptr, seen.last_chunk(), 22 }), "chunks in the table = (size - 1) / chunk_capacity");
    EXPECT_EQ(broken({ seen.root(), nullptr, 22 }), "a version with elements has a last chunk");
    EXPECT_EQ(broken({ seen.root(), nullptr, 0 }), "an empty version has neither table nor last chunk");
    EXPECT_EQ(broken({ nullptr, seen.last_chunk(), 0 }), "an empty version has neither table nor last chunk");
}

TEST_F(vector_validate, sees_gaps_and_chunks_that_are_not_full)
{
    test_heap heap;
    auto const last = still::sequence::copy_of<schema>(heap, std::vector<int>{ 1 }, 4);
    auto const hang = [&](still::page_index index, std::size_t size) {
        auto leaf = node::make(heap, 0, 0, 1);
        leaf.edit().append_slot(heap, static_cast<unsigned>(index),
            still::sequence::chunk_slot<schema>(still::sequence::copy_of<schema>(heap, std::vector<int>(size), 4)));
        return leaf;
    };
    EXPECT_EQ(broken({ hang(0, 4).get(), last.get(), 5 }), "");
    EXPECT_EQ(broken({ hang(1, 4).get(), last.get(), 5 }), "the table has no gaps");
    EXPECT_EQ(broken({ hang(0, 3).get(), last.get(), 5 }), "chunks are full, and the last one has the rest");
}

} // namespace
