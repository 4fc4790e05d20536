// A JSON document by HTTP, as the HTTP check would get it: guarded, hop by hop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/check/observation.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// Begins to get `url`, with redirects followed, and as much as `most_bytes` of the body. `done` as Probe's: what came is in HttpFacts. An error says
// why the URL cannot be asked for.
Result<std::unique_ptr<Attempt>> fetch_json(Probe& http, const std::string& url, const char* accept, std::size_t most_bytes, milliseconds timeout,
                                            Probe::Done done);

// What went wrong, for people: the failure, a body that was cut off, or a status other than 200. Empty if nothing did.
std::string wrong_with(const check::Observation& seen);

}  // namespace sonde::agent
