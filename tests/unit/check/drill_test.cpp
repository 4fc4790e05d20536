// Drills: what fails because it was told to.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace drill_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::drill;

Judgement judged(const std::string& spec, const char* now) {
    Observation seen;
    seen.facts<DrillFacts>();
    return judge(test::read(kKind, spec), seen, *from_rfc3339(now));
}

}  // namespace

TEST_CASE("a drill's document is read back equal, and an end that is no instant is refused") {
    const auto* full = R"({"fails_until":"2026-01-31T09:00:00.000Z"})";
    CHECK(json::dump(write_spec(test::read(kKind, full))) == full);
    CHECK(json::dump(write_spec(test::read(kKind, "{}"))) == "{}");
    for (const auto* wrong : {R"({"fails_until":"tomorrow"})", R"({"fails_until":7})", R"({"fails_until":null})", R"({"fails":true})"}) {
        CHECK_MESSAGE(!read_spec(kKind, *json::parse(wrong), "").ok(), wrong);
    }
}

TEST_CASE("a drill fails until its time, and passes from then on") {
    const auto failed = judged(R"({"fails_until":"2026-01-31T09:00:00Z"})", "2026-01-31T08:59:59.999Z");
    CHECK(failed.verdict == Verdict::down);
    CHECK(failed.cause == FailureClass::assertion);
    CHECK(failed.message == "the drill fails until 2026-01-31T09:00:00.000Z");
    CHECK(judged(R"({"fails_until":"2026-01-31T09:00:00Z"})", "2026-01-31T09:00:00Z").verdict == Verdict::up);
    CHECK(judged("{}", "2026-01-31T09:00:00Z").verdict == Verdict::up);
}

}  // namespace drill_test
