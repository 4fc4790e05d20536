// What came of a run: the answer of one region to a job with JobReason::run. schema/messages/run_answer.schema.json is the contract.
// A plain message on sonde.v1.runs.<region>: one that is lost is missing in the answer to who asked, and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/result.h"

namespace sonde::message {

// Longer documents are not what `write_evidence` writes.
inline constexpr std::size_t kMaxRunDocument = 256 << 10;

struct RunAnswer {
    RunId run;
    std::string region;
    std::string agent;
    TimePoint started_at;  // agent's clock, corrected by its estimated offset to the control plane's
    std::string document;  // JSON text of an object, as `write_evidence` gives it: has a verdict, a class and a message
};

std::string write_run_answer(const RunAnswer& answer);

// As `read_job_batch`: unknown fields are skipped, everything else is checked.
Result<RunAnswer> read_run_answer(std::string_view text);

}  // namespace sonde::message
