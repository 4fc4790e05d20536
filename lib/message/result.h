// Results: what an agent saw. schema/messages/result_batch.schema.json is the contract.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/result.h"
#include "lib/base/instant.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/redactor.h"
#include "lib/message/job.h"

namespace sonde::message {

// (monitor, region, slot, attempt) is the key: a result seen twice is the same result.
struct ProbeResult {
    MonitorId monitor;
    SiteId site;
    int revision = 0;
    Slot slot;
    int attempt = 0;
    JobReason reason = JobReason::schedule;
    TimePoint started_at;  // agent's clock, corrected by its estimated offset to the control plane's
    bool backfilled = false;  // was spooled while the bus was away
    check::Verdict verdict = check::Verdict::unknown;
    check::FailureClass cause = check::FailureClass::none;
    check::Phases phases;
    int http_status = 0;
    // JSON text of an object for people and for evidence: message, address, redirects, certificate and so on.
    // Always present; `{}` when there is nothing worth saying.
    std::string detail = "{}";
    // All that was seen, JSON text of an object; empty where it is not worth keeping: see `write_evidence`.
    std::string evidence;
};

struct ResultBatch {
    std::string region;
    std::string agent;
    int shard = 0;
    TimePoint sent_at;
    std::vector<ProbeResult> results;
};

std::string write_result_batch(const ResultBatch& batch);

// As `read_job_batch`: unknown fields are skipped, everything else is checked.
Result<ResultBatch> read_result_batch(std::string_view text);

// The `detail` of a result, without what `redact` hides. Up: what hardly ever changes from check to check, since it is stored but once:
// address, HTTP version, TLS version and certificate. Otherwise what was seen in brief, and how the assertions fared.
std::string write_detail(const check::Observation& observation, const check::Judgement& judgement, const check::Redactor& redact);

// No evidence is longer, and what is longer is not kept.
inline constexpr std::size_t kMostEvidenceBytes = 64 * 1024;

// The `evidence` of a result: verdict, timings, all that was seen with headers and the beginning of the body, every assertion. What would be
// too long says so by `shortened`, and tells in brief what was seen.
std::string write_evidence(const check::Observation& observation, const check::Judgement& judgement, const check::Redactor& redact);

}  // namespace sonde::message
