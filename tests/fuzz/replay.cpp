// Runs a fuzz target over the files of its directory: what the fuzzer once found interesting, or wrong, stays tested.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/target.h"

int main(int argc, char** argv) {
    const auto target = argc == 3 ? sonde::fuzz::targets().find(argv[1]) : sonde::fuzz::targets().end();
    if (target == sonde::fuzz::targets().end()) {
        std::fprintf(stderr, "usage: %s TARGET CORPUS\n", argv[0]);
        return 2;
    }
    int inputs = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[2])) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string input{std::istreambuf_iterator<char>(file), {}};
        target->second(reinterpret_cast<const unsigned char*>(input.data()), input.size());
        ++inputs;
    }
    std::printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
