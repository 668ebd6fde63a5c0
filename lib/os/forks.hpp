// SPDX-License-Identifier: BSL-1.0
//
// What is to be found whole in a child of `fork`, whatever the threads were doing that the child doesn't have. See
// Note: forks.

#pragma once

#include <cstddef>
#include <cstdint>

namespace still::os {

/// What has locks that a thread may hold while another forks.
class fork_part {
public:
    /// Effect: takes the locks, so that what they guard is whole. Called before a fork, in its thread.
    /// Precondition: nobody holds one of them while waiting for code of the program's.
    virtual void hold() noexcept = 0;
    /// Effect: lets the locks go, in the parent.
    virtual void let_go() noexcept = 0;
    /// Effect: lets the locks go in the child, where the thread that forked is the only one, and undoes what others
    /// were waiting for. No memory is taken.
    virtual void begin_child() noexcept { let_go(); }

protected:
    fork_part() = default;
    fork_part(fork_part const&) = default;
    fork_part& operator=(fork_part const&) = default;
    ~fork_part() = default;
};

/// In which order the locks of parts are taken: who holds one of a layer may wait for those of later ones.
enum class fork_layer : std::uint8_t { heaps, versions, frames, others };
inline constexpr std::size_t fork_layers = 4;

/// As long as it lives, a part takes part in forks. It stays where it was made; as a member it is the last.
///
/// The handlers are registered when the library is loaded. Nothing that heaps need is made under the guard of a static
/// local: a fork meanwhile would leave its child a guard that nobody ever lets go of.
class fork_registration {
public:
    /// For parts that are there from the start: before any initialiser of the program's, by their init_priority.
    static constexpr int priority = 104;
    struct at_load { };

    /// Effect: children are watched. Precondition: the part outlives this. Throws std::system_error (pthread_atfork).
    fork_registration(fork_layer layer, fork_part& part);
    /// Effect: the part is one of the last layer. A failure to watch forks is left for whoever is made later to tell.
    fork_registration(at_load, fork_part& part) noexcept;
    fork_registration(fork_registration const&) = delete;
    fork_registration& operator=(fork_registration const&) = delete;
    /// Waits for a fork in progress. Precondition: no lock is held that any part takes.
    ~fork_registration();

private:
    friend class fork_parts;

    fork_part& part_;
    fork_registration** link_; // what leads to this: the one before, or the layer
    fork_registration* next_;
};

} // namespace still::os
