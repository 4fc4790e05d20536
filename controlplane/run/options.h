// How many runs there may be, and how long they may take.
#pragma once

#include "lib/base/instant.h"

namespace sonde::run {

struct RunOptions {
    int max_under_way = 8;        // each may hold a thread of the server, which has as many more
    milliseconds patience{4'000};  // beyond the check's own time-out
};

}  // namespace sonde::run
