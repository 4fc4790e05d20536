#include <doctest/doctest.h>

#include "lib/check/http/facts.h"
#include "lib/check/http/header.h"

namespace http_header_test {

using namespace sonde;
using namespace sonde::check;

TEST_CASE("headers that carry what lets their bearer in are told from those that do not") {
    for (const auto* name : {"Set-Cookie", "set-cookie2", "COOKIE", "Authorization", "Proxy-Authorization", "X-Api-Key", "x_api_key", "ApiKey", "X-Auth-Token",
                             "X-Amz-Security-Token", "X-CSRF-Token", "Ocp-Apim-Subscription-Key", "X-Functions-Key", "X-Auth-Key", "X-Secret", "X-Session-Id",
                             "Authentication-Info", "X-Auth", "Client-Secret-2"}) {
        CHECK_MESSAGE(is_secret_header(name), name);
    }
    for (const auto* name : {"WWW-Authenticate", "Content-Type", "ETag", "X-Request-Id", "Surrogate-Key", "Sec-WebSocket-Key", "Public-Key-Pins", "Key",
                             "Access-Control-Allow-Credentials", "X-RateLimit-Remaining-Tokens", "Keep-Alive", "Location", "-", ""}) {
        CHECK_MESSAGE(!is_secret_header(name), name);
    }
}

TEST_CASE("the evidence of an answer has its headers and trailers in order, without their secrets, and the first 4 KiB of the body") {
    HttpFacts facts;
    facts.version = "1.1";
    facts.status = 503;
    facts.status_line = "HTTP/1.1 503 Service Unavailable";
    facts.headers = {{"Server", "nginx"}, {"Set-Cookie", "id=s3cr3t"}, {"X-Api-Key", "s3cr3t"}, {"WWW-Authenticate", "Basic realm=\"a\""}};
    facts.trailers = {{"X-Auth-Token", "s3cr3t"}, {"Digest", "abc"}};
    facts.body = std::string(5000, 'x');
    facts.body_bytes = 5000;
    const auto document = write(facts, true);
    CHECK(document["status_line"] == "HTTP/1.1 503 Service Unavailable");
    CHECK(json::dump(document["headers"]) == R"([{"name":"Server","value":"nginx"},{"name":"Set-Cookie","value":"***"},{"name":"X-Api-Key","value":"***"},)"
                                             R"({"name":"WWW-Authenticate","value":"Basic realm=\"a\""}])");
    CHECK(json::dump(document["trailers"]) == R"([{"name":"X-Auth-Token","value":"***"},{"name":"Digest","value":"abc"}])");
    CHECK(document["body"].get<std::string>().size() == 4096);
    CHECK(document["body_bytes"] == 5000);
    CHECK(json::dump(document).find("s3cr3t") == std::string::npos);
    CHECK(!write(facts, false).contains("headers"));
}

}  // namespace http_header_test
