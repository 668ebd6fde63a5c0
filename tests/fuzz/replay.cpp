// SPDX-License-Identifier: BSL-1.0
//
// Runs saved inputs of a fuzz target one by one, in any build, and reports each in the Test Anything Protocol.
//
// usage: replay FILE_OR_DIRECTORY...

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int count, char** arguments)
{
    std::vector<std::filesystem::path> inputs;
    for (int index = 1; index < count; ++index) {
        if (std::filesystem::is_directory(arguments[index])) {
            for (auto const& entry : std::filesystem::directory_iterator(arguments[index]))
                inputs.push_back(entry.path());
        } else {
            inputs.emplace_back(arguments[index]);
        }
    }
    std::ranges::sort(inputs);
    std::printf("1..%zu\n", inputs.size());
    std::size_t number = 0;
    for (auto const& input : inputs) {
        std::ifstream file(input, std::ios::binary);
        std::vector<char> const bytes{ std::istreambuf_iterator<char>(file), {} };
        if (!file) {
            std::printf("not ok %zu - %s can't be read\n", ++number, input.filename().c_str());
            continue;
        }
        std::fprintf(stderr, "%s\n", input.c_str()); // the last one, where it crashes
        LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
        std::printf("ok %zu - %s\n", ++number, input.filename().c_str());
        std::fflush(stdout);
    }
    return inputs.empty() ? 1 : 0;
}
