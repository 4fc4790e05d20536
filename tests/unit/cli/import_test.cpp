// What is made of other monitors' configurations, and that nothing of them is dropped in silence.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cli/files/write.h"
#include "cli/import/blackbox.h"
#include "cli/import/gatus.h"
#include "cli/import/gatus_condition.h"
#include "cli/import/uptime_kuma.h"

namespace import_test {

using namespace sonde;
using namespace sonde::cli;
using namespace sonde::cli::import_from;

namespace {

std::string fixture(const std::string& name) { return std::string(std::getenv("SONDE_SOURCE_DIR")) + "/tests/unit/cli/import/" + name; }

std::string content(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The files and all that was told, as they are kept beside the fixture.
void check_golden(const Result<Findings>& findings, const std::string& name) {
    REQUIRE_MESSAGE(findings.ok(), findings.error().message);
    std::vector<std::string> head{"Not as it was:"};
    for (const auto& line : lines_of(*findings)) head.push_back("  " + line);
    const auto text = files::write_one(findings->resources, head);
    const auto path = fixture(name);
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
    CHECK(text == content(path));
}

std::string path_in(std::string_view condition) {
    const auto parsed = parse_condition(condition);
    REQUIRE(parsed.ok());
    return json_path(parsed->path).value_or("none");
}

struct Asserted {
    std::string statuses;
    std::string assertions;
    std::vector<std::string> notes;
};

Asserted asserted(const std::string& text) {
    Statuses statuses;
    statuses.fill(true);
    Json assertions = Json::array();
    Asserted result;
    const auto condition = parse_condition(text);
    REQUIRE_MESSAGE(condition.ok(), text);
    assert_http(*condition, text, statuses, assertions, result.notes);
    result.statuses = ranges_of(statuses);
    result.assertions = json::dump(assertions);
    return result;
}

}  // namespace

TEST_CASE("a backup of Uptime Kuma becomes sites and monitors") { check_golden(read_uptime_kuma(content(fixture("uptime-kuma.json"))), "uptime-kuma.golden.yaml"); }

TEST_CASE("a configuration of Gatus becomes sites and monitors") { check_golden(read_gatus(content(fixture("gatus.yaml")), "gatus.yaml"), "gatus.golden.yaml"); }

TEST_CASE("modules of blackbox_exporter become monitors of the targets that Prometheus scrapes") {
    check_golden(read_blackbox(fixture("blackbox.yml"), content(fixture("prometheus.yml")), "prometheus.yml"), "blackbox.golden.yaml");
}

TEST_CASE("no secret of theirs is in the files") {
    const auto kuma = files::write_one(read_uptime_kuma(content(fixture("uptime-kuma.json")))->resources, {});
    CHECK(kuma.find("hunter2") == std::string::npos);
    CHECK(kuma.find("Bearer abc") == std::string::npos);
    const auto gatus = files::write_one(read_gatus(content(fixture("gatus.yaml")), "g")->resources, {});
    CHECK(gatus.find("Bearer abc") == std::string::npos);
}

TEST_CASE("what is no such file is refused") {
    CHECK(read_uptime_kuma("[1]").error().message.find("monitorList") != std::string::npos);
    CHECK(!read_uptime_kuma("{").ok());
    CHECK(read_gatus("a: [", "g.yaml").error().message.starts_with("g.yaml:1: is not valid YAML"));
    CHECK(!read_gatus("[]", "g.yaml").ok());
    CHECK(!read_blackbox(fixture("blackbox.yml"), "a: 1", "p.yml").ok());
}

TEST_CASE("conditions on the status are the statuses that are left") {
    CHECK(asserted("[STATUS] == 200").statuses == "200");
    CHECK(asserted("[STATUS] == any(200, 429)").statuses == "200,429");
    CHECK(asserted("[STATUS] < 300").statuses == "100-299");
    CHECK(asserted("[STATUS] != 404").statuses == "100-403,405-599");
    CHECK(asserted("[STATUS] == pat(2*)").statuses == "200-299");
    CHECK(asserted("[STATUS] == UP").notes.size() == 1);
}

TEST_CASE("conditions on the body are assertions") {
    CHECK(asserted("[BODY] == pat(*ok*)").assertions == R"([{"on":"body","contains":"ok"}])");
    CHECK(asserted("[BODY] == pat(a*b.)").assertions == R"([{"on":"body","matches":"(?s)^a.*b\\.$"}])");
    CHECK(asserted("[BODY].a.b-c[2] == 7").assertions == R"([{"on":"json","path":"$.a['b-c'][2]","equals":7}])");
    CHECK(asserted("[BODY].a == any(x, pat(y*))").assertions == R"([{"on":"json","path":"$.a","matches":"(?s)^(?:x|y.*)$"}])");
    CHECK(asserted("has([BODY].a) == true").assertions == R"([{"on":"json","path":"$.a","exists":true}])");
    CHECK(asserted("[RESPONSE_TIME] <= 500").assertions == R"([{"on":"response_time","below_ms":501}])");
    CHECK(asserted("len([BODY]) > 1").notes == std::vector<std::string>{"the condition `len([BODY]) > 1` is not taken over"});
    CHECK(path_in("[BODY][0].id == 1") == "$[0].id");
    CHECK(path_in("[BODY].[x == 1") == "none");
}

TEST_CASE("what is no condition is told") {
    CHECK(parse_condition("[STATUS]").error().message == "it compares nothing");
    CHECK(parse_condition("[FOO] == 1").error().message == "what it looks at is not known");
    CHECK(parse_condition("").error().message == "it compares nothing");
}

TEST_CASE("stars match anything, and nothing else does") {
    CHECK(matches_pattern("*", ""));
    CHECK(matches_pattern("a*c*e", "abcde"));
    CHECK(!matches_pattern("a*c", "abcd"));
    CHECK(matches_pattern("*ab", "aab"));
    CHECK(!matches_pattern("", "a"));
}

}  // namespace import_test
