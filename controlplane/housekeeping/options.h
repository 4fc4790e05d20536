// How housekeeping is set up; the configuration keys are in controlplane/scheduler/config.cpp.
#pragma once

#include "controlplane/history/options.h"
#include "lib/base/instant.h"

namespace sonde::housekeeping {

struct HousekeepingOptions {
    milliseconds every{std::chrono::hours{1}};
    milliseconds retry_after{60'000};  // after a failure, and while another control plane does it
    milliseconds keep_evidence{std::chrono::hours{24 * 14}};  // but for what an incident needs
    milliseconds keep_changes{std::chrono::hours{1}};
    milliseconds keep_events{std::chrono::hours{24 * 30}};
    milliseconds keep_request_keys{std::chrono::hours{24}};
    milliseconds keep_decisions{std::chrono::hours{24 * 365}};  // but for those of an incident
    milliseconds keep_audit{std::chrono::hours{24 * 365 * 2}};
    milliseconds keep_ledger{std::chrono::hours{24 * 365}};
    history::HistoryOptions history;
};

}  // namespace sonde::housekeeping
