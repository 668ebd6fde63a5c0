// SPDX-License-Identifier: BSL-1.0
//
// Bytes of an image written over at random: a check names a broken rule, or what it found sound is read without harm.

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "written_image.hpp"

namespace still_test {
namespace {

template <class Container>
class check_written : public ::testing::Test {
protected:
    /// Effect: checks the image, and reads it where it is sound.
    void judge()
    {
        auto const got = image_.check();
        if (!got.sound) {
            EXPECT_EQ(got.version, nullptr);
            ++refused_;
            return;
        }
        ++passed_;
        read_whole(*got.version);
    }

    /// A number that may go far: near to what is there, the distance to another object, or anything.
    [[nodiscard]] std::uint64_t tempting(std::size_t offset, std::uint64_t there)
    {
        auto const& other = image_.extents()[random_() % image_.extents().size()];
        switch (random_() % 6) {
        case 0:
            return there + random_() % 32 - 16;
        case 1:
            return there ^ (std::uint64_t{ 1 } << (random_() % 64));
        case 2: // a link to another node, or into its middle
            return other.offset + still::region_heap::block_overhead - offset + (random_() % 3 == 0 ? 8 : 0);
        case 3:
            return image_.bytes().size() - offset - random_() % 64;
        case 4:
            return random_() % 3 == 0 ? 0 : ~std::uint64_t{ 0 } >> (random_() % 64);
        default:
            return (std::uint64_t{ random_() } << 32U) | random_();
        }
    }

    /// Some levels of nodes; every byte is written to.
    written_image<Container> image_{ std::same_as<Container, image_rows> ? 14 : 40 };
    std::mt19937 random_;
    std::size_t refused_ = 0;
    std::size_t passed_ = 0;
};
using kinds = ::testing::Types<image_set, image_map, image_rows, image_numbers, image_sums, image_table>;
TYPED_TEST_SUITE(check_written, kinds);

TYPED_TEST(check_written, any_byte_is_refused_or_does_no_harm)
{
    ASSERT_TRUE(this->image_.check().sound) << this->image_.check().sound;
    auto const bytes = this->image_.bytes();
    for (auto const [offset, count] : this->image_.extents()) {
        for (auto at = offset; at < offset + count; ++at) {
            auto const there = bytes[at];
            // Any bit, and anything.
            for (auto const other :
                { there ^ std::byte{ 1 } << (this->random_() % 8), static_cast<std::byte>(this->random_() & 0xff) }) {
                bytes[at] = other;
                this->judge();
                ASSERT_FALSE(::testing::Test::HasFailure()) << "byte " << at - offset << " of " << count << " at "
                                                            << offset << " was " << static_cast<int>(other);
            }
            bytes[at] = there;
        }
    }
    // Most of what lies there matters; owners, generations and room for more don't.
    EXPECT_GT(this->refused_, this->image_.nodes() * 16);
    EXPECT_GT(this->passed_, this->image_.nodes() * 8);
    EXPECT_TRUE(this->image_.check().sound);
}

TYPED_TEST(check_written, words_are_refused_or_do_no_harm)
{
    auto const bytes = this->image_.bytes();
    std::vector<std::byte> const at_first(bytes.begin(), bytes.end());
    for (std::uint_fast32_t seed = 1; seed <= 1'500; ++seed) {
        this->random_.seed(seed);
        for (auto writes = 1 + this->random_() % 4; writes > 0; --writes) {
            auto const& in = this->image_.extents()[this->random_() % this->image_.extents().size()];
            auto const width = std::size_t{ 1 } << (this->random_() % 4);
            auto const at = in.offset + this->random_() % (in.bytes / width) * width;
            std::uint64_t there = 0;
            std::memcpy(&there, bytes.data() + at, width);
            auto const other = this->tempting(at, there);
            std::memcpy(bytes.data() + at, &other, width);
        }
        this->judge();
        ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
        std::memcpy(bytes.data(), at_first.data(), at_first.size());
    }
    EXPECT_GT(this->refused_, 500U);
    EXPECT_GT(this->passed_, 30U);
}

TYPED_TEST(check_written, noise_is_refused_or_does_no_harm)
{
    auto const bytes = this->image_.bytes();
    for (std::uint_fast32_t seed = 1; seed <= 20; ++seed) {
        this->random_.seed(seed);
        for (auto const [offset, count] : this->image_.extents())
            if (this->random_() % 4 == 0)
                for (auto at = offset; at < offset + count; ++at)
                    bytes[at] = static_cast<std::byte>(this->random_() & 0xff);
        this->judge();
        ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
    }
    EXPECT_EQ(this->passed_, 0U);
}

} // namespace
} // namespace still_test
