// SPDX-License-Identifier: BSL-1.0
//
// Letting go of a large version on several threads.

#pragma once

#include <cstddef>

#include "still/tree/parallel.hpp"

namespace still::tree {

/// Lets go of nodes that nobody owns any more. Each is destroyed once, after its children were counted down; only those
/// whose last owner has gone are looked at, and only large ones forked for. Goes as deep as the tree is high, times
/// the logarithm of a branch's length.
/// Whatever the executor throws, all that was begun is brought to its end.
template <class Schema, class Executor>
class parallel_release {
public:
    explicit parallel_release(forks<Executor> const& to) noexcept
        : to_(to)
    {
    }

    /// Precondition: the node's last owner was released.
    void run(node<Schema>* dead) const
    {
        if (dead->level == 0 || size_of(*dead) <= to_.grain) {
            node<Schema>::dispose(dead);
            return;
        }
        auto& dying = as_branch(*dead);
        prefetch_counts(dying, 0, dying.length);
        // The children that die with it move to the front.
        std::size_t count = 0;
        for (std::size_t slot = 0; slot < dying.length; ++slot) {
            auto* const child = dying.children[slot].get();
            if (child->references.release())
                dying.children[count++].set(child);
        }
        struct last_act {
            node<Schema>* dead;
            ~last_act() { node<Schema>::destroy_alone(dead); }
        } const at_the_end{ dead };
        run(dying, 0, count);
    }

private:
    /// Children [first, last), dead ones.
    void run(branch<Schema>& of, std::size_t first, std::size_t last) const
    {
        if (last - first <= 1) {
            if (first != last)
                run(of.children[first].get());
            return;
        }
        auto const middle = first + (last - first) / 2;
        // Where the executor doesn't call, or throws before it does, the call is made in the end.
        struct half {
            parallel_release const& by;
            branch<Schema>& of;
            std::size_t first;
            std::size_t last;
            bool is_called = false;

            void operator()()
            {
                is_called = true;
                by.run(of, first, last);
            }
            ~half()
            {
                if (!is_called)
                    by.let_go(of, first, last);
            }
        };
        half low{ *this, of, first, middle };
        half high{ *this, of, middle, last };
        to_.on.invoke([&] { low(); }, [&] { high(); });
    }

    /// The same on this thread.
    void let_go(branch<Schema>& of, std::size_t first, std::size_t last) const noexcept
    {
        for (; first < last; ++first)
            node<Schema>::dispose(of.children[first].get());
    }

    forks<Executor> const& to_;
};

/// Effect: drops an owner of a tree, and with the last the tree.
template <class Schema, class Executor>
void release_tree(forks<Executor> const& to, owned<node<Schema>> root)
{
    auto* const seen = root.release();
    if (seen != nullptr && seen->references.release())
        parallel_release<Schema, Executor>(to).run(seen);
}

} // namespace still::tree
