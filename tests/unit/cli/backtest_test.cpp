#include <doctest/doctest.h>

#include "cli/backtest/request.h"

namespace backtest_test {

using namespace sonde;
using namespace sonde::cli::backtest;

namespace {

std::string read(const std::string& text) {
    const auto document = read_document(text, "policy");
    return document ? json::dump(*document) : document.error().message;
}

std::string ask(const Asked& asked, const std::string& policy) {
    const auto body = request(asked, *read_document(policy, "policy"));
    return body ? json::dump(*body) : body.error().message;
}

Json parsed(const std::string& text) {
    const auto document = json::parse(text);
    return document ? *document : Json(text);
}

}  // namespace

TEST_CASE("a policy is read from YAML and from JSON alike") {
    const std::string wanted = R"({"quorum":{"at_least":2},"recovery_rounds":4,"confirmation":{"enabled":false},"page_on":["eu","7"]})";
    CHECK(parsed(read("quorum: {at_least: 2}\nrecovery_rounds: 4\nconfirmation:\n  enabled: false\npage_on: [eu, \"7\"]\n")) == parsed(wanted));
    CHECK(parsed(read(wanted)) == parsed(wanted));
    CHECK(read("a: -5\n") == R"({"a":-5})");
    CHECK(read("a: 1.5\n") == R"({"a":1.5})");
    CHECK(read("a: ~\n") == R"({"a":null})");
    CHECK(read("a: infinity\n") == R"({"a":"infinity"})");
}

TEST_CASE("what is no document is refused, and where it is wrong is said") {
    CHECK(read("a: [1\n").find("policy:2: is not valid YAML") == 0);
    CHECK(read("a: 1\na: 2\n") == "policy:2: \"a\" is there twice");
    CHECK(read("a: &x [1]\nb: *x\n") == "policy:1: anchors are not taken: say it where it is needed");
    CHECK(read("a: 1\n---\nb: 2\n") == "policy:3: a policy is one document");
    CHECK(read(std::string(40, '[') + std::string(40, ']')) == "policy:1: it is nested too deep");
    CHECK(read("a: " + std::string(70'000, 'x')) == "policy:1: the file has more than 65536 bytes");
}

TEST_CASE("the request is about a monitor or a site, with the policy alone or as a monitor has it") {
    Asked asked;
    asked.monitor = "mon_1";
    asked.from = "2026-03-01T00:00:00Z";
    asked.to = "2026-03-02T00:00:00Z";
    CHECK(parsed(ask(asked, "quorum: all")) == parsed(R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z","monitor_id":"mon_1","policy":{"quorum":"all"}})"));
    CHECK(ask(asked, "policy: {quorum: all}\nname: API") == ask(asked, "quorum: all"));
    auto site = asked;
    site.monitor.clear();
    CHECK(ask(site, "quorum: all") == "name either a --monitor or a --site");
    site.site = "sit_1";
    site.interval = "5m";
    site.regions = {"eu", "us"};
    site.strict = true;
    CHECK(parsed(ask(site, "{}")) ==
          parsed(R"({"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z","site_id":"sit_1","policy":{},"interval_ms":300000,"regions":["eu","us"],"confirmation":"strict"})"));
    site.interval = "often";
    CHECK(ask(site, "{}") == "--interval must be a duration as 5m, not `often`");
    CHECK(ask(asked, "[1]") == R"(a policy is an object, as {"quorum": "all"})");
}

TEST_CASE("the answer is told in sentences and as a table of what would have been and what was") {
    const auto answer = *json::parse(R"({"from": "2026-03-01T00:00:00.000Z", "to": "2026-03-02T00:00:00.000Z", "results": 4320, "monitors": [{}], "confirmation": "assumed from the next round",
        "answers_assumed": 3, "truncated": false, "difference": {"pages_saved": 1, "pages_added": 0, "sentences": ["inc_1 would not have opened."]},
        "would": {"incidents": [{"opened_at": "2026-03-01T10:00:00.120Z", "resolved_at": null, "scope": "outage", "severity": "major", "title": "API is down", "assumed": true}]},
        "really": {"incidents": []}})");
    CHECK(present(answer) == R"(2026-03-01T00:00:00.000Z to 2026-03-02T00:00:00.000Z: 4320 results of 1 monitors; confirmation: assumed from the next round, 3 answers assumed
pages saved: 1, pages added: 0
inc_1 would not have opened.

Incidents that would have been (1)
  opened                resolved              scope     severity  title
  2026-03-01T10:00:00Z  still open            outage    major     API is down (assumed)

Incidents that were (0)
)");
}

}  // namespace backtest_test
