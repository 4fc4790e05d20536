// How the watchdog is set up; the configuration keys are in controlplane/scheduler/config.cpp.
#pragma once

#include "lib/base/instant.h"

namespace sonde::watchdog {

struct WatchdogOptions {
    milliseconds every{2'000};
    milliseconds stuck_after{5'000};
    int replicas = 1;  // of the streams
};

}  // namespace sonde::watchdog
