#include <doctest/doctest.h>

#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/raw_server.h"

namespace http_token_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::HttpSpec;

namespace {

std::string json_answer(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A token endpoint, and an API that wants its tokens.
struct Realm {
    std::string lifetime = "3600";
    std::atomic<int> issued{0};
    std::atomic<bool> revoked{false};  // the API takes no token
    std::mutex mutex;
    std::string asked;  // the last request for a token

    RawServer tokens{[this](int fd) {
        const auto request = read_request(fd);
        {
            const std::scoped_lock lock(mutex);
            asked = request;
        }
        send_all(fd, json_answer(R"({"access_token":"token-)" + std::to_string(++issued) + R"(","token_type":"bearer","expires_in":)" + lifetime + "}"));
    }};
    RawServer api{[this](int fd) {
        const auto request = read_request(fd);
        const auto at = request.find("\r\nAuthorization: Bearer token-");
        const auto status = at == std::string::npos ? "400 Bad Request" : revoked ? "401 Unauthorized" : "200 OK";
        send_all(fd, json_answer(request.substr(at == std::string::npos ? 0 : at + 2), status));
    }};

    [[nodiscard]] HttpSpec spec() const {
        HttpSpec spec;
        spec.url = api.url();
        spec.auth.type = check::HttpAuthType::oauth2;
        spec.auth.token_url = tokens.url("/token");
        spec.auth.client_id = "me@example";
        spec.auth.client_secret = "s3cret/";
        spec.auth.scope = "read write";
        return spec;
    }
};

}  // namespace

TEST_CASE("a token is fetched once and serves until it expires") {
    Bench bench;
    Realm realm;
    for (int i = 0; i < 5; ++i) {
        const auto seen = bench.run(realm.spec());
        CHECK_MESSAGE(seen.http().status == 200, describe(seen));
        CHECK(seen.http().body == "Authorization: Bearer ***\r\n" + seen.http().body.substr(27));  // the echo does not give it away
    }
    CHECK(realm.issued == 1);
    CHECK(realm.asked.starts_with("POST /token HTTP/1.1\r\n"));
    CHECK(realm.asked.find("\r\nAuthorization: Basic bWUlNDBleGFtcGxlOnMzY3JldCUyRg==\r\n") != std::string::npos);
    CHECK(realm.asked.ends_with("\r\n\r\ngrant_type=client_credentials&scope=read%20write"));
    // Another scope is another token.
    auto spec = realm.spec();
    spec.auth.scope = "";
    spec.auth.audience = "api";
    spec.auth.client_in = check::OAuthClientIn::body;
    CHECK(bench.run(spec).http().status == 200);
    CHECK(realm.issued == 2);
    CHECK(realm.asked.find("\r\nAuthorization") == std::string::npos);
    CHECK(realm.asked.ends_with("&audience=api&client_id=me%40example&client_secret=s3cret%2F"));
}

TEST_CASE("many checks at once wait for one token") {
    Bench bench;
    Realm realm;
    int right = 0;
    int ended = 0;
    std::vector<std::unique_ptr<agent::Attempt>> attempts;
    for (int i = 0; i < 30; ++i) {
        attempts.push_back(bench.probe.start(*agent::make_target(check::Spec{realm.spec()}), milliseconds{10'000}, [&](Seen seen) {
            ++ended;
            if (seen.http().status == 200) ++right;
        }));
    }
    attempts[3].reset();  // one gives up
    REQUIRE(turn_until(bench.loop, [&] { return ended == 29; }, milliseconds{10'000}));
    CHECK(right == 29);
    CHECK(realm.issued == 1);
}

TEST_CASE("a token that expires at once is fetched for each check, one that was refused for the next") {
    Bench bench;
    Realm realm;
    realm.lifetime = "0";
    CHECK(bench.run(realm.spec()).http().status == 200);
    CHECK(bench.run(realm.spec()).http().status == 200);
    CHECK(realm.issued == 2);
    realm.lifetime = "3600";
    CHECK(bench.run(realm.spec()).http().status == 200);
    CHECK(realm.issued == 3);
    realm.revoked = true;
    CHECK(bench.run(realm.spec()).http().status == 401);
    CHECK(realm.issued == 3);
    realm.revoked = false;
    CHECK(bench.run(realm.spec()).http().status == 200);
    CHECK(realm.issued == 4);
}

TEST_CASE("a token endpoint that gives none is the target's failure, and says why") {
    Bench bench;
    struct Row {
        std::string answer;
        FailureClass cause;
        const char* why;
    };
    const std::string long_token(20'000, 'x');
    for (const auto& row :
         {Row{json_answer(R"({"error":"invalid_client","error_description":"who?"})", "401 Unauthorized"), FailureClass::http_status,
              "it answered 401: invalid_client, who?"},
          Row{json_answer("<html>", "500 Oops"), FailureClass::http_status, "it answered 500"},
          Row{"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", FailureClass::http_status, "it answered 302"},
          Row{json_answer("<html>"), FailureClass::http_protocol, "the answer is not valid JSON near byte 1"},
          Row{json_answer("[]"), FailureClass::http_protocol, "the answer is no JSON object"},
          Row{json_answer("{}"), FailureClass::http_protocol, "the answer has no access_token that a header can carry"},
          Row{json_answer(R"({"access_token":"a\r\nX: y"})"), FailureClass::http_protocol, "the answer has no access_token that a header can carry"},
          Row{json_answer("{\"access_token\":\"" + long_token + "\"}"), FailureClass::http_protocol,
              "the answer has no access_token that a header can carry"},
          Row{json_answer(R"({"access_token":"a","token_type":"mac"})"), FailureClass::http_protocol, "the token is not of the type Bearer"}}) {
        RawServer tokens(answering(row.answer));
        HttpSpec spec;
        spec.url = "http://127.0.0.1:1/";
        spec.auth = {.type = check::HttpAuthType::oauth2, .token_url = tokens.url("/token"), .client_id = "a"};
        const auto seen = bench.run(spec);
        CHECK_MESSAGE(seen.failure.cause == row.cause, describe(seen));
        CHECK(seen.failure.message == "no token from " + tokens.url("/token") + ": " + row.why);
    }
}

TEST_CASE("the guard and the check's own deadline hold for the token endpoint too") {
    Bench bench;
    RawServer silent([](int fd) { read_request(fd), read_request(fd); });
    HttpSpec spec;
    spec.url = "http://127.0.0.1:1/";
    spec.auth = {.type = check::HttpAuthType::oauth2, .token_url = silent.url(), .client_id = "a"};
    auto seen = bench.run(spec, milliseconds{250});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(seen.failure.message == "250 ms were over waiting for a token of " + silent.url());
    CHECK(bench.took < seconds{20});
    spec.auth.token_url = "http://127.0.0.66:" + std::to_string(silent.port()) + "/";
    CHECK(bench.run(spec).failure.cause == FailureClass::blocked_address);
    spec.auth.token_url = "http://127.0.0.1:" + std::to_string(closed_port()) + "/";
    CHECK(bench.run(spec).failure.cause == FailureClass::connect_refused);
}

}  // namespace http_token_test
