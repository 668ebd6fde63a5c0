// SPDX-License-Identifier: BSL-1.0
//
// The three-way merge: what two versions changed since a third, in one version.

#pragma once

#include <functional>
#include <iterator>
#include <type_traits>
#include <utility>

#include "still/tree/patch.hpp"
#include "still/tree/tactics.hpp"

namespace still::tree {

/// Sets have no conflicts, and so nothing resolves them.
struct nothing_to_resolve { };

/// Walks along the changes of both sides, and makes those of theirs in ours.
template <class Access, class Less, class Resolve>
class three_way {
public:
    using schema = typename Access::schema;
    using root_type = borrowed<node<schema>>;

    three_way(typename schema::heap& heap, root_type base, root_type ours, root_type theirs, Less const& less,
        Resolve& resolve)
        : ours_(base, ours, less)
        , theirs_(base, theirs, less)
        , our_(ours_.begin())
        , their_(theirs_.begin())
        , less_(less)
        , resolve_(resolve)
        , edits_(heap, ours, less)
    {
    }

    three_way(three_way const&) = delete;
    three_way& operator=(three_way const&) = delete;

    [[nodiscard]] bool they_changed_nothing() const noexcept { return their_ == std::default_sentinel; }
    [[nodiscard]] bool we_changed_nothing() const noexcept { return our_ == std::default_sentinel; }

    [[nodiscard]] owned<node<schema>> run()
    {
        for (; their_ != std::default_sentinel; ++their_) {
            auto const& key = key_of(*their_);
            while (our_ != std::default_sentinel && less_(key_of(*our_), key))
                ++our_;
            if (our_ != std::default_sentinel && !less_(key, key_of(*our_)))
                both_changed();
            else if (their_->after)
                set_element(edits_, their_->after);
            else if (edits_.seek(key))
                edits_.erase();
        }
        return edits_.finish();
    }

private:
    using range = changes<Access, Less>;

    void both_changed()
    {
        // Of a set: both sides removed the element, or both added it.
        if constexpr (schema::has_values) {
            auto const our = our_->after;
            auto const their = their_->after;
            if (our ? their && same_value((*our).second, (*their).second) : !their)
                return;
            auto const value = [](auto const& entry) { return entry ? &(*entry).second : nullptr; };
            auto const& key = key_at(our ? our : their);
            auto resolved = decide<typename schema::value_type>(
                std::invoke(resolve_, key, value(our_->before), value(our), value(their)));
            auto const found = edits_.seek(key);
            if (!found) {
                if (resolved)
                    edits_.insert(key, std::move(*resolved));
            } else if (!resolved) {
                edits_.erase();
            } else if (!known_equal(*found.value(), *resolved)) {
                edits_.assign(std::move(*resolved));
            }
        }
    }

    range ours_;
    range theirs_;
    typename range::iterator our_;
    typename range::iterator their_;
    Less const& less_;
    Resolve& resolve_;
    editor<schema, Less> edits_;
};

template <class Face, class Access, class Core, class Resolve>
[[nodiscard]] Face merge_three(container<Face, Access, Core> const& base, container<Face, Access, Core> const& ours,
    container<Face, Access, Core> const& theirs, Resolve& resolve)
{
    auto const& old = internals::core(base);
    auto const& our = internals::core(ours);
    auto const& their = internals::core(theirs);
    if (old.root() == their.root() || our.root() == their.root())
        return internals::make<Face>(our);
    auto heap = our.heap_to_share();
    three_way<Access, typename Face::key_compare, Resolve> walk(
        heap, old.root(), our.root(), their.root(), our.less(), resolve);
    if (walk.they_changed_nothing())
        return internals::make<Face>(our);
    if (walk.we_changed_nothing() && heap == their.heap())
        return internals::make<Face>(their);
    return internals::make<Face>(our.with(walk.run()));
}

} // namespace still::tree

namespace still {

/// Effect: what both sides made of `base`, in one version: each change that one side made is taken, and
/// one that both made alike is taken once. Where a map's key was changed to different results, by `==`,
/// `resolve(key, base, ours, theirs)` gives the value, or an optional where none removes the key; it gets
/// pointers to the values, null where there is none, and at most one of ours and theirs is null. A value
/// that equals ours leaves our entry as it is. Sets have no conflicts: an element that both sides changed
/// was removed by both, or added by both, and then ours stays.
/// The root of `ours` where theirs brings nothing that it hasn't; the root of `theirs` where ours changed
/// nothing and the heaps are one; nothing is allocated for these. Otherwise the nodes of `ours` without a
/// change below them are shared; where both sides have an element with equivalent keys, our key stays.
/// O(changes of both sides · log n) when both descend from `base`; correct for any three versions. Values
/// without `==` count as changed unless their nodes are shared. Throws what the heap, the comparison, a
/// copy and `resolve` throw, which is called in ascending order of keys.
/// Precondition: the comparators order alike.
template <class Face, class Access, class Core, class Resolve>
    requires(Core::is_shared && Access::schema::has_values)
[[nodiscard]] Face merge3(tree::container<Face, Access, Core> const& base,
    std::type_identity_t<tree::container<Face, Access, Core>> const& ours,
    std::type_identity_t<tree::container<Face, Access, Core>> const& theirs, Resolve resolve)
{
    return tree::merge_three(base, ours, theirs, resolve);
}
template <class Face, class Access, class Core>
    requires(Core::is_shared && !Access::schema::has_values)
[[nodiscard]] Face merge3(tree::container<Face, Access, Core> const& base,
    std::type_identity_t<tree::container<Face, Access, Core>> const& ours,
    std::type_identity_t<tree::container<Face, Access, Core>> const& theirs)
{
    tree::nothing_to_resolve none;
    return tree::merge_three(base, ours, theirs, none);
}

} // namespace still
