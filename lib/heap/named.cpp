// SPDX-License-Identifier: BSL-1.0

#include "heap/named.hpp"

#include <stdexcept>

#include <boost/throw_exception.hpp>

namespace still::heaps {

std::string checked_name(std::string_view name)
{
    // The image keeps C strings with a length of 16 bits, and takes an empty one for no name.
    if (name.empty() || name.size() > longest_name || name.find('\0') != std::string_view::npos)
        boost::throw_exception(std::invalid_argument("still: a named object needs a name of 1 to "
            + std::to_string(longest_name) + " bytes, without zeros among them"));
    return std::string(name);
}

void refuse_used(std::string const& name)
{
    boost::throw_exception(std::invalid_argument(
        "still: the heap has an object named \"" + name + "\" already (find it, destroy it, or take another name)"));
}

void refuse_type(std::string const& name)
{
    boost::throw_exception(std::invalid_argument("still: the object named \"" + name
        + "\" was constructed as another type (find it as the type that construct was given)"));
}

void* find_object(image const& seen, std::string const& name, wanted_type wanted)
{
    auto const* const found = seen.find(name.c_str());
    if (found == nullptr)
        return nullptr;
    if (found->type != wanted.key)
        refuse_type(name);
    if (!wanted.relocatable && found->built_in != seen.serial())
        boost::throw_exception(std::logic_error("still: the object named \"" + name
            + "\" came with the version that this heap branched from, and is of a type that isn't relocatable: its "
              "pointers would lead into the other heap (specialise still::relocatable<T> if they don't)"));
    return found->object.get();
}

} // namespace still::heaps
