// The first line is a spec, the rest the body of an answer. Its first byte says whether the body was cut off.
#include "lib/check/judge.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

constexpr std::size_t kLongestField = 4096;

}  // namespace

SONDE_FUZZ_TARGET(http_judge) {
    const auto text = fuzz::text(data, size);
    const auto line = text.find('\n');
    if (line == std::string_view::npos) return 0;
    const auto document = json::parse(text.substr(0, line));
    if (!document) return 0;
    const auto spec = check::read_spec(check::Kind::http, *document, "");
    if (!spec) return 0;
    const auto body = text.substr(line + 1);
    check::Observation seen;
    auto& http = seen.facts<check::HttpFacts>();
    http.status = 200;
    http.body = body;
    http.body_bytes = static_cast<std::int64_t>(body.size());
    http.body_truncated = !body.empty() && body[0] == '!';
    http.headers = {{"Content-Type", std::string(body.substr(0, 200))}, {"content-type", "x"}};
    seen.phases.total = microseconds{static_cast<std::int64_t>(size)};
    const auto judgement = check::judge(*spec, seen, TimePoint{});
    const auto& http_spec = std::get<check::HttpSpec>(*spec);
    fuzz::require(judgement.assertions.size() == http_spec.assertions.size() + 1, "every assertion is reported");
    bool well = true;
    for (const auto& result : judgement.assertions) {
        fuzz::require((result.verdict == check::Verdict::up) == (result.cause == check::FailureClass::none), "a class if and only if it is not up");
        fuzz::require(result.assertion.size() + result.expected.size() + result.found.size() < kLongestField, "what is told is bounded");
        well = well && result.verdict == check::Verdict::up;
    }
    fuzz::require(well == (judgement.verdict == check::Verdict::up), "up if all are");
    fuzz::require(json::parse(json::dump(check::write_assertions(judgement))).ok(), "what is told can be read");
    return 0;
}
