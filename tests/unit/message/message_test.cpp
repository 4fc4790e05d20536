#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lib/base/shard.h"
#include "lib/json/json.h"
#include "lib/message/presence.h"
#include "lib/message/result.h"
#include "lib/message/run.h"
#include "lib/message/subject.h"

namespace message_test {

using namespace sonde;
using namespace sonde::message;

namespace {

std::string golden_path(const std::string& name) { return std::string(std::getenv("SONDE_SOURCE_DIR")) + "/schema/golden/" + name; }

// The golden documents are read by other tests as well, which hold them to their JSON Schemas.
std::string golden(const std::string& name) {
    std::ifstream file(golden_path(name));
    std::stringstream text;
    text << file.rdbuf();
    auto line = text.str();
    while (!line.empty() && line.back() == '\n') line.pop_back();
    REQUIRE(!line.empty());
    return line;
}

// With SONDE_UPDATE_GOLDEN set, the file becomes what we write now; look at the difference before you keep it.
void check_golden(const std::string& name, const std::string& text) {
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(golden_path(name)) << text << '\n';
    CHECK(text == golden(name));
}

ResultBatch sample_results() {
    ResultBatch batch{"eu", "eu-1", shard_of(SiteId{3}), from_unix_ms(1767225600900), {}};
    ProbeResult up;
    up.monitor = MonitorId{7};
    up.site = SiteId{3};
    up.revision = 2;
    up.slot = from_unix_ms(1767225600123);
    up.started_at = from_unix_ms(1767225600130);
    up.verdict = check::Verdict::up;
    up.phases = {microseconds{10}, microseconds{200}, microseconds{0}, microseconds{3000}, microseconds{40}, microseconds{3250}};
    up.http_status = 200;
    up.detail = R"({"address":"192.0.2.1:80","http":{"version":"1.1"}})";
    auto down = up;
    down.attempt = 1;
    down.reason = JobReason::confirm;
    down.verdict = check::Verdict::down;
    down.cause = check::FailureClass::connect_refused;
    down.http_status = 0;
    check::Observation seen;
    seen.address = "192.0.2.1:80";
    seen.failure.phase = check::Phase::connect;
    auto& certificate = seen.tls.emplace().certificate;
    certificate.subject = "CN=a";
    certificate.issuer = "CN=\"b\"";
    certificate.not_before = from_unix_ms(0);
    certificate.not_after = from_unix_ms(1);
    certificate.names = {"DNS:a", "DNS:b.a"};
    seen.tls->protocol = "TLSv1.3";
    seen.tls->verified = true;
    seen.tls->doubts = {{check::Distrust::expired, 0, "certificate has expired"}};
    check::Judgement judgement;
    judgement.verdict = check::Verdict::down;
    judgement.cause = check::FailureClass::connect_refused;
    judgement.message = "refused by 192.0.2.1:80";
    down.detail = write_detail(seen, judgement, {});
    down.evidence = write_evidence(seen, judgement, {});
    batch.results = {up, down};
    return batch;
}

// The text with one field of the first item replaced, as a hostile or broken sender might.
std::string with(const std::string& text, const std::string& list, const std::string& field, const Json& value) {
    auto document = Json::parse(text);
    (list.empty() ? document : document[list][0])[field] = value;
    return document.dump();
}

}  // namespace

TEST_CASE("the job writer writes the golden batch, and the reader reads it back") {
    JobBatchWriter writer("eu");
    const auto at = from_unix_ms(1767225600123);
    writer.add({MonitorId{7}, SiteId{3}, 2, milliseconds{10'000}, check::Kind::http, R"({"url":"https://example.com/","method":"GET"})"}, at, 0,
               JobReason::schedule, at, from_unix_ms(1767225630123));
    writer.add({MonitorId{8}, SiteId{3}, 1, milliseconds{500}, check::Kind::http, R"({"url":"http://example.org/{{secrets.PATH}}"})",
                {{"PATH", Secret("a\"b\nc")}}},
               from_unix_ms(1767225600500), 1, JobReason::confirm, from_unix_ms(1767225601000), from_unix_ms(1767225605000));
    writer.add_run({MonitorId{9}, SiteId{4}, 1, milliseconds{3000}, check::Kind::http, R"({"url":"http://example.net/"})"}, RunId{11},
                   from_unix_ms(1767225600600), from_unix_ms(1767225603600));
    CHECK(writer.count() == 3);
    const auto text = writer.take();
    check_golden("job_batch.json", text);
    CHECK(writer.count() == 0);

    const auto batch = read_job_batch(text);
    CHECK(batch->jobs[0].secrets.empty());
    REQUIRE(batch->jobs[1].secrets.size() == 1);
    CHECK(batch->jobs[1].secrets.at("PATH").reveal() == "a\"b\nc");
    REQUIRE(batch);
    CHECK(batch->region == "eu");
    REQUIRE(batch->jobs.size() == 3);
    CHECK(batch->jobs[0].spec == R"({"url":"https://example.com/","method":"GET"})");
    CHECK(batch->jobs[1].monitor == MonitorId{8});
    CHECK(batch->jobs[1].attempt == 1);
    CHECK(batch->jobs[1].reason == JobReason::confirm);
    CHECK(batch->jobs[1].not_before == from_unix_ms(1767225601000));
    CHECK(batch->jobs[2].reason == JobReason::run);
    CHECK(batch->jobs[2].run == RunId{11});
    CHECK(batch->jobs[2].slot == from_unix_ms(1767225600600));
}

TEST_CASE("results survive the way, evidence and all") {
    const auto batch = sample_results();
    const auto text = write_result_batch(batch);
    check_golden("result_batch.json", text);
    const auto read = read_result_batch(text);
    REQUIRE_MESSAGE(read, read.error().message);
    CHECK(write_result_batch(*read) == text);
}

TEST_CASE("the detail of a good check has what stays the same: address, HTTP version, TLS version and certificate") {
    const auto judgement = check::all_well();
    check::Observation seen;
    seen.address = "192.0.2.1:443";
    auto& http = seen.facts<check::HttpFacts>();
    http.version = "2";
    http.headers = {{"Date", "now"}};
    CHECK(write_detail(seen, judgement, {}) == R"({"address":"192.0.2.1:443","http":{"version":"2"}})");
    auto& tls = seen.tls.emplace();
    tls.protocol = "TLSv1.3";
    tls.cipher = "TLS_AES_256_GCM_SHA384";
    auto& certificate = tls.certificate;
    certificate.subject = "CN=\"a\\";
    certificate.issuer = "CN=\xff";
    certificate.not_after = from_unix_ms(1'767'225'600'000);
    certificate.names = {"DNS:a"};
    certificate.fingerprint = "ab";
    const auto detail = write_detail(seen, judgement, {});
    CHECK(detail == R"({"address":"192.0.2.1:443","http":{"version":"2"},"tls":{"protocol":"TLSv1.3","certificate":{"subject":"CN=\"a\\","issuer":"CN=)"
                    "\xEF\xBF\xBD" R"(","not_after":"2026-01-01T00:00:00.000Z","fingerprint":"ab"}}})");
    check::Secrets secrets;
    secrets.emplace("KEY", Secret("nowhere"));
    CHECK(write_detail(seen, judgement, check::Redactor(secrets)) == detail);
    http.headers = {{"Date", "later"}};
    seen.phases.total = milliseconds{3};
    CHECK(write_detail(seen, judgement, {}) == detail);
}

TEST_CASE("evidence that would be too long tells in brief, and what is too long in brief tells the least") {
    check::Judgement judgement;
    judgement.verdict = check::Verdict::down;
    judgement.cause = check::FailureClass::assertion;
    judgement.message = "status is 503";
    check::Observation seen;
    seen.address = "192.0.2.1:80";
    auto& http = seen.facts<check::HttpFacts>();
    http.status = 503;
    http.body = std::string(4096, 'b');
    const auto whole = *json::parse(write_evidence(seen, judgement, {}));
    CHECK(whole["http"]["body"].get<std::string>().size() == 4096);
    CHECK(!whole.contains("shortened"));

    // Control characters are six bytes each in JSON.
    http.headers = {{"X-Noise", std::string(8000, '\x01')}};
    http.trailers = http.headers;
    const auto brief = write_evidence(seen, judgement, {});
    CHECK(brief.size() <= kMostEvidenceBytes);
    const auto in_brief = *json::parse(brief);
    CHECK(in_brief["shortened"] == true);
    CHECK(in_brief["http"]["status"] == 503);
    CHECK(!in_brief["http"].contains("headers"));

    judgement.message = std::string(100'000, 'm');
    const auto bare = write_evidence(seen, judgement, {});
    CHECK(bare.size() <= kMostEvidenceBytes);
    const auto the_least = *json::parse(bare);
    CHECK(the_least["class"] == "assertion");
    CHECK(the_least["address"] == "192.0.2.1:80");
    CHECK(the_least["message"].get<std::string>().size() == 1024);
}

TEST_CASE("the answer of a run survives the way") {
    check::Observation seen;
    seen.address = "192.0.2.1:80";
    check::Judgement judgement;
    judgement.verdict = check::Verdict::down;
    judgement.cause = check::FailureClass::http_status;
    judgement.message = "status is 503, must be 200-299";
    const auto text = write_run_answer({RunId{11}, "eu", "eu-\"1\"", from_unix_ms(1767225600700), write_evidence(seen, judgement, {})});
    check_golden("run_answer.json", text);
    const auto read = read_run_answer(text);
    REQUIRE_MESSAGE(read, read.error().message);
    CHECK(read->run == RunId{11});
    CHECK(read->agent == "eu-\"1\"");
    CHECK(write_run_answer(*read) == text);
}

TEST_CASE("an answer that is none is refused with the field that is wrong") {
    const auto answer = golden("run_answer.json");
    const auto why = [](const std::string& text) {
        auto read = read_run_answer(text);
        return read ? std::string() : read.error().message;
    };
    const auto document = [&](const std::string& field, const Json& value) {
        auto all = Json::parse(answer);
        if (value.is_null()) all["document"].erase(field);
        else all["document"][field] = value;
        return all.dump();
    };
    CHECK(why(answer).empty());
    CHECK(why(with(answer, "", "run", "mon_0000000000007")) == "run is not an identifier of the right kind");
    CHECK(why(with(answer, "", "region", "EU")) == "region is not the name of a region");
    CHECK(why(with(answer, "", "document", Json::array())) == "document is not an object");
    CHECK(why(document("verdict", "perhaps")) == "verdict is not one of the names allowed");
    CHECK(why(document("class", "agent_error")) == "class is the agent's fault, yet the verdict is not unknown");
    CHECK(why(document("message", nullptr)) == "message is missing");
    CHECK(why(document("phases_ms", 7)) == "phases_ms is not an object");
    CHECK(why(document("assertions", nullptr)) == "assertions is missing");
    CHECK(why(document("body", std::string(300'000, 'x'))) == "document is longer than 262144 bytes");
}

TEST_CASE("presence survives the way") {
    const auto read = read_presence(golden("presence.json"));
    REQUIRE(read);
    CHECK(read->agent == "eu-1");
    CHECK(read->clock_offset == milliseconds{-12});
    check_golden("presence.json", write_presence(*read));
    CHECK(read_presence_answer(write_presence_answer({from_unix_ms(5)}))->now == from_unix_ms(5));
}

TEST_CASE("fields that a newer sender added are passed over") {
    CHECK(read_job_batch(with(golden("job_batch.json"), "jobs", "colour", "blue")));
    CHECK(read_result_batch(with(golden("result_batch.json"), "", "colour", {{"deep", {1, 2}}})));
}

TEST_CASE("a malformed batch is refused with the field that is wrong") {
    const auto jobs = golden("job_batch.json");
    const auto results = golden("result_batch.json");
    const auto why_jobs = [](const std::string& text) {
        auto read = read_job_batch(text);
        return read ? std::string() : read.error().message;
    };
    const auto why_results = [](const std::string& text) {
        auto read = read_result_batch(text);
        return read ? std::string() : read.error().message;
    };
    CHECK(why_jobs(with(jobs, "", "v", 2)) == "is of a version this program does not know");
    CHECK(why_jobs(with(jobs, "", "region", "EU")) == "region is not the name of a region");
    CHECK(why_jobs(with(jobs, "", "jobs", Json::array())) == "jobs is not an array of 1 to 500 items");
    CHECK(why_jobs(with(jobs, "jobs", "monitor", "sit_0000000000007")) == "monitor is not an identifier of the right kind");
    CHECK(why_jobs(with(jobs, "jobs", "timeout_ms", 5)) == "timeout_ms is not a whole number from 100 to 120000");
    CHECK(why_jobs(with(jobs, "jobs", "spec", "x")) == "spec is not an object");
    CHECK(why_jobs(with(jobs, "jobs", "reason", "run")) == "run is missing");
    CHECK(why_results(with(results, "results", "reason", "run")) == "reason is a run, whose outcome is no result");
    CHECK(why_jobs(with(jobs, "jobs", "kind", "carrier-pigeon")) == "kind is not one of the names allowed");
    CHECK(why_results(with(results, "results", "verdict", "perhaps")) == "verdict is not one of the names allowed");
    CHECK(why_results(with(results, "results", "class", "agent_error")) == "class is the agent's fault, yet the verdict is not unknown");
    CHECK(why_results(with(results, "results", "phases_us", {1, 2})) == "phases_us is not an array of 6 to 6 items");
    CHECK(why_results(with(results, "results", "detail", {{"message", std::string("a\0b", 3)}})) == "detail contains U+0000");
    CHECK(why_results(with(results, "results", "detail", {{"message", "a\\u0000b"}})).empty());
    CHECK(why_results(with(results, "results", "slot", -1)).starts_with("slot is not a whole number"));
    CHECK(why_results(with(results, "", "shard", (shard_of(SiteId{3}) + 1) % kShards)) == "site is not of the batch's shard");
}

TEST_CASE("no cut of a message is taken for a whole one, and none harms the reader") {
    for (const auto& text : {golden("job_batch.json"), golden("result_batch.json"), golden("presence.json"), golden("run_answer.json")}) {
        for (std::size_t length = 0; length < text.size(); ++length) {
            const auto cut = text.substr(0, length);
            CHECK(!read_job_batch(cut));
            CHECK(!read_result_batch(cut));
            CHECK(!read_presence(cut));
            CHECK(!read_run_answer(cut));
        }
    }
    CHECK(!read_job_batch(std::string(2 << 20, ' ')));
    CHECK(!read_job_batch(std::string(100'000, '[')));
}

TEST_CASE("hostile text in evidence stays text") {
    check::Observation seen;
    const std::string hostile("x\0y\xff\"\\\n\x01", 8);
    seen.facts<check::HttpFacts>().body = hostile;
    check::Judgement judgement;
    judgement.verdict = check::Verdict::down;
    judgement.cause = check::FailureClass::reset;
    judgement.message = hostile;
    const std::string clean = "x y\xef\xbf\xbd\"\\\n\x01";
    const auto detail = json::parse(write_detail(seen, judgement, {}));
    REQUIRE(detail);
    CHECK((*detail)["message"] == clean);
    const auto evidence = json::parse(write_evidence(seen, judgement, {}));
    REQUIRE(evidence);
    CHECK((*evidence)["http"]["body"] == clean);
}

TEST_CASE("subjects are built from region names that cannot break out of them") {
    for (const auto* good : {"eu", "eu-west-1", "a"}) CHECK(subject::is_region_name(good));
    for (const auto* bad : {"", "EU", "1eu", "eu.west", "eu>", "*", "eu west", "abcdefghijklmnopqrstuvwxyz0123456"}) CHECK(!subject::is_region_name(bad));
    CHECK(subject::results(2, "eu") == "sonde.v1.results.2.eu");
    CHECK(subject::event("incident.opened", SiteId{3}) == "sonde.v1.events.incident.opened.sit_0000000000003");
    CHECK(subject::event("coverage.lost", {}) == "sonde.v1.events.coverage.lost.none");
}

TEST_CASE("secrets of a job that are none are refused") {
    const auto text = golden("job_batch.json");
    for (const auto& secrets : {Json(5), Json("a"), Json::array(), Json{{"A", 5}}, Json{{"A", nullptr}}, Json{{"A", ""}}, Json{{"A-B", "x"}},
                                Json{{"", "x"}}, Json{{"A", std::string("a\0b", 3)}}, Json{{"A", std::string(8193, 'x')}}}) {
        CHECK_MESSAGE(!read_job_batch(with(text, "jobs", "secrets", secrets)), secrets.dump());
    }
    Json many = Json::object();
    for (int i = 0; i < 21; ++i) many["N" + std::to_string(i)] = "x";
    CHECK(!read_job_batch(with(text, "jobs", "secrets", many)));
    Json large = Json::object();
    for (int i = 0; i < 9; ++i) large["N" + std::to_string(i)] = std::string(8000, 'x');
    CHECK(!read_job_batch(with(text, "jobs", "secrets", large)));
    CHECK(read_job_batch(with(text, "jobs", "secrets", Json{{"A", std::string(8192, 'x')}})));
}

TEST_CASE("no secret is in detail and evidence") {
    check::Redactor redact;
    redact.add("hunter22");
    check::Observation seen;
    seen.address = "192.0.2.1:80";
    auto& http = seen.facts<check::HttpFacts>();
    http.status = 500;
    http.status_line = "HTTP/1.1 500 hunter22";
    http.headers = {{"X-Echo", "hunter22"}};
    http.body = "you said hunter22";
    http.final_url = "http://192.0.2.1/hunter22";
    check::Judgement judgement;
    judgement.verdict = check::Verdict::down;
    judgement.cause = check::FailureClass::http_status;
    judgement.message = "hunter22 was wrong";
    judgement.assertions = {{"body", "contains hunter22", "hunter22", check::Verdict::down, check::FailureClass::body_mismatch}};
    for (const auto& text : {write_detail(seen, judgement, redact), write_evidence(seen, judgement, redact)}) {
        CHECK(text.find("hunter22") == std::string::npos);
        CHECK(text.find("*** was wrong") != std::string::npos);
    }
    judgement.verdict = check::Verdict::up;
    CHECK(write_detail(seen, judgement, redact) == R"({"address":"192.0.2.1:80","http":{"version":""}})");
}

}  // namespace message_test
