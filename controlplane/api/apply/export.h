// What there is, as POST /v1/apply takes it.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::apply_api {

// `{"owner", "resources": […], "left_out": […]}`. What has a key in the owner's files keeps it; all else gets one, and is named to be adopted.
// Only what differs from defaults is said, and of secrets their names. What the files of others set is left out, and told;
// what is over is left out. Reads all in one transaction and writes
// the document after it. Throws DbError and ProblemError.
Json export_resources(Backend& backend, const Call& call, const std::string& owner);

}  // namespace sonde::controlplane::apply_api
