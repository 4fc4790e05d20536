#include "lib/check/drill/spec.h"

namespace sonde::check {

void read(DrillSpec& spec, json::Reader& in, json::Problems&) {
    std::string text;
    if (!in.text("fails_until", text, {.min = 1, .max = 40})) return;
    spec.fails_until = from_rfc3339(text);
    if (!spec.fails_until) in.refuse("fails_until", "must be an instant as in RFC 3339, like 2026-01-31T09:00:00Z");
}

// An end that is not there is not written: it never fails.
Json write(const DrillSpec& spec) {
    Json document = Json::object();
    if (spec.fails_until) document["fails_until"] = to_rfc3339(*spec.fails_until);
    return document;
}

Endpoint endpoint(const DrillSpec&) { return {}; }

}  // namespace sonde::check
