// SPDX-License-Identifier: BSL-1.0
//
// A policy is one bundle of three choices, made by type and never by macro:
//
//   heap          where nodes come from                 (core/node_heap.hpp)
//   count         how owners are counted                (core/count.hpp)
//   link<Node>    how a node names another              (core/link.hpp)
//
// A policy may also say, as root<Node>, how a container names its root; else it does by a link.

#pragma once

#include <concepts>

#include "still/core/count.hpp"
#include "still/core/link.hpp"
#include "still/core/node_heap.hpp"

namespace still {

/// A bundle of the choices above.
template <class Policy>
concept container_policy = node_heap<typename Policy::heap> && reference_count<typename Policy::count>
    && requires(typename Policy::template link<int>& link, int* target) {
           { link.get() } noexcept -> std::same_as<int*>;
           { link.set(target) } noexcept;
       };

/// How a container of this policy names its root. As a link, it owns nothing.
template <class Policy, class Node>
struct root_link {
    using type = typename Policy::template link<Node>;
};
template <class Policy, class Node>
    requires requires { typename Policy::template root<Node>; }
struct root_link<Policy, Node> {
    using type = typename Policy::template root<Node>;
};
template <class Policy, class Node>
using root_link_t = typename root_link<Policy, Node>::type;

/// Versions may be read and dropped on any thread; nodes come from `operator new`.
struct default_policy {
    using heap = standard_heap;
    using count = atomic_count;
    template <class Node>
    using link = raw_link<Node>;
};

/// Versions stay on the thread that made them; counting costs a plain increment.
struct local_policy {
    using heap = standard_heap;
    using count = plain_count;
    template <class Node>
    using link = raw_link<Node>;
};

/// Nodes that may be seen at different addresses: links are distances.
struct offset_policy {
    using heap = standard_heap;
    using count = atomic_count;
    template <class Node>
    using link = offset_link<Node>;
};

static_assert(container_policy<default_policy>);
static_assert(container_policy<local_policy>);
static_assert(container_policy<offset_policy>);

} // namespace still
