// What every fuzz target is: a function of bytes that must return, whatever they are. It aborts when a property does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

namespace sonde::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

// A property of the code under test. Says which and aborts, so that the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

// Returns 0, always.
using Target = int (*)(const std::uint8_t* data, std::size_t size);

// All targets of the program, by name.
inline std::map<std::string_view, Target>& targets() {
    static std::map<std::string_view, Target> all;
    return all;
}

}  // namespace sonde::fuzz

// `SONDE_FUZZ_TARGET(name) { … return 0; }` is a target of `data` and `size`: the whole program for libFuzzer, whose name and signature that needs, else one of `targets()`.
#ifdef SONDE_LIBFUZZER
#define SONDE_FUZZ_TARGET(name) extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
#else
#define SONDE_FUZZ_TARGET(name)                                                                                           \
    static int name##_target(const std::uint8_t* data, std::size_t size);                                                 \
    [[maybe_unused]] static const bool name##_is_known = sonde::fuzz::targets().emplace(#name, name##_target).second;     \
    static int name##_target(const std::uint8_t* data, std::size_t size)
#endif
