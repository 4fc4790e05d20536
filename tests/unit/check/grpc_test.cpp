// Specs of the kind `grpc`, and what answers to health checks mean.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace grpc_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::grpc;

Judgement judged(const GrpcFacts& facts) {
    Observation seen;
    seen.facts<GrpcFacts>() = facts;
    return judge(test::read(kKind, R"({"host":"a","port":1})"), seen, TimePoint{});
}

GrpcFacts answered(std::optional<int> status, std::optional<int> serving) {
    GrpcFacts facts;
    facts.http_status = 200;
    facts.grpc_status = status;
    facts.serving = serving;
    return facts;
}

}  // namespace

TEST_CASE("the canonical document of a grpc spec names every field and is read back equal") {
    const auto* full =
        R"({"host":"a.test","port":50051,"tls":{"server_name":"b.test","verify":true,"ca":"","min_version":"1.2"},"service":"shop.Cart",)"
        R"("authority":"shop.test:443","metadata":{"authorization":"Bearer x","trace-bin":"AAEC"}})";
    CHECK(json::dump(write_spec(test::read(kKind, full))) == full);
    const auto least = write_spec(test::read(kKind, R"({"host":"a","port":1})"));
    CHECK(json::dump(least) == R"({"host":"a","port":1,"tls":false,"service":"","authority":"","metadata":{}})");
}

TEST_CASE("each wrong field of a grpc spec is refused at its own pointer with the reason") {
    CHECK(test::problems(kKind, "{}") == "/spec: the field \"host\" is required\n/spec: the field \"port\" is required");
    const auto with = [](const std::string& more) { return test::problems(kKind, R"({"host":"a","port":1,)" + more + "}"); };
    CHECK(with(R"("authority":"a/b")") == "/spec/authority: must be a host with a port or without");
    CHECK(with(R"("authority":"a@b")") == "/spec/authority: must be a host with a port or without");
    CHECK(with(R"("authority":"a:99999")") == "/spec/authority: must be a host with a port or without");
    CHECK(with(R"("metadata":{"grpc-timeout":"1S"})") == "/spec/metadata/grpc-timeout: is a header the probe sets itself");
    CHECK(with(R"("metadata":{"te":"x"})") == "/spec/metadata/te: is a header the probe sets itself");
    CHECK(with(R"("metadata":{"Key":"x"})") == "/spec/metadata/Key: must be in lower case");
    CHECK(with(R"("metadata":{":path":"x"})") == "/spec/metadata/:path: is not a header name");
    CHECK(with(R"("metadata":{"a-bin":"?"})") == "/spec/metadata/a-bin: must be base64, since its name ends in -bin");
    CHECK(with(R"("metadata":{"a":"é"})") == "/spec/metadata/a: must be ASCII");
    CHECK(with(R"("service":")" + std::string(201, 'x') + "\"").starts_with("/spec/service: "));
}

TEST_CASE("serving is up; every other health, status or kind of answer is down with its own class") {
    CHECK(judged(answered(0, 1)).verdict == Verdict::up);
    CHECK(judged(answered(0, 1)).assertions.size() == 4);
    struct Row {
        std::optional<int> status, serving;
        FailureClass cause;
        std::string message;
    };
    const Row rows[] = {
        {0, 2, FailureClass::body_mismatch, "health is NOT_SERVING, must be SERVING"},
        {0, 0, FailureClass::body_mismatch, "health is UNKNOWN, must be SERVING"},
        {0, 3, FailureClass::body_mismatch, "health is SERVICE_UNKNOWN, must be SERVING"},
        {0, 7, FailureClass::body_mismatch, "health is STATUS 7, must be SERVING"},
        {0, std::nullopt, FailureClass::body_mismatch, "health is not told, must be SERVING"},
        {5, std::nullopt, FailureClass::assertion, "grpc-status is 5 NOT_FOUND, must be 0 OK"},
        {12, 1, FailureClass::assertion, "grpc-status is 12 UNIMPLEMENTED, must be 0 OK"},
        {99, std::nullopt, FailureClass::assertion, "grpc-status is 99, must be 0 OK"},
        {std::nullopt, 1, FailureClass::assertion, "grpc-status is not there, must be 0 OK"},
    };
    for (const auto& row : rows) {
        const auto judgement = judged(answered(row.status, row.serving));
        CHECK(judgement.verdict == Verdict::down);
        CHECK(judgement.cause == row.cause);
        CHECK(judgement.message == row.message);
    }
    auto facts = answered(14, std::nullopt);
    facts.grpc_message = "try later";
    CHECK(judged(facts).message == "grpc-status is 14 UNAVAILABLE: try later, must be 0 OK");
    facts.fault = "ends without grpc-status";
    CHECK(judged(facts).cause == FailureClass::http_protocol);
    facts = {};
    facts.http_status = 502;
    CHECK(judged(facts).cause == FailureClass::http_status);
    CHECK(judged(facts).assertions.size() == 1);
}

}  // namespace grpc_test
