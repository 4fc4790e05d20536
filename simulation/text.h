// What several parts of the simulation write alike: jobs, and lines of the trace.
#pragma once

#include <string>

#include "lib/decision/incident.h"
#include "lib/message/result.h"
#include "simulation/database.h"

namespace sonde::simulation {

// The job of a monitor as its row stands; its revision tells the agent which spec that was.
inline message::JobTemplate job_template(const MonitorRow& row) {
    return {row.planned.id, row.planned.site, row.version, row.planned.timeout, check::Kind::http, R"({"url":"http://target/"})"};
}

// `down(connect_refused)`.
inline std::string verdict_text(const message::ProbeResult& result) {
    std::string text(name_of(result.verdict));
    if (result.cause != check::FailureClass::none) text += fmt::format("({})", name_of(result.cause));
    if (result.backfilled) text += " backfilled";
    return text;
}

}  // namespace sonde::simulation
