// How long whoever fails to log in has to wait. Pure.
#pragma once

#include <algorithm>

#include "lib/base/instant.h"

namespace sonde::login {

// The first `free` failures cost nothing; then the wait doubles from one second, and is never more than `longest`.
struct Backoff {
    int free;
    milliseconds longest;

    [[nodiscard]] constexpr milliseconds after(int failures) const {
        if (failures < free) return milliseconds{0};
        const int doublings = std::min(failures - free, 20);
        return std::min(milliseconds{1000} * (1 << doublings), longest);
    }
};

// An account is never locked for good: who is kept from guessing it must not be able to keep its owner out.
inline constexpr Backoff kOfAccount{10, milliseconds{60'000}};
// Of an address several people may come, and several accounts may be guessed.
inline constexpr Backoff kOfAddress{20, milliseconds{15 * 60'000}};
// What failed longer ago does not count any more.
inline constexpr milliseconds kForget{3'600'000};

}  // namespace sonde::login
