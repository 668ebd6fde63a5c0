// SPDX-License-Identifier: BSL-1.0
//
// A shared object that hides its symbols works with the same banks, grants and brands as the program that loads it. See
// Note: shared objects.

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <filesystem>

#include "hidden_component.hpp"

namespace {

using namespace still_test;

class shared_objects : public testing::Test {
protected:
    void SetUp() override
    {
        auto const here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
        handle_ = dlopen((here / "hidden_component.so").c_str(), RTLD_NOW | RTLD_LOCAL);
        ASSERT_NE(handle_, nullptr) << dlerror();
        make_a_visit = reinterpret_cast<visit_function*>(dlsym(handle_, "make_a_visit"));
        ASSERT_NE(make_a_visit, nullptr);
    }
    void TearDown() override
    {
        if (handle_ != nullptr)
            dlclose(handle_);
    }

    still::bank const bank{ 1U << 20U };
    visit_function* make_a_visit = nullptr;

private:
    void* handle_ = nullptr;
};

TEST_F(shared_objects, see_once_what_there_is_once)
{
    visit made{ .doomed = bank.child(0) };
    make_a_visit(made);
    once const here;
    EXPECT_EQ(made.seen.tree_of_banks, here.tree_of_banks);
    EXPECT_EQ(made.seen.table_of_grants, here.table_of_grants);
    EXPECT_EQ(made.seen.frames, here.frames);
    EXPECT_EQ(made.seen.regions, here.regions);
    EXPECT_EQ(made.seen.hash, here.hash);
}

// What is hidden is a type of their own.
TEST_F(shared_objects, open_nothing_of_hidden_types)
{
    auto const mine = still::grant(numbers(bank).insert(1), bank);
    visit made{ .shown = mine.capability(), .doomed = bank.child(0) };
    make_a_visit(made);
    EXPECT_EQ(made.said, still::capability_error::null);
    EXPECT_TRUE(mine.capability().open());
}

// Brands are numbered: two that counted for themselves would open each other's seals.
TEST_F(shared_objects, have_brands_of_their_own)
{
    auto const mine = still::grant(numbers(bank), bank);
    for (int i = 0; i < 20; ++i) {
        still::brand const ours("ours");
        visit made{ .envelope = ours.seal(mine.capability()), .doomed = bank.child(0) };
        make_a_visit(made);
        EXPECT_FALSE(made.unsealed);
    }
}

TEST_F(shared_objects, take_back_what_a_bank_has_granted)
{
    auto const doomed = bank.child(1U << 16U);
    auto const mine = still::grant(numbers(doomed).insert(1), doomed);
    visit made{ .doomed = doomed };
    make_a_visit(made);
    EXPECT_EQ(made.destroyed.grants, 1U);
    EXPECT_EQ(mine.capability().open().error(), still::capability_error::bank_destroyed);
    EXPECT_EQ(doomed.usage(), 0U);
}

} // namespace
