// What a scrape is answered.
#pragma once

#include <string>

#include "lib/http/message.h"
#include "probe-agent/blackbox/outcome.h"

namespace sonde::agent::blackbox {

struct Answer {
    http::Response response;
    check::Verdict verdict = check::Verdict::unknown;
};

// Metrics; or, for `debug`, a text for people with what was seen, each assertion, the metrics and the module, secrets left out. A probe that
// this agent could not or may not run is no failure of the target: 503 and 403, so that the scrape fails. Pure.
Answer answer(const Outcome& outcome, const std::string& target, bool debug);

// A refusal, as text for people.
http::Response refusal(int status, std::string why);

}  // namespace sonde::agent::blackbox
