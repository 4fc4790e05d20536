#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "lib/message/result.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/raw_server.h"

namespace http_secret_test {

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

namespace {

// What is told of a check against `server` once its target was read with these secrets.
std::vector<std::string> all_told(Bench& bench, const RawServer& server, const std::string& more, const check::Secrets& secrets = {}) {
    const auto target = agent::read_target(check::Kind::http, R"({"url":")" + server.url("/start") + "\"" + more + "}", secrets);
    REQUIRE(target);
    std::optional<check::Observation> seen;
    const auto attempt = bench.probe.start(*target, milliseconds{5000}, [&](check::Observation observation) { seen = std::move(observation); });
    REQUIRE(turn_until(bench.loop, [&] { return seen.has_value(); }));
    const auto judgement = check::judge((*target)->spec, *seen, wall_now());
    CHECK(judgement.verdict == check::Verdict::down);
    return {message::write_detail(*seen, judgement, (*target)->redact), message::write_evidence(*seen, judgement, (*target)->redact), judgement.message};
}

// Redirects /start to `location` and answers everything else with 500.
RawServer::Serve leading_to(std::string location) {
    return [location = std::move(location)](int fd) {
        const bool is_start = read_request(fd).starts_with("GET /start ");
        send_all(fd, is_start ? "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n"
                              : std::string("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"));
    };
}

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("what a redirect issues or says again is told neither of its target nor of its Location nor of why it was not followed") {
    const struct {
        const char* location;
        const char* more;
        const char* told;  // that is left of it
    } rows[] = {
        {"/end?code=issued1&lang=de", "", "/end?code=***&lang=de"},                                              // final_url
        {"/end?next=%2Fa%3Ftoken%3Dissued1&lang=de", "", "/end?next=***&lang=de"},
        {"/end/my%2fkey+k%C3%a9y", "", "/end/***"},                                                              // the secret, said again
        {"/end?code=issued1&lang=de", R"(,"follow_redirects":false)", "/end?code=***&lang=de"},                  // the header
        {"/end?code=issued1&lang=de", R"(,"max_redirects":0)", "leads to /end?code=***&lang=de"},                // too_many_redirects
        {"ftp://me:issued1@a.test/?sig=issued1#", "", "must begin with http:// or https://: ftp://***@a.test/?sig=***#"},
        {"http://me:issued1@0.0.0.256/?lang=de", "", "http://***@0.0.0.256/?lang=de"},
    };
    for (const auto& row : rows) {
        Bench bench;
        RawServer server(leading_to(row.location));
        const auto told = all_told(bench, server, std::string(row.more) + R"(,"headers":{"X-Key":"{{secrets.KEY}}"},"accept_status":"200")", {{"KEY", Secret("my/key kéy")}});
        CHECK_MESSAGE(has(told[1], row.told), told[1]);
        for (const auto& text : told) {
            CHECK_MESSAGE(!has(text, "issued1"), text);
            CHECK_MESSAGE(!has(text, "%2fkey"), text);
        }
    }
}

TEST_CASE("a secret that the end of what is kept of a URL would divide is not told by half") {
    const std::string spec = R"(,"headers":{"X-Key":"{{secrets.KEY}}"},"accept_status":"200")";
    const check::Secrets secrets{{"KEY", Secret("hunter2222")}};
    const auto leading_across = [](std::size_t cut) {  // three characters of it stand before the cut: too few to be known for a secret
        return '/' + std::string(cut - 4, 'x') + "hunter2222/" + std::string(100, 'y');
    };
    const auto holds = [](const std::vector<std::string>& all, const std::string& shown) {
        CHECK_MESSAGE(has(all[1], shown), all[1]);
        for (const auto& text : all) CHECK_MESSAGE(!has(text, "xhun"), text);
    };
    Bench bench;
    RawServer quoted(leading_to(leading_across(300)));
    holds(all_told(bench, quoted, spec + R"(,"max_redirects":0)", secrets), "xx*");
    // A final URL begins with its origin.
    for (const std::size_t port_digits : {4, 5}) {
        RawServer server(leading_to(leading_across(2048 - std::string("http://127.0.0.1:").size() - port_digits)));
        holds(all_told(bench, server, spec, secrets), "xx*");
    }
}

TEST_CASE("a token of OAuth2 is not told where a redirect says it again") {
    Bench bench;
    RawServer tokens([](int fd) {
        read_request(fd);
        const std::string body = R"({"access_token":"to/ken+1","token_type":"bearer"})";
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    });
    const auto auth = R"(,"auth":{"type":"oauth2","token_url":")" + tokens.url("/") + R"(","client_id":"me","client_secret":"{{secrets.KEY}}"})";
    for (const auto& more : {std::string(), std::string(R"(,"max_redirects":0)"), std::string(R"(,"follow_redirects":false,"accept_status":"200")")}) {
        RawServer server(leading_to("/said/to%2fken%2b1/again"));
        const auto told = all_told(bench, server, auth + more, {{"KEY", Secret("hunter2222")}});
        CHECK_MESSAGE(has(told[1], "/said/***/again"), told[1]);
        for (const auto& text : told) CHECK_MESSAGE(!has(text, "ken%2b1"), text);
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

}  // namespace http_secret_test
