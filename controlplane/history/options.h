// How the work on the past is set up; the configuration keys are in controlplane/scheduler/config.cpp.
#pragma once

#include "lib/base/instant.h"

namespace sonde::history {

struct HistoryOptions {
    milliseconds every{60'000};        // when nothing is left to do
    milliseconds retry_after{10'000};  // after a failure, and while another control plane does it
    milliseconds keep_results{std::chrono::hours{24 * 30}};
    milliseconds keep_hours{std::chrono::hours{24 * 365}};
    milliseconds keep_minutes{std::chrono::hours{24 * 7}};  // of the account of slots; then hours
    int warn_missed = 1;               // percent of a region's slots in a minute
    int monitors_at_once = 500;        // rolled up in one transaction
    int results_at_once = 50'000;      // packed in one transaction, and those that the last monitor has beyond
};

}  // namespace sonde::history
