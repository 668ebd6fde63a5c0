// SPDX-License-Identifier: BSL-1.0
//
// A Lua interpreter that lives in a heap, unmodified: its allocator hook gets all of its memory from there, so its
// stacks, closures, coroutines and tables are cut and rolled back as one. It is taken back to the middle of its work,
// goes on from there, and comes to the same results.
#include <lua.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iostream>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>

#include "still/heap.hpp"

namespace {

/// Lua's allocator hook. Lua says how large a block was, so the heap's resource needs no more than it has.
/// Null where the heap is used up: then Lua collects garbage, and ends the script with an error if that doesn't help.
void* allocate(void* from, void* block, std::size_t before, std::size_t after) noexcept
{
    auto& heap = *static_cast<std::pmr::memory_resource*>(from);
    void* room = nullptr;
    if (after > 0) {
        try {
            room = heap.allocate(after);
        } catch (std::bad_alloc const&) {
            return nullptr;
        }
    }
    if (block != nullptr) { // else `before` says what the block will be used for
        if (room != nullptr)
            std::memcpy(room, block, std::min(before, after));
        heap.deallocate(block, before);
    }
    return room;
}

/// Looks for prime numbers, in a coroutine that remembers those it has found.
constexpr auto script = R"(
    local function search()
        local primes, number = {}, 2
        while true do
            local is_prime = true
            for _, prime in ipairs(primes) do
                if prime * prime > number then break end
                if number % prime == 0 then is_prime = false break end
            end
            if is_prime then
                primes[#primes + 1] = number
                coroutine.yield(number)
            end
            number = number + 1
        end
    end
    local generator = coroutine.wrap(search)
    local words = {}
    function work(count)
        for i = 1, count do words[#words + 1] = string.format("%x", generator()) end
        return #words .. " primes, the last " .. words[#words]
    end
)";

/// Effect: the script finds more primes. Returns what it says of them.
std::string work(still::heap& heap, lua_State* lua, int count)
{
    auto const guard = heap.mutate(); // no cut falls into the middle of an instruction
    lua_getglobal(lua, "work");
    lua_pushinteger(lua, count);
    if (lua_pcall(lua, 1, 1, 0) != LUA_OK)
        throw std::runtime_error(lua_tostring(lua, -1));
    std::string said = lua_tostring(lua, -1);
    lua_pop(lua, 1);
    return said;
}

} // namespace

int main()
{
    still::heap heap;
    lua_State* lua = nullptr;
    {
        auto const guard = heap.mutate();
        lua = lua_newstate(allocate, heap.memory_resource());
        if (lua == nullptr)
            return 1;
        luaL_openlibs(lua);
        if (luaL_dostring(lua, script) != LUA_OK)
            return 1;
    }

    std::cout << work(heap, lua, 1'000) << '\n'; // prints: 1000 primes, the last 1eef
    auto const middle = heap.snapshot();

    auto const first = work(heap, lua, 4'000);
    std::cout << first << '\n'; // prints: 5000 primes, the last bde3
    auto const end = heap.snapshot();
    std::cout << (still::diff(middle, end).empty() ? "nothing" : "some pages")
              << " changed\n"; // prints: some pages changed

    // The same interpreter, as it was in the middle of its work: it doesn't know that it was further already.
    heap.restore(middle);
    std::cout << (work(heap, lua, 4'000) == first ? "the same again" : "something else") << '\n';
    // prints: the same again

    // To the end and on.
    heap.restore(end);
    std::cout << work(heap, lua, 1) << '\n'; // prints: 5001 primes, the last bdeb
    {
        auto const guard = heap.mutate();
        lua_close(lua);
    }
    std::cout << (heap.validate() ? "sound" : "broken") << '\n'; // prints: sound
}
