#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "lib/message/result.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/raw_server.h"

using namespace sonde;
using namespace sonde::test;

TEST_CASE("secrets are in the request, and in nothing that is told of it") {
    Bench bench;
    RawServer echo([](int fd) {
        const auto request = read_request(fd);
        send_all(fd, "HTTP/1.1 500 hunter22\r\nX-Echo: hunter22\r\nContent-Length: " + std::to_string(request.size()) + "\r\n\r\n" + request);
    });
    const auto text = R"({"url":")" + echo.url("/{{secrets.PATH}}") +
                      R"(","method":"POST","headers":{"X-Key":"{{secrets.KEY}}"},"body":"{{secrets.KEY}}",)"
                      R"("auth":{"type":"basic","username":"me","password":"{{secrets.KEY}}"}})";
    const auto target = agent::read_target(check::Kind::http, text, {{"KEY", Secret("hunter22")}, {"PATH", Secret("hidden")}});
    REQUIRE(target);
    std::optional<check::Observation> seen;
    const auto attempt = bench.probe.start(*target, milliseconds{5000}, [&](check::Observation observation) { seen = std::move(observation); });
    REQUIRE(turn_until(bench.loop, [&] { return seen.has_value(); }));
    const auto body = seen->find<check::HttpFacts>()->body;
    CHECK(body.starts_with("POST /hidden HTTP/1.1\r\n"));
    CHECK(body.find("X-Key: hunter22\r\n") != std::string::npos);
    CHECK(body.find("Authorization: Basic bWU6aHVudGVyMjI=\r\n") != std::string::npos);
    const auto judgement = check::judge((*target)->spec, *seen, wall_now());
    CHECK(judgement.verdict == check::Verdict::down);
    for (const auto& told :
         {message::write_detail(*seen, judgement, (*target)->redact), message::write_evidence(*seen, judgement, (*target)->redact)}) {
        for (const auto* secret : {"hunter22", "hidden", "bWU6aHVudGVyMjI="}) CHECK_MESSAGE(told.find(secret) == std::string::npos, told);
    }
}

TEST_CASE("a spec that is wrong with its secrets in place is an error without them") {
    const auto read = [](const char* text) {
        const auto target = agent::read_target(check::Kind::http, text, {{"KEY", Secret("200-x")}});
        REQUIRE(!target);
        return target.error().message;
    };
    CHECK(read(R"({"url":"http://a/","accept_status":"{{secrets.KEY}}"})").find("200-x") == std::string::npos);
    CHECK(read(R"({"url":"http://a/{{secrets.NONE}}"})") == "/url names the secret NONE, which is not there");
}
