#include "lib/check/http/url_credentials.h"

#include <doctest/doctest.h>

#include "lib/check/http/facts.h"
#include "lib/check/judge.h"

namespace url_credentials_test {

using namespace sonde;
using namespace sonde::check;

TEST_CASE("parameters that let their bearer in are told by their names") {
    for (const auto* name : {"token", "access_token", "accessToken", "ACCESS_TOKEN", "id_token", "refresh_token", "code", "Code", "sig", "signature", "X-Amz-Signature",
                             "X-Amz-Credential", "X-Amz-Security-Token", "X-Goog-Signature", "key", "api_key", "apiKey", "apikey", "api.key", "password", "passwd", "pwd", "pass",
                             "new_password", "session", "session_id", "sessionid", "jsessionid", "PHPSESSID", "sid", "secret", "client_secret", "jwt", "ticket", "SAMLResponse",
                             "oauth_verifier", "reset_password_token", "auth", "hmac", "user[password]", "csrf_token", "%74oken", "access%5Ftoken", "tok%65n", "otp"})
        CHECK_MESSAGE(is_credential_parameter(name), name);
    for (const auto* name : {"", "page", "q", "keyword", "monkey", "error_code", "country_code", "encode", "passenger", "state", "tokenize", "author", "signal", "next",
                             "redirect_uri", "lang", "v", "x-amz-date", "design", "%zz", "assess"})
        CHECK_MESSAGE(!is_credential_parameter(name), name);
}

TEST_CASE("userinfo, and the values of parameters with such names, are hidden; the rest stays") {
    const struct {
        const char* given;
        const char* told;
    } rows[] = {
        {"", ""},
        {"/", "/"},
        {"https://a.example/b?page=2#top", "https://a.example/b?page=2#top"},
        {"https://a.example/me@example.com?mail=me@example.com", "https://a.example/me@example.com?mail=me@example.com"},
        // Userinfo.
        {"https://u:p@a.example/", "https://***@a.example/"},
        {"https://u@a.example/", "https://***@a.example/"},
        {"https://u:p@ss@a.example", "https://***@a.example"},
        {"//u:p@a.example/b", "//***@a.example/b"},
        {"HTTPS:u:p@a.example/", "HTTPS:***@a.example/"},
        {"http:/u:p@a.example/", "http:/***@a.example/"},
        {"http:\\\\u:p@a.example\\", "http:\\\\***@a.example\\"},
        {"ftp://u:p@a.example/", "ftp://***@a.example/"},
        {"https://a.example//u:p@b.example", "https://a.example//***@b.example"},
        {"https://@a.example/", "https://@a.example/"},
        {";http:u&x=p@key=3", ";http:***@key=***"},
        // Queries, fragments, parameters of paths.
        {"/cb?code=abc&state=1", "/cb?code=***&state=1"},
        {"?token=abc", "?token=***"},
        {"/x?page=1&access_token=a.b-c_d~e/f?g;h:i@j&z=2", "/x?page=1&access_token=***&z=2"},
        {"/x?token=", "/x?token="},
        {"/x?token=&a=b", "/x?token=&a=b"},
        {"/x?token", "/x?token"},
        {"/x?token=a=b==", "/x?token=***"},
        {"/x#access_token=abc&token_type=bearer&expires_in=5", "/x#access_token=***&token_type=***&expires_in=5"},
        {"/x?a=1#id_token=abc", "/x?a=1#id_token=***"},
        {"/x;jsessionid=abc/y?z=1", "/x;jsessionid=***/y?z=1"},
        {"/x;jsessionid=abc?z=1", "/x;jsessionid=***?z=1"},
        {"/x?a=1;token=ab/c", "/x?a=1;token=***"},
        {"/x?a=1&amp;token=ab/c&amp;b=2", "/x?a=1&amp;token=***&amp;b=2"},
        {"/x?%74oken=abc", "/x?%74oken=***"},
        {"/x?X-Amz-Credential=AKIA%2F2026&X-Amz-Date=2026&X-Amz-Signature=00ff", "/x?X-Amz-Credential=***&X-Amz-Date=2026&X-Amz-Signature=***"},
        // A URL in a URL.
        {"/login?next=https://a.example/?token=abc&x=1", "/login?next=https://a.example/?token=***&x=1"},
        {"/login?next=https%3A%2F%2Fa.example%2F%3Ftoken%3Dabc&x=1", "/login?next=***&x=1"},
        {"/login?next=https%3a%2f%2fu%3ap%40a.example", "/login?next=***"},
        {"/login?next=%2Fa%3Fnext%3D%252Fb%253Ftoken%253Dc", "/login?next=***"},
        {"/login?next=%2Fa%3Fpage%3D2", "/login?next=%2Fa%3Fpage%3D2"},
        {"/login?q=100%25", "/login?q=100%25"},
        {"/login?data=token%3Dabc;rest", "/login?data=***"},
        // Prose around it.
        {"more than 10 redirects; the last, of http://a/?token=b, leads to //u:p@c/", "more than 10 redirects; the last, of http://a/?token=*** leads to //***@c/"},
        {"the last, of http://a/?token=***, leads to /?code=***.", "the last, of http://a/?token=***, leads to /?code=***."},
        {"</b?token=abc>; rel=next, </c?page=2>; rel=prev", "</b?token=***>; rel=next, </c?page=2>; rel=prev"},
        {"5; url=https://a.example/?session=abc", "5; url=https://a.example/?session=***"},
        {R"(header location is "/x?sig=abc", must be "/y")", R"(header location is "/x?sig=***", must be "/y")"},
        {"status is 500, must be 200-299", "status is 500, must be 200-299"},
    };
    for (const auto& row : rows) {
        CHECK(without_credentials(row.given) == row.told);
        CHECK(without_credentials(row.told) == row.told);
    }
}

TEST_CASE("headers that lead elsewhere are told without what was issued in them, and so is what an assertion found in one") {
    Observation seen;
    auto& facts = seen.facts<HttpFacts>();
    facts.status = 302;
    facts.headers = {{"Location", "https://u:s3cr3t@a.example/?code=s3cr3t&lang=de"}, {"Content-Location", "/?sig=s3cr3t"}, {"Refresh", "0; url=/?key=s3cr3t"}};
    facts.trailers = {{"Link", "</?token=s3cr3t>; rel=next"}};
    const auto document = write(facts, true);
    CHECK(json::dump(document).find("s3cr3t") == std::string::npos);
    CHECK(document["headers"][0]["value"] == "https://***@a.example/?code=***&lang=de");

    HttpSpec spec;
    spec.url = "http://a/";
    const Json wanted{{"url", "http://a/"}, {"assertions", {{{"on", "header"}, {"name", "location"}, {"contains", "lang=en"}}}}, {"accept_status", "302"}};
    const auto read = read_spec(Kind::http, wanted, "");
    REQUIRE(read);
    const auto judgement = judge(*read, seen, TimePoint{});
    CHECK(judgement.verdict == Verdict::down);
    CHECK(judgement.message.find("code=***&lang=de") != std::string::npos);
    CHECK(judgement.message.find("s3cr3t") == std::string::npos);
}

TEST_CASE("a failure is told without them, of whatever kind it is") {
    Observation seen;
    seen.failure = {FailureClass::http_protocol, "led to //u:s3cr3t@a/?token=s3cr3t", Phase::first_byte};
    const auto judgement = judge(Spec(TcpSpec{}), seen, TimePoint{});
    CHECK(judgement.message == "led to //***@a/?token=***");
}

TEST_CASE("hiding takes time linear in the text") {
    for (const std::string_view piece : {"?a=", "?a=%3F", "?token=***", "http:", "//", "&", "?????", ";a=%2541", "http://a&"}) {
        std::string text;
        while (text.size() < std::size_t{1} << 21U) text += piece;
        CHECK(without_credentials(text).size() <= text.size());  // minutes, were it quadratic
    }
}

}  // namespace url_credentials_test
