// SPDX-License-Identifier: BSL-1.0
//
// Formatters for the fmt library. Opt-in: nothing else of Still includes this header or needs fmt.
//
//   fmt::print("{}", numbers);                       // {1, 2, 3}
//   fmt::print("{}", counts);                        // {"apples": 3, "pears": 1}
//   fmt::print("{}", scores);                        // [3, 1, 2]
//   fmt::print("{::#x} {:n}", numbers, numbers);     // {0x1, 0x2, 0x3} 1, 2, 3
//   for (auto const& change : diff(before, after))
//       fmt::print("{}", change);                    // +"plums": 7   -"pears": 1   "apples": 3 -> 4
//
// Containers and views, in braces or, for vectors, brackets, take what fmt/ranges.h gives any range: `n` leaves these
// out, and what stands behind a further colon is passed on to each element; of a map or page table, to each value.
// Without it, strings and characters are quoted. Any order of this header and fmt/ranges.h will do.

#pragma once

#include <boost/throw_exception.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "still/capability/error.hpp"
#include "still/core/change.hpp"
#include "still/core/report.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

namespace still::formats {

/// What a container's braces hold; a sequence has brackets instead.
enum class content { unknown, elements, entries, sequence };

template <class T>
inline constexpr content content_of = content::unknown;
template <class T, class Compare, class Policy>
inline constexpr content content_of<set<T, Compare, Policy>> = content::elements;
template <class T, class Compare, class Policy>
inline constexpr content content_of<set_view<T, Compare, Policy>> = content::elements;
template <class K, class V, class Compare, class Policy>
inline constexpr content content_of<map<K, V, Compare, Policy>> = content::entries;
template <class K, class V, class Compare, class Policy>
inline constexpr content content_of<map_view<K, V, Compare, Policy>> = content::entries;
template <class Slot, class Policy>
inline constexpr content content_of<page_table<Slot, Policy>> = content::entries;
template <class T, class Policy>
inline constexpr content content_of<vector<T, Policy>> = content::sequence;
template <class T, class Policy>
inline constexpr content content_of<vector_view<T, Policy>> = content::sequence;

template <class T>
concept container = content_of<T> != content::unknown;

template <class T, class Char>
concept formattable = fmt::is_formattable<T, Char>::value;

/// A key and its value, as one sees both a map's entries and a page table's.
template <class Key, class Value>
struct entry {
    Key const& key;
    Value const& value;
};
template <class Key, class Value>
[[nodiscard]] entry<Key, Value> as_entry(map_entry<Key, Value> const& seen) noexcept
{
    return { seen.first, seen.second };
}
template <class Slot>
[[nodiscard]] entry<page_index, Slot> as_entry(page_entry<Slot> const& seen) noexcept
{
    return { seen.index, seen.slot };
}

template <class Char, std::size_t Length>
constexpr auto write(char const (&text)[Length], auto out)
{
    for (std::size_t index = 0; index + 1 < Length; ++index)
        *out++ = static_cast<Char>(text[index]);
    return out;
}

/// One element: in the format that its spec says, and without one quoted where it is text.
template <class Element, class Char>
class element_formatter {
public:
    /// Effect: reads the element's own spec, up to the closing brace.
    constexpr auto parse(auto& context)
    {
        auto const start = context.begin();
        auto const plain = start == context.end() || *start == static_cast<Char>('}');
        auto const rest = format_.parse(context);
        if (plain)
            quote(format_);
        return rest;
    }
    auto format(Element const& seen, auto& context) const
    {
        context.advance_to(format_.format(seen, context));
        return context.out();
    }

private:
    static constexpr void quote(auto& format)
    {
        if constexpr (requires { format.set_debug_format(true); })
            format.set_debug_format(true);
        else if constexpr (requires { format.set_debug_format(); })
            format.set_debug_format();
    }

    fmt::formatter<Element, Char> format_;
};

/// A key and a value, with something between. The spec is the value's.
template <class Key, class Value, class Char>
class entry_formatter {
public:
    constexpr auto parse(auto& context)
    {
        context.advance_to(value_.parse(context));
        return key_.parse(context); // at the closing brace: an empty spec
    }
    auto format(entry<Key, Value> const& seen, auto& context) const
    {
        context.advance_to(format_key(seen.key, context));
        context.advance_to(write<Char>(": ", context.out()));
        return format_value(seen.value, context);
    }
    /// As fmt does pairs.
    auto format_pair(entry<Key, Value> const& seen, auto& context) const
    {
        context.advance_to(write<Char>("(", context.out()));
        context.advance_to(format_key(seen.key, context));
        context.advance_to(write<Char>(", ", context.out()));
        context.advance_to(format_value(seen.value, context));
        return write<Char>(")", context.out());
    }
    auto format_key(Key const& key, auto& context) const { return key_.format(key, context); }
    auto format_value(Value const& value, auto& context) const { return value_.format(value, context); }

private:
    element_formatter<Key, Char> key_;
    element_formatter<Value, Char> value_;
};

/// The formatter of what a container's iterators give.
template <class Container, class Char>
struct content_formatter;
template <class Container, class Char>
    requires(content_of<Container> == content::elements || content_of<Container> == content::sequence)
struct content_formatter<Container, Char> : element_formatter<typename Container::value_type, Char> { };
template <class Container, class Char>
    requires(content_of<Container> == content::entries)
struct content_formatter<Container, Char> {
    using key_type = std::remove_cvref_t<decltype(as_entry(*std::declval<Container const&>().begin()).key)>;
    using mapped_type = std::remove_cvref_t<decltype(as_entry(*std::declval<Container const&>().begin()).value)>;

    constexpr auto parse(auto& context) { return format_.parse(context); }
    auto format(typename Container::reference seen, auto& context) const
    {
        return format_.format(as_entry(seen), context);
    }

private:
    entry_formatter<key_type, mapped_type, Char> format_;
};

/// True when what the container holds can be formatted.
template <class Container, class Char>
[[nodiscard]] consteval bool content_formattable()
{
    if constexpr (content_of<Container> == content::elements || content_of<Container> == content::sequence)
        return formattable<typename Container::value_type, Char>;
    else if constexpr (content_of<Container> == content::entries)
        return formattable<typename content_formatter<Container, Char>::key_type, Char>
            && formattable<typename content_formatter<Container, Char>::mapped_type, Char>;
    else
        return false;
}

/// A container or view, in braces or brackets.
template <class Container, class Char>
class container_formatter {
public:
    constexpr auto parse(auto& context)
    {
        auto at = context.begin();
        auto const end = context.end();
        if (at != end && *at == static_cast<Char>('n')) {
            bare_ = true;
            ++at;
        }
        if (at != end && *at == static_cast<Char>(':'))
            ++at;
        else if (at != end && *at != static_cast<Char>('}'))
            boost::throw_exception(
                fmt::format_error("still: containers take n, and behind a colon their elements' spec"));
        context.advance_to(at);
        return content_.parse(context);
    }
    auto format(Container const& seen, auto& context) const
    {
        if (!bare_)
            context.advance_to(write<Char>(is_sequence ? "[" : "{", context.out()));
        bool first = true;
        for (auto&& element : seen) {
            if (!std::exchange(first, false))
                context.advance_to(write<Char>(", ", context.out()));
            context.advance_to(content_.format(element, context));
        }
        return bare_ ? context.out() : write<Char>(is_sequence ? "]" : "}", context.out());
    }

private:
    static constexpr bool is_sequence = content_of<Container> == content::sequence;

    content_formatter<Container, Char> content_;
    bool bare_ = false;
};

/// Effect: writes one change: `whole` writes an element, `tail` what of it is shown behind an arrow.
template <class Char, class Pointer>
auto write_change(change<Pointer> const& seen, auto& context, auto whole, auto tail)
{
    if (seen.kind == change_kind::added) {
        context.advance_to(write<Char>("+", context.out()));
        return whole(seen.after);
    }
    if (seen.kind == change_kind::removed) {
        context.advance_to(write<Char>("-", context.out()));
        return whole(seen.before);
    }
    context.advance_to(whole(seen.before));
    context.advance_to(write<Char>(" -> ", context.out()));
    return tail(seen.after);
}

/// What is written as text.
[[nodiscard]] constexpr std::string_view text_of(change_kind seen) noexcept
{
    return seen == change_kind::added ? "added" : seen == change_kind::removed ? "removed" : "changed";
}
[[nodiscard]] inline std::string text_of(report const& seen)
{
    return seen.sound() ? "sound" : "broken: " + seen.rule() + " at " + seen.place();
}
[[nodiscard]] inline std::string text_of(page_run seen)
{
    return fmt::format("[{}, {})", seen.first_page, seen.first_page + seen.page_count);
}
[[nodiscard]] inline std::string text_of(capability_error seen)
{
    return make_error_code(seen).message();
}

/// Formats what is shown as text, as wide and aligned as a string can be.
template <class Shown>
struct text_formatter : fmt::formatter<std::string_view> {
    auto format(Shown const& seen, auto& context) const
    {
        auto const text = text_of(seen);
        return fmt::formatter<std::string_view>::format(std::string_view(text), context);
    }
};

} // namespace still::formats

namespace fmt {

/// Sets, maps, vectors, their views, and page tables, of what can be formatted.
template <still::formats::container Container, class Char>
    requires(still::formats::content_formattable<Container, Char>())
struct formatter<Container, Char> : still::formats::container_formatter<Container, Char> { };

/// They are no ranges to fmt/ranges.h, which would have a formatter for them as well.
template <still::formats::container Container, class Char>
struct range_format_kind<Container, Char> : std::integral_constant<range_format, range_format::disabled> { };

/// Nor are entries tuples to it.
template <class K, class V>
struct is_tuple_like<still::map_entry<K, V>> : std::false_type { };

/// Entries of maps and page tables, as pairs are: ("apples", 3). The spec is the value's.
template <class K, class V, class Char>
    requires(still::formats::formattable<K, Char> && still::formats::formattable<V, Char>)
struct formatter<still::map_entry<K, V>, Char> : still::formats::entry_formatter<K, V, Char> {
    auto format(still::map_entry<K, V> const& seen, auto& context) const
    {
        return this->format_pair(still::formats::as_entry(seen), context);
    }
};
template <class Slot, class Char>
    requires(still::formats::formattable<Slot, Char>)
struct formatter<still::page_entry<Slot>, Char> : still::formats::entry_formatter<still::page_index, Slot, Char> {
    auto format(still::page_entry<Slot> const& seen, auto& context) const
    {
        return this->format_pair(still::formats::as_entry(seen), context);
    }
};

/// A change in a set: +1, -1, and 1 -> 2 for an element that another is equivalent to. The spec is the
/// element's.
template <class T, class Char>
    requires(still::formats::formattable<T, Char>)
struct formatter<still::change<T const*>, Char> : still::formats::element_formatter<T, Char> {
    auto format(still::change<T const*> const& seen, auto& context) const
    {
        auto const whole
            = [&](T const* element) { return still::formats::element_formatter<T, Char>::format(*element, context); };
        return still::formats::write_change<Char>(seen, context, whole, whole);
    }
};

/// A change in a map: +"pears": 1, -"pears": 1, "pears": 1 -> 2. The spec is the value's.
template <class K, class V, class Char>
    requires(still::formats::formattable<K, Char> && still::formats::formattable<V, Char>)
struct formatter<still::change<still::entry_pointer<K, V>>, Char> : still::formats::entry_formatter<K, V, Char> {
    auto format(still::change<still::entry_pointer<K, V>> const& seen, auto& context) const
    {
        using base = still::formats::entry_formatter<K, V, Char>;
        using pointer = still::entry_pointer<K, V>;
        return still::formats::write_change<Char>(
            seen, context, [&](pointer at) { return base::format(still::formats::as_entry(*at), context); },
            [&](pointer at) { return base::format_value(at->second, context); });
    }
};

/// A change in a page table, as in a map.
template <class Slot, class Char>
    requires(still::formats::formattable<Slot, Char>)
struct formatter<still::slot_change<Slot>, Char> : still::formats::entry_formatter<still::page_index, Slot, Char> {
    auto format(still::slot_change<Slot> const& seen, auto& context) const
    {
        using base = still::formats::entry_formatter<still::page_index, Slot, Char>;
        return still::formats::write_change<Char>(
            seen.change, context, [&](Slot const* slot) { return base::format({ seen.index, *slot }, context); },
            [&](Slot const* slot) { return base::format_value(*slot, context); });
    }
};

/// A change in a vector, as in a map: the index stands for the key.
template <class T, class Char>
    requires(still::formats::formattable<T, Char>)
struct formatter<still::element_change<T>, Char> : still::formats::entry_formatter<std::size_t, T, Char> {
    auto format(still::element_change<T> const& seen, auto& context) const
    {
        using base = still::formats::entry_formatter<std::size_t, T, Char>;
        return still::formats::write_change<Char>(
            seen.change, context, [&](T const* element) { return base::format({ seen.index, *element }, context); },
            [&](T const* element) { return base::format_value(*element, context); });
    }
};

/// added, removed, changed.
template <>
struct formatter<still::change_kind> : still::formats::text_formatter<still::change_kind> { };
/// sound, or the broken rule and its place.
template <>
struct formatter<still::report> : still::formats::text_formatter<still::report> { };
/// Pages from the first up to the last but one, as an interval: [3, 7).
template <>
struct formatter<still::page_run> : still::formats::text_formatter<still::page_run> { };
/// The error's message. Needs the compiled library.
template <>
struct formatter<still::capability_error> : still::formats::text_formatter<still::capability_error> { };

} // namespace fmt
