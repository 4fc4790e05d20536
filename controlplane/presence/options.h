// How presence is set up; the configuration keys are in controlplane/scheduler/config.cpp.
#pragma once

#include "lib/base/instant.h"

namespace sonde::presence {

struct PresenceOptions {
    milliseconds write_every{1'000};
    int max_agents = 10'000;  // of which news waits to be written; beyond, unknown ones are dropped and counted
    milliseconds forget_after{std::chrono::hours{24}};
    milliseconds forget_every{std::chrono::minutes{5}};
};

}  // namespace sonde::presence
