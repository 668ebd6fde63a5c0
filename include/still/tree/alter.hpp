// SPDX-License-Identifier: BSL-1.0
//
// A value taken out of its leaf while somebody makes another of it.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "still/tree/rewrite.hpp"

namespace still::tree {

/// The value at an index of the leaf that a way leads to: moved where it is ours alone, so that what it holds
/// needs no copy, else copied. What was moved is put back, as it then is, unless all went well.
template <class Schema>
class value_in_hand {
    using value_type = typename Schema::value_type;

public:
    std::optional<value_type> value;

    value_in_hand(path<Schema>& way, std::size_t index)
        : way_(way)
    {
        auto const* const seen = way.leaf_at().values.at(index);
        if constexpr (!std::is_copy_constructible_v<value_type>) {
            take(seen);
        } else if (may_move && way.editable(0) && is_alone(seen)) {
            take(seen);
        } else {
            value.emplace(*seen);
        }
    }
    value_in_hand(value_in_hand const&) = delete;
    value_in_hand& operator=(value_in_hand const&) = delete;
    ~value_in_hand()
    {
        if constexpr (may_move) {
            if (from_ == nullptr || !value)
                return;
            std::destroy_at(from_);
            std::construct_at(from_, *std::move(value));
            way_.note_edits();
            if (way_.editable(0))
                adjust_summaries(way_, 0, 0);
        }
    }

    [[nodiscard]] bool is_moved() const noexcept { return from_ != nullptr; }

    /// Effect: nothing is put back: the place has another value, or none. Throws nothing.
    void settle() noexcept { from_ = nullptr; }

private:
    static constexpr bool may_move = std::is_nothrow_move_constructible_v<value_type>;

    [[nodiscard]] static bool is_alone([[maybe_unused]] value_type const* seen) noexcept
    {
        if constexpr (Schema::boxes_values)
            return reinterpret_cast<box<value_type, typename Schema::policy> const*>(seen)->references.unique();
        else
            return true;
    }
    void take(value_type const* seen)
    {
        auto* const from = const_cast<value_type*>(seen); // ours: neither leaves nor boxes are const
        value.emplace(std::move(*from));
        from_ = from;
    }

    path<Schema>& way_;
    value_type* from_ = nullptr;
};

} // namespace still::tree
