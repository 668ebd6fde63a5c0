// SPDX-License-Identifier: BSL-1.0
//
// A version of a tree: what `set` and `map` are a face of. Root, heap and comparator together, and the
// updates that both faces share. A copy shares the root; an update edits what this version alone owns
// and copies the rest, so that other versions never see it.

#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/throw_exception.hpp>

#include "still/core/kept_root.hpp"
#include "still/tree/algebra.hpp"
#include "still/tree/alter.hpp"
#include "still/tree/comparator.hpp"
#include "still/tree/find.hpp"
#include "still/tree/join.hpp"
#include "still/tree/update.hpp"

namespace still::tree {

template <class Schema, class Less>
class version {
public:
    using heap_type = typename Schema::heap;
    using root_type = owned<node<Schema>>;

    /// Worked out here, where the container is named.
    static constexpr bool is_shared = shares_elements<Schema>;
    static_assert(is_shared || !is_shared);

    version() = default;
    version(Less less, heap_type heap) noexcept(std::is_nothrow_move_constructible_v<Less>)
        : heap_(std::move(heap))
        , less_(std::move(less))
    {
    }
    version(version const& other)
        requires is_shared
        : version(other.less(), other.heap_)
    {
        require_writable(heap_);
        // Last, since what is above may throw.
        root_.set(root_type::share(other.root_.get()).release());
    }
    version(version&& other) noexcept
        : heap_(std::move(other.heap_))
        , less_(std::move(other.less_))
    {
        take_root_of(other);
    }
    /// The same elements in a heap's place: shared where they are there, else copied.
    version(version const& other, heap_type const& heap)
        requires is_shared && placing_heap<heap_type>
        : version(other.less(), heap)
    {
        require_writable(heap_);
        heap_in_use_t<heap_type> used(heap_);
        root_.set(other.root_in(used).release());
    }
    version(version&& other, heap_type const& heap)
        requires placing_heap<heap_type>
        : version(other.less(), heap)
    {
        take_from(other);
    }
    version& operator=(version const& other)
        requires is_shared
    {
        if constexpr (placing_heap<heap_type>) {
            if (keeps_apart(heap_, other.heap_))
                become_copy_of(other);
            else
                *this = version(other);
        } else {
            version(other).swap(*this);
        }
        return *this;
    }
    version& operator=(version&& other) noexcept(!placing_heap<heap_type>)
    {
        if (this == &other)
            return *this;
        if constexpr (placing_heap<heap_type>) {
            take_from(other);
        } else {
            [[maybe_unused]] auto const its_heap = std::move(heap_); // outlives the nodes
            auto const before = give_root(); // let go late: what elements do then finds all in its place
            take_root_of(other);
            heap_ = std::move(other.heap_);
            less_ = std::move(other.less_);
        }
        return *this;
    }
    ~version() { let_go(); }

    /// Effect: exchanges two versions. Where they are in two places, each gets a copy of the other's elements in its
    /// own; if anything throws, both are as they were.
    void swap(version& other) noexcept(!placing_heap<heap_type>)
    {
        if constexpr (placing_heap<heap_type>) {
            exchange(other);
        } else {
            auto* const root = root_.get();
            root_.set(other.root_.get());
            other.root_.set(root);
            using std::swap;
            swap(heap_, other.heap_);
            swap(less_, other.less_);
        }
    }

    [[nodiscard]] borrowed<node<Schema>> root() const noexcept { return borrowed<node<Schema>>(root_.get()); }
    [[nodiscard]] Less const& less() const noexcept { return less_.get(); }
    [[nodiscard]] heap_type const& heap() const noexcept { return heap_; }
    [[nodiscard]] heap_type& heap() noexcept { return heap_; }
    /// The heap, for making nodes that share what this version has. Throws where it can be read only.
    [[nodiscard]] heap_in_use_t<heap_type> heap_to_share() const noexcept(!readable_elsewhere<heap_type>)
    {
        require_writable(heap_);
        return heap_in_use_t<heap_type>(heap_);
    }

    /// A version with another root, and this one's heap and comparator.
    [[nodiscard]] version with(root_type root) const
    {
        version result(less(), heap_);
        result.root_.set(root.release());
        return result;
    }

    /// Effect: gives up the root; the version is empty from then on.
    [[nodiscard]] root_type give_root() noexcept
        requires(!placing_heap<heap_type>)
    {
        auto* const root = root_.get();
        root_.set(nullptr);
        return root_type::adopt(root);
    }
    /// Effect: another root in the place of this, which is let go of. Both are of one heap.
    void replace_root(root_type root) noexcept { core::replace_root(root_, std::move(root)); }
    /// Effect: the same with none.
    void let_go() noexcept { core::let_go<node<Schema>>(root_); }
    /// Effect: the same by `release(root)`, which takes the root over and lets go of it before it returns.
    template <class Release>
    void let_go(Release release)
        requires placing_heap<heap_type>
    {
        if (!root())
            return;
        core::root_in_hand<root_place, node<Schema>> hand(root_);
        release(std::move(hand.root));
    }

    /// Effect: adds an element unless its key is present. Returns whether it was added.
    template <class KeySource, class ValueSource>
    bool insert(KeySource&& key, ValueSource&& value)
    {
        return edit_at(key, [&](root_type& root, path<Schema>* way, std::size_t index, bool found) {
            if (found)
                return false;
            add(root, way, index, std::forward<KeySource>(key), std::forward<ValueSource>(value));
            return true;
        });
    }

    /// Effect: adds an element, or gives the present key another value. Returns false, and changes
    /// nothing, where the value there is equal.
    template <class KeySource, class ValueSource>
    bool insert_or_assign(KeySource&& key, ValueSource&& value)
    {
        return edit_at(key, [&](root_type& root, path<Schema>* way, std::size_t index, bool found) {
            if (!found) {
                add(root, way, index, std::forward<KeySource>(key), std::forward<ValueSource>(value));
                return true;
            }
            using stored = typename Schema::value_type;
            using given = std::remove_cvref_t<ValueSource>;
            auto const& present = *way->leaf_at().values.at(index);
            if constexpr (std::is_arithmetic_v<stored> && std::is_convertible_v<ValueSource, stored>) {
                // What would be stored decides: a float that 0.1 makes, not 0.1.
                if (present == static_cast<stored>(value))
                    return false;
            } else if constexpr (std::equality_comparable_with<stored const&, given const&>) {
                if (present == std::as_const(value))
                    return false;
            }
            settle_root(root, assign_at(heap_, *way, index, std::forward<ValueSource>(value)));
            return true;
        });
    }

    /// Effect: gives a present key the value `updated(value)`, unless that is equal. Returns whether it did.
    template <class Sought, class Updated>
    bool update(Sought const& key, Updated updated)
    {
        return edit_at(key, [&](root_type& root, path<Schema>* way, std::size_t index, bool found) {
            if (!found)
                return false;
            auto const& present = *way->leaf_at().values.at(index);
            auto after = updated(present);
            if (same_value(present, after))
                return false;
            settle_root(root, assign_at(heap_, *way, index, std::move(after)));
            return true;
        });
    }

    /// Effect: gives a key the value that `altered` makes of an optional of its value, or removes it. The value
    /// is moved where the leaf is ours alone, and put back as it then is if `altered` throws; else it is copied.
    /// Returns whether anything changed.
    template <class KeySource, class Altered>
    bool alter(KeySource&& key, Altered altered)
    {
        using value = typename Schema::value_type;
        return edit_at(key, [&](root_type& root, path<Schema>* way, std::size_t index, bool found) {
            if (!found) {
                auto after = altered(std::optional<value>());
                if (after)
                    add(root, way, index, std::forward<KeySource>(key), *std::move(after));
                return after.has_value();
            }
            value_in_hand<Schema> hand(*way, index);
            auto after = altered(std::move(hand.value));
            if (!after) {
                settle_root(root, erase_at(heap_, *way, index));
            } else {
                if (!hand.is_moved() && same_value(*way->leaf_at().values.at(index), *after))
                    return false;
                settle_root(root, assign_at(heap_, *way, index, *std::move(after)));
            }
            hand.settle();
            return true;
        });
    }

    /// Effect: removes the element with an equivalent key. Returns whether there was one.
    template <class Sought>
    bool erase(Sought const& key)
    {
        return edit_at(key, [&](root_type& root, path<Schema>* way, std::size_t index, bool found) {
            if (!found)
                return false;
            settle_root(root, erase_at(heap_, *way, index));
            return true;
        });
    }

    /// Effect: what the tactics make of this version (left) and another (right). See tree/algebra.hpp.
    /// Where the result may keep nodes or boxes of a right operand that other memory pays for, that is copied
    /// first.
    /// Precondition: both order alike.
    template <class LeftOnly, class RightOnly, class Both>
    [[nodiscard]] version combine(version const& right, LeftOnly left_only, RightOnly right_only, Both both) const
    {
        return combine(right, left_only, right_only, both,
            [&](heap_type& heap, borrowed<node<Schema>> one, borrowed<node<Schema>> other) {
                return combine_trees<Schema, Less>(heap, one, other, less(), left_only, right_only, both);
            });
    }
    /// The same by another walk: `combined(heap, left root, right root)`.
    template <class LeftOnly, class RightOnly, class Both, class Combined>
    [[nodiscard]] version combine(
        version const& right, LeftOnly const&, RightOnly const&, Both const&, Combined combined) const
    {
        auto heap = heap_to_share();
        STILL_ASSERT(orders(right.root()));
        constexpr auto boxes = Schema::boxes_keys || Schema::boxes_values;
        constexpr auto keeps_of_right
            = !std::is_same_v<RightOnly, dropping> || (boxes && std::is_same_v<Both, keeping_right>);
        auto local = keeps_of_right ? right.in_heap(heap) : root_type();
        if (std::is_same_v<RightOnly, keeping> && !root())
            return with(local ? std::move(local) : root_type::share(right.root()));
        return with(combined(heap, root(), local ? local.borrow() : right.root()));
    }

    /// Effect: this version's elements, then those of `high`.
    /// Throws std::invalid_argument unless all keys of this are less than all keys of `high`.
    [[nodiscard]] version join(version const& high) const
    {
        if (root() && high.root() && !less_(*last(root()).key(), *first(high.root()).key()))
            boost::throw_exception(std::invalid_argument(
                "still: join wants every key of its low operand to be less than every key of its high one"));
        auto heap = heap_to_share();
        auto upper = high.in_heap(heap);
        if (!upper)
            upper = root_type::share(high.root());
        return with(concat(heap, root_type::share(root()), std::move(upper)));
    }

    /// What a split gives: elements below a key, the one with it, and those above.
    struct halves {
        version below;
        place<Schema> found;
        version above;
    };
    template <class Sought>
    [[nodiscard]] halves split(Sought const& key) const
    {
        if (!root())
            return { *this, {}, *this };
        auto heap = heap_to_share();
        path<Schema> way(root());
        way.descend_to_key(key, less());
        auto const& in = way.leaf_at();
        auto const index = end_below(in.keys, 0, in.length, key, less());
        auto const found = index < in.length && !less_(key, *in.keys.at(index));
        auto below = with(part_before(heap, way, index));
        auto above = with(part_from(heap, way, index + (found ? 1 : 0)));
        return { std::move(below), found ? place<Schema>{ &in, index } : place<Schema>{}, std::move(above) };
    }

private:
    using root_place = root_link_t<typename Schema::policy, node<Schema>>;

    /// Precondition: empty.
    void take_root_of(version& other) noexcept
    {
        if constexpr (core::counting_place<root_place>)
            root_.take(other.root_);
        else
            root_.set(other.give_root().release());
    }

    /// Effect: becomes what another is, which is empty then. One that has a place keeps it: what is elsewhere is
    /// copied.
    void take_from(version& other)
    {
        if (keeps_apart(heap_, other.heap_)) {
            become_copy_of(other);
            other.let_go();
            return;
        }
        if (!heap_.has_place())
            heap_ = other.heap_;
        if (!root()) [[likely]] {
            take_root_of(other);
            less_ = std::move(other.less_);
            return;
        }
        root_place before;
        before.take(root_);
        take_root_of(other);
        less_ = std::move(other.less_);
        core::let_go<node<Schema>>(before); // last: what elements do then finds all in its place
    }
    /// Effect: a copy of another's elements, in this version's place. Where there are none, that may be gone.
    void become_copy_of(version const& other)
    {
        auto less = other.less_;
        if (other.root()) {
            auto heap = heap_to_share();
            replace_root(other.in_heap(heap));
        } else {
            let_go();
        }
        less_ = std::move(less);
    }
    void exchange(version& other)
    {
        if (!heap_.has_place())
            heap_ = other.heap_;
        if (!other.heap_.has_place())
            other.heap_ = heap_;
        if (!(heap_ == other.heap_)) {
            exchange_copies(other);
            return;
        }
        root_place between;
        between.take(root_);
        take_root_of(other);
        other.root_.take(between);
        std::swap(less_, other.less_);
    }
    void exchange_copies(version& other)
    {
        auto mine = heap_to_share();
        auto others = other.heap_to_share();
        auto here = other.in_heap(mine);
        auto there = in_heap(others);
        replace_root(std::move(here));
        other.replace_root(std::move(there));
        std::swap(less_, other.less_);
    }

    /// True when this version's comparator finds another tree's ends in order.
    [[nodiscard]] bool orders(borrowed<node<Schema>> seen) const
    {
        return size_of(seen) < 2 || less_(*first(seen).key(), *last(seen).key());
    }

    static void settle_root(root_type& root, new_root<Schema>&& changed) noexcept
    {
        if (changed)
            root = std::move(*changed);
    }

    template <class Sought, class Edit>
    bool edit_at(Sought const& key, Edit edit)
    {
        STILL_ASSERT(has_place<Less>(key)); // NaN has none, see total_less
        core::root_in_hand<root_place, node<Schema>> hand(root_, heap_);
        if (!hand.root)
            return edit(hand.root, nullptr, 0, false);
        path<Schema> way(hand.root);
        way.descend_to_key(key, less());
        auto const& in = way.leaf_at();
        auto const index = end_below(in.keys, 0, in.length, key, less());
        auto const found = index < in.length && !less_(key, *in.keys.at(index));
        return edit(hand.root, &way, index, found);
    }

    template <class KeySource, class ValueSource>
    void add(root_type& root, path<Schema>* way, std::size_t index, KeySource&& key, ValueSource&& value)
    {
        auto element
            = incoming<KeySource, ValueSource>{ std::forward<KeySource>(key), std::forward<ValueSource>(value) };
        if (way != nullptr) {
            settle_root(root, insert_at(heap_, *way, index, std::move(element)));
            return;
        }
        auto first = make_leaf<Schema>(heap_);
        append(as_leaf(first.edit()), heap_, std::move(element));
        root = std::move(first);
    }

    /// This tree in another heap's memory: a copy where the heaps differ, null where they don't.
    [[nodiscard]] root_type in_heap(heap_type& heap) const
    {
        if (heap == heap_ || !root())
            return {};
        if constexpr (is_shared)
            return copy_below(heap, *root());
        else
            boost::throw_exception(
                std::invalid_argument("still: elements that can't be copied stay in the heap that pays for them"));
    }
    /// The same, shared where the heaps are one.
    [[nodiscard]] root_type root_in(heap_type& heap) const
        requires is_shared
    {
        return heap == heap_ ? root_type::share(root()) : in_heap(heap);
    }
    [[nodiscard]] static root_type copy_below(heap_type& heap, node<Schema> const& seen)
    {
        static_assert(is_shared, "still: what can't be copied stays with the heap that pays for it");
        if (seen.level == 0) {
            auto const& from = as_leaf(seen);
            auto copy = make_leaf<Schema>(heap);
            // New boxes too: those there are belong to the other heap.
            for (std::size_t index = 0; index < from.length; ++index)
                append(as_leaf(copy.edit()), heap, incoming{ *from.keys.at(index), *from.values.at(index) });
            return copy;
        }
        auto const& from = as_branch(seen);
        auto copy = make_branch<Schema>(heap, seen.level);
        for (std::size_t slot = 0; slot < from.length; ++slot) {
            auto child = copy_below(heap, *from.child(slot));
            auto const* const separator = first(child.borrow()).key();
            append(as_branch(copy.edit()), heap, separator, std::move(child), from.child_summary(slot));
        }
        return copy;
    }

    root_place root_;
    [[no_unique_address]] heap_type heap_;
    [[no_unique_address]] kept_comparator<Less> less_;
};

} // namespace still::tree
