// SPDX-License-Identifier: BSL-1.0
//
// Containers of all kinds in a heap, handled alike: what a script does to one, and a model of what it holds.

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "still/heap.hpp"

namespace still_test {

/// What a container holds, keys and values: in ascending order where it is associative, else in its own. Elements
/// without values have 0.
using contents = std::vector<std::pair<int, int>>;

/// What a script does to a container. `place` is a position in sequences, a part of the whole otherwise.
struct edit {
    enum class kind { put, take, alter } what = kind::put;
    int key = 0;
    int value = 0;
    std::size_t place = 0;
};

template <class Container>
concept associative = requires { typename Container::key_type; };
template <class Container>
concept with_values = associative<Container> && requires { typename Container::mapped_type; };
/// A list that is linked in one direction and knows it.
template <class Container>
concept forward_only = requires(Container& of) { of.before_begin(); }
    && !requires(Container& of) { of.insert(of.begin(), *of.begin()); };

/// An array that grows at both ends. Boost 1.81's asserts falsely, whatever its allocator, where an element goes into
/// its middle, or before a single one.
template <class Container>
concept at_both_ends = requires(Container const& of) { of.front_free_capacity(); };

/// Where in a sequence an edit is to be, of so many places: at one of the ends, where it has them.
template <class Container>
[[nodiscard]] std::ptrdiff_t place_of(edit const& next, std::size_t places)
{
    if constexpr (at_both_ends<Container>)
        return places > 2 && next.place % 2 == 0 ? 0 : static_cast<std::ptrdiff_t>(places - 1);
    else
        return static_cast<std::ptrdiff_t>(next.place % places);
}

template <class Container>
[[nodiscard]] contents contents_of(Container const& seen)
{
    contents found;
    for (auto const& element : seen) {
        if constexpr (with_values<Container>)
            found.emplace_back(static_cast<int>(element.first), static_cast<int>(element.second));
        else
            found.emplace_back(static_cast<int>(element), 0);
    }
    if constexpr (associative<Container>)
        std::sort(found.begin(), found.end());
    return found;
}

/// Effect: edits a container of keys, and its model after it.
template <associative Container>
void apply(edit const& next, Container& to, contents& model)
{
    auto const key = static_cast<typename Container::key_type>(next.key);
    auto const in_model = std::equal_range(model.begin(), model.end(), std::pair(next.key, 0),
        [](auto const& one, auto const& other) { return one.first < other.first; });
    switch (next.what) {
    case edit::kind::put: {
        auto const before = to.size();
        auto entry = std::pair(next.key, 0);
        if constexpr (with_values<Container>) {
            entry.second = next.value;
            to.emplace(key, next.value);
        } else {
            to.emplace(key);
        }
        if (to.size() != before)
            model.insert(std::upper_bound(model.begin(), model.end(), entry), entry);
        break;
    }
    case edit::kind::take:
        to.erase(key);
        model.erase(in_model.first, in_model.second);
        break;
    case edit::kind::alter:
        if constexpr (with_values<Container>) {
            auto const found = to.equal_range(key);
            for (auto each = found.first; each != found.second; ++each)
                each->second = next.value;
            for (auto each = in_model.first; each != in_model.second; ++each)
                each->second = next.value;
        }
    }
}

/// The same for a sequence.
template <class Container>
void apply(edit const& next, Container& to, contents& model)
{
    using element = typename Container::value_type;
    if (next.what == edit::kind::put) {
        auto const place = place_of<Container>(next, model.size() + 1);
        if constexpr (forward_only<Container>)
            to.insert_after(std::next(to.before_begin(), place), static_cast<element>(next.key));
        else if constexpr (at_both_ends<Container>)
            place == 0 && !model.empty() ? to.push_front(next.key) : to.push_back(next.key);
        else
            to.insert(std::next(to.begin(), place), static_cast<element>(next.key));
        model.emplace(model.begin() + place, next.key, 0);
        return;
    }
    if (model.empty())
        return;
    auto const place = place_of<Container>(next, model.size());
    if (next.what == edit::kind::alter) {
        *std::next(to.begin(), place) = static_cast<element>(next.key);
        model[static_cast<std::size_t>(place)].first = next.key;
        return;
    }
    if constexpr (forward_only<Container>)
        to.erase_after(std::next(to.before_begin(), place));
    else
        to.erase(std::next(to.begin(), place));
    model.erase(model.begin() + place);
}

/// One kind of container, known to a script by what it can do.
class container_subject {
public:
    virtual ~container_subject() = default;
    /// True where mappings and branches show it.
    [[nodiscard]] virtual bool relocatable() const = 0;
    /// Effect: makes one in a heap, under a name, with nothing in it.
    virtual void construct(still::heap& in, std::string const& name) const = 0;
    virtual bool destroy(still::heap& in, std::string const& name) const = 0;
    virtual void apply(edit const& next, still::heap& in, std::string const& name, contents& model) const = 0;
    [[nodiscard]] virtual contents read(still::heap const& in, std::string const& name) const = 0;
    /// Precondition: relocatable.
    [[nodiscard]] virtual contents read(still::mapping const& in, std::string const& name) const = 0;
};

/// A container that is made with an allocator for its elements, or with one that comes from a memory resource.
template <class Container>
class subject_of : public container_subject {
public:
    [[nodiscard]] bool relocatable() const final { return still::relocatable_v<Container>; }
    void construct(still::heap& in, std::string const& name) const final
    {
        using allocator = typename Container::allocator_type;
        using from_heap = still::heap_allocator<typename Container::value_type>;
        if constexpr (std::constructible_from<allocator, std::pmr::memory_resource*>)
            in.construct<Container>(name, allocator(resource(in)));
        else if constexpr (std::constructible_from<allocator, from_heap>)
            in.construct<Container>(name, allocator(from_heap(in.allocator())));
        else // all its elements are in itself
            in.construct<Container>(name);
    }
    bool destroy(still::heap& in, std::string const& name) const final { return in.destroy<Container>(name); }
    void apply(edit const& next, still::heap& in, std::string const& name, contents& model) const final
    {
        still_test::apply(next, *in.find<Container>(name), model);
    }
    [[nodiscard]] contents read(still::heap const& in, std::string const& name) const final
    {
        return contents_of(*in.find<Container>(name));
    }
    [[nodiscard]] contents read(still::mapping const& in, std::string const& name) const final
    {
        if constexpr (still::relocatable_v<Container>)
            return contents_of(*in.find<Container>(name));
        else
            return {};
    }

protected:
    [[nodiscard]] virtual std::pmr::memory_resource* resource(still::heap& in) const { return in.memory_resource(); }
};

} // namespace still_test
