// SPDX-License-Identifier: BSL-1.0
//
// Tags that can't be guessed: SipHash-2-4 of slot and generation, under a key that nobody is told. (A
// pseudo-random function, by Aumasson and Bernstein, made for short inputs.) As a slot never has the
// same generation twice, no tag is given out twice but by chance.

#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <random>

namespace still::slots {

class tag_maker {
public:
    /// Draws a key from the system's random device. Throws std::exception where there is none.
    tag_maker()
    {
        std::random_device device;
        for (auto& word : key_)
            word = (std::uint64_t{ device() } << 32U) | device();
    }
    /// With a key of one's own, for tests.
    explicit constexpr tag_maker(std::array<std::uint64_t, 2> key) noexcept
        : key_(key)
    {
    }

    /// Never 0, which marks an empty slot.
    [[nodiscard]] constexpr std::uint64_t operator()(std::uint32_t slot, std::uint32_t generation) const noexcept
    {
        auto const hashed = hash((std::uint64_t{ generation } << 32U) | slot);
        return hashed != 0 ? hashed : 1;
    }

    /// SipHash-2-4 of the eight bytes of `word`, lowest first.
    [[nodiscard]] constexpr std::uint64_t hash(std::uint64_t word) const noexcept
    {
        std::array<std::uint64_t, 4> v{ key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d,
            key_[0] ^ 0x6c7967656e657261, key_[1] ^ 0x7465646279746573 };
        for (auto const block : { word, std::uint64_t{ 8 } << 56U }) {
            v[3] ^= block;
            rounds(v, 2);
            v[0] ^= block;
        }
        v[2] ^= 0xff;
        rounds(v, 4);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

private:
    static constexpr void rounds(std::array<std::uint64_t, 4>& v, int count) noexcept
    {
        while (count-- > 0) {
            v[0] += v[1];
            v[1] = std::rotl(v[1], 13) ^ v[0];
            v[0] = std::rotl(v[0], 32);
            v[2] += v[3];
            v[3] = std::rotl(v[3], 16) ^ v[2];
            v[0] += v[3];
            v[3] = std::rotl(v[3], 21) ^ v[0];
            v[2] += v[1];
            v[1] = std::rotl(v[1], 17) ^ v[2];
            v[2] = std::rotl(v[2], 32);
        }
    }

    std::array<std::uint64_t, 2> key_{};
};

} // namespace still::slots
