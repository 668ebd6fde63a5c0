// SPDX-License-Identifier: BSL-1.0
//
// How a container names its root in a region, and who is counted for owning one where no rollback reaches him.

#pragma once

#include "still/core/link.hpp"
#include "still/heap/birth.hpp"
#include "still/heap/region_places.hpp"
#include "still/heap/threshold.hpp"

namespace still {

/// By distance. Roots that are owned by objects outside of their region are counted there, since a rollback takes their
/// nodes away: while there are some, nothing is cut and nothing rolled back. Where such an object lies in another
/// heap's region, it is counted in that one too, whose rollback would make it an owner once more.
/// A root in hand, while an update runs, is one that is owned outside.
template <class Node>
class region_root {
public:
    region_root() noexcept = default;
    explicit region_root(Node* root) noexcept { set(root); }
    region_root(region_root const&) = delete;
    region_root& operator=(region_root const&) = delete;

    /// What it names, or null.
    [[nodiscard]] Node* get() const noexcept { return link_.get(); }
    /// Effect: names another root, or none. Precondition: both are alive.
    void set(Node* root) noexcept
    {
        auto* const held = link_.get();
        link_.set(root);
        if (root != nullptr)
            note_owner(heaps::birth::home_of(root), this);
        if (held != nullptr)
            note_gone(heaps::birth::home_of(held), this);
    }
    /// Effect: names what another names, which names nothing afterwards. Precondition: this names nothing.
    void take(region_root& other) noexcept
    {
        auto* const root = other.link_.get();
        if (root == nullptr)
            return;
        auto const* const home = heaps::birth::home_of(root);
        auto& here = heaps::threshold::of(home);
        auto const was_inside = here.has(home, &other);
        auto const is_inside = here.has(home, this);
        link_.set(root);
        other.link_.set(nullptr);
        if (is_inside) {
            if (was_inside)
                return;
            here.discount_outside();
        } else {
            if (was_inside)
                here.count_outside();
            note_elsewhere(this, 1);
        }
        if (!was_inside)
            note_elsewhere(&other, -1);
    }

    /// A root that is out of its place: nothing is cut or rolled back before `put_back`.
    class away {
    public:
        /// Effect: takes out what `from` names. Nothing is put back where there was nothing.
        explicit away(region_root& from) noexcept
            : away(from, from.get() == nullptr ? nullptr : heaps::birth::home_of(from.get()))
        {
        }
        /// The same, and something may be put back in any case. Its nodes are, or will be, in the region that starts at
        /// `home`, which is null only where it names none and will get none.
        away(region_root& from, heaps::region_start* home) noexcept
            : from_(from)
            , home_(home)
            , root_(from.link_.get())
        {
            if (home_ == nullptr)
                return;
            auto& here = heaps::threshold::of(home_);
            is_inside_ = here.has(home_, &from_);
            if (is_inside_ || root_ == nullptr)
                here.count_outside();
            from_.link_.set(nullptr);
        }
        away(away const&) = delete;
        away& operator=(away const&) = delete;

        /// What was taken out, or null.
        [[nodiscard]] Node* root() const noexcept { return root_; }
        /// Effect: the place names `root`, or nothing. Called once, at the end: where the heap is gone, and nobody else
        /// owns a root of its trees, the region is gone then.
        void put_back(Node* root) noexcept
        {
            if (home_ == nullptr)
                return;
            from_.link_.set(root);
            if (!is_inside_ && (root == nullptr) != (root_ == nullptr))
                note_elsewhere(&from_, root == nullptr ? -1 : 1);
            if (is_inside_ || root == nullptr)
                heaps::threshold::of(home_).discount_outside();
        }

    private:
        region_root& from_;
        heaps::region_start* const home_;
        Node* const root_;
        bool is_inside_ = false;
    };

private:
    /// An object owns a root in the region that starts there, or does so no longer.
    static void note_owner(heaps::region_start const* home, void const* owner) noexcept
    {
        auto& here = heaps::threshold::of(home);
        if (here.has(home, owner))
            return;
        here.count_outside();
        note_elsewhere(owner, 1);
    }
    static void note_gone(heaps::region_start const* home, void const* owner) noexcept
    {
        auto& here = heaps::threshold::of(home);
        if (here.has(home, owner))
            return;
        here.discount_outside();
        note_elsewhere(owner, -1);
    }
    /// Where the object is in another heap's region.
    static void note_elsewhere(void const* owner, std::int64_t more) noexcept
    {
        if (heaps::may_be_in_region(owner)) [[unlikely]]
            heaps::note_foreign(owner, more);
    }

    offset_link<Node> link_;
};

} // namespace still
