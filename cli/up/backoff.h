// When a child that died is started again. Pure.
#pragma once

#include <algorithm>

#include "lib/base/instant.h"

namespace sonde::cli::up {

// Half a second, doubling to ten; from the beginning again after thirty seconds in which the child was well.
class BackOff {
public:
    // The delay before the next start of a child that had run for `ran`.
    milliseconds next(milliseconds ran) {
        if (ran >= milliseconds{30'000}) delay_ = kFirst;
        const auto now = delay_;
        delay_ = std::min(delay_ * 2, kLongest);
        return now;
    }

private:
    static constexpr milliseconds kFirst{500};
    static constexpr milliseconds kLongest{10'000};
    milliseconds delay_ = kFirst;
};

}  // namespace sonde::cli::up
