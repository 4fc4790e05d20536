// Answers made by hand, and one assertion held against them.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "lib/check/judge.h"

namespace sonde::test {

inline const TimePoint kNow = TimePoint{} + seconds{1'800'000'000};

inline check::Observation answer(std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    check::Observation seen;
    auto& http = seen.facts<check::HttpFacts>();
    http.status = 200;
    http.headers = std::move(headers);
    http.body_bytes = static_cast<std::int64_t>(body.size());
    http.body = std::move(body);
    return seen;
}

// The beginning of a body that was longer than the spec's limit.
inline check::Observation cut_off(std::string body) {
    auto seen = answer(std::move(body));
    seen.facts<check::HttpFacts>().body_truncated = true;
    return seen;
}

// `assertions` are the elements of the array, as JSON.
inline check::HttpSpec spec_of(const std::string& assertions) {
    const auto document = json::parse(R"({"url":"https://a/","assertions":[)" + assertions + "]}");
    REQUIRE_MESSAGE(document, assertions);
    const auto spec = check::read_spec(check::Kind::http, *document, "");
    REQUIRE_MESSAGE(spec, assertions);
    return std::get<check::HttpSpec>(*spec);
}

inline check::AssertionResult judged(const std::string& assertion, const check::Observation& seen) {
    const auto judgement = check::judge(check::Spec{spec_of(assertion)}, seen, kNow);
    return judgement.assertions.back();
}

// `down body_mismatch`, and what was found.
inline std::string outcome(const check::AssertionResult& result) {
    auto text = std::string(name_of(result.verdict));
    if (result.cause != check::FailureClass::none) text += ' ' + std::string(name_of(result.cause));
    return result.found.empty() ? text : text + ": " + result.found;
}
inline std::string outcome(const std::string& assertion, const check::Observation& seen) { return outcome(judged(assertion, seen)); }

struct AssertionRow {
    const char* assertion;
    const char* outcome;
};

}  // namespace sonde::test
