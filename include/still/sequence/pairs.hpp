// SPDX-License-Identifier: BSL-1.0
//
// Two versions side by side, chunk by chunk, without what they share.

#pragma once

#include <cstddef>

#include "still/radix/diff.hpp"
#include "still/sequence/borrowed_version.hpp"

namespace still::sequence {

/// The chunks of the same number, in order, that are not one chunk; null where a version has none of that number.
/// Owns nothing. Neither moving on nor copying allocates or throws. The nodes opened in a whole walk are those that
/// the two tables do not share.
template <class Schema>
class chunk_pairs {
public:
    using chunk_type = chunk<Schema>;

    /// At the end.
    chunk_pairs() noexcept = default;
    chunk_pairs(borrowed_version<Schema> before, borrowed_version<Schema> after) noexcept
        : table_(before.root(), after.root())
        , before_{ before.last_chunk(), before.full_chunks() }
        , after_{ after.last_chunk(), after.full_chunks() }
    {
        advance();
    }

    /// True when all pairs have been seen.
    [[nodiscard]] bool at_end() const noexcept { return one_ == nullptr && other_ == nullptr; }
    /// The number of both chunks. Precondition: not at the end.
    [[nodiscard]] std::size_t number() const noexcept { return number_; }
    [[nodiscard]] chunk_type const* before() const noexcept { return one_; }
    [[nodiscard]] chunk_type const* after() const noexcept { return other_; }

    /// Effect: goes to the next pair that isn't shared. Precondition: not at the end.
    void advance() noexcept
    {
        do {
            step();
        } while (one_ == other_ && one_ != nullptr);
    }

private:
    /// A version's last chunk, until it has been seen.
    struct last_chunk {
        chunk_type const* chunk = nullptr;
        std::size_t number = 0;

        [[nodiscard]] chunk_type const* see(std::size_t wanted) noexcept
        {
            if (chunk == nullptr || number != wanted)
                return nullptr;
            auto const* const seen = chunk;
            chunk = nullptr;
            return seen;
        }
    };

    /// Effect: goes to the next pair, which may be one chunk twice, or to the end. The tables' differences come first:
    /// a last chunk has the number behind its own table's, so that the other's table may have that too.
    void step() noexcept
    {
        if (!table_.at_end()) {
            number_ = static_cast<std::size_t>(table_.index());
            auto const& change = table_.what();
            one_ = change.before != nullptr ? change.before->get() : before_.see(number_);
            other_ = change.after != nullptr ? change.after->get() : after_.see(number_);
            table_.advance();
            return;
        }
        number_ = before_.chunk == nullptr   ? after_.number
            : after_.chunk == nullptr        ? before_.number
            : before_.number < after_.number ? before_.number
                                             : after_.number;
        one_ = before_.see(number_);
        other_ = after_.see(number_);
    }

    radix::diff_cursor<node_of<Schema>> table_;
    last_chunk before_;
    last_chunk after_;
    std::size_t number_ = 0;
    chunk_type const* one_ = nullptr;
    chunk_type const* other_ = nullptr;
};

} // namespace still::sequence
