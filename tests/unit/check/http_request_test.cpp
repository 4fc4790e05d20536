#include <doctest/doctest.h>

#include "lib/check/spec.h"

namespace http_request_test {

using namespace sonde;
using check::HttpSpec;

namespace {

// Made for this test.
const std::string kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUaQL8l/93O3GgLO7VQYxG9OGliiswCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjUwNDM2NDVaGA8yMTI2MTEwMTA0MzY0
NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIF/
7JTwE3brWIxKZXjQnNrjMTPMdRs1MT7aVv9DAn0L32yg3NdcbK/yOHzTrSUya5cR
dlQeSWzx7gKs0/B5FuejUzBRMB0GA1UdDgQWBBSP4QC64oPB8KIaLDR/hX3XD5k4
DjAfBgNVHSMEGDAWgBSP4QC64oPB8KIaLDR/hX3XD5k4DjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIBqjTVJ+scbqL7VvJ+8YCrbsBP3YMFrknDAi
KQ//ZS8SAiEAoO6CksTnkhz/O/pR367MgwqMmm1b1CaEssr2HqmlTnU=
-----END CERTIFICATE-----)";
const std::string kKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXWlVGb2YrpLujSiK
CIIn5mUuIPU9OzN46V7qYNJ4MtChRANCAASBf+yU8BN261iMSmV40Jza4zEzzHUb
NTE+2lb/QwJ9C99soNzXXGyv8jh8060lMmuXEXZUHkls8e4CrNPweRbn
-----END PRIVATE KEY-----)";
const std::string kOtherKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT/ATvjwQytg8Mah6
TIqvCX/DC+v5zEaeg7Bp2E80zNWhRANCAARunwybKl1CNoPcNrd3rTuGusgX22oJ
wWWYe9aRzt5uaOFX6pOsho2J3tt9kP5Tc6ysksVDnbzIbGLeJdEDxpIz
-----END PRIVATE KEY-----
)";
const std::string kEncryptedKey = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh9aNRZVOh0PwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBUXJMBIFLwulnhKNZO52esEgZCI
L0jBNE3RhGdERndA+3zx5QDKcpJsrIgb8lUj/oDn37HurTLnIdrJTpmy5/B3BCEj
6C3uBnVfGR83LkI3Kurgv6LsUoOgWCeUNLbGPYZb1InjATMn80TQM3QizhagQo1f
/lweqSNe38b/+Pbamm46GV1Fdiw5htKdUqF1uZs6YQTuEdoKpZxwtpW+mp7G8Vs=
-----END ENCRYPTED PRIVATE KEY-----)";

HttpSpec read(const Json& document) {
    auto spec = check::read_spec(check::Kind::http, document, "/spec");
    REQUIRE_MESSAGE(spec, document.dump());
    // What is kept is what was read.
    const auto canonical = check::write_spec(*spec);
    const auto again = check::read_spec(check::Kind::http, canonical, "");
    REQUIRE_MESSAGE(again, canonical.dump());
    CHECK(check::write_spec(*again) == canonical);
    return std::get<HttpSpec>(*spec);
}

std::string problems(const Json& document) {
    const auto spec = check::read_spec(check::Kind::http, document, "/spec");
    if (spec) return "accepted";
    std::string lines;
    for (const auto& problem : spec.error()) lines += (lines.empty() ? "" : "\n") + problem.pointer + ": " + problem.detail;
    return lines;
}

// The problems of a spec for `url` with these fields.
std::string with(const Json& fields, const std::string& url = "https://a.example/") {
    Json document{{"url", url}};
    document.update(fields);
    return problems(document);
}

std::string with_auth(const Json& auth) { return with({{"auth", auth}}); }

}  // namespace

TEST_CASE("every method but CONNECT may be asked with, and with a body but for HEAD") {
    for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH"})
        CHECK(read({{"url", "http://a/"}, {"method", method}, {"body", "x"}}).method == method);
    CHECK(read({{"url", "http://a/"}, {"method", "HEAD"}}).method == "HEAD");
}

TEST_CASE("Host may be set, to what can be one") {
    CHECK(read({{"url", "http://a/"}, {"headers", {{"Host", "b.example:8080"}}}}).headers.size() == 1);
    for (const auto* host : {"", "a b", "a/b", "u@b", "a?b", "a#b", "a,b"})
        CHECK(with({{"headers", {{"Host", host}}}}) == "/spec/headers: must have a host name in Host, and may have a port there");
}

TEST_CASE("each kind of authentication has its own fields, and no others") {
    CHECK(read({{"url", "http://a/"}, {"auth", {{"type", "basic"}, {"username", ""}, {"password", ""}}}}).auth.type == check::HttpAuthType::basic);
    CHECK(read({{"url", "http://a/"}, {"auth", {{"type", "bearer"}, {"token", "abc"}}}}).auth.token == "abc");
    const auto spec = read({{"url", "http://a/"},
                            {"auth",
                             {{"type", "oauth2"},
                              {"token_url", "https://idp.example/token"},
                              {"client_id", "me"},
                              {"client_secret", "s"},
                              {"scope", "read write"},
                              {"audience", "api"},
                              {"client_in", "body"}}}});
    CHECK(spec.auth.scope == "read write");
    CHECK(spec.auth.client_in == check::OAuthClientIn::body);

    CHECK(with_auth(Json::object()) == "/spec/auth: the field \"type\" is required");
    CHECK(with_auth("basic") == "/spec/auth: must be an object");
    CHECK(with_auth({{"type", "digest"}}) == R"(/spec/auth/type: must be one of "none", "basic", "bearer", "oauth2")");
    CHECK(with_auth({{"type", "none"}, {"token", "x"}}) == "/spec/auth/token: is not a field of this object");
    CHECK(with_auth({{"type", "basic"}}) == "/spec/auth: the field \"username\" is required\n/spec/auth: the field \"password\" is required");
    CHECK(with_auth({{"type", "basic"}, {"username", "a:b"}, {"password", ""}}) == "/spec/auth/username: must not contain a colon");
    CHECK(with_auth({{"type", "bearer"}, {"token", "a b"}}) == "/spec/auth/token: must be printable ASCII without spaces");
    CHECK(with_auth({{"type", "bearer"}, {"token", ""}}) == "/spec/auth/token: must be a string of 1 to 8192 bytes");
    const Json oauth{{"type", "oauth2"}, {"token_url", "https://idp.example/"}, {"client_id", "a"}, {"client_secret", "b"}};
    for (const auto& [url, why] : {std::pair{"idp", "must begin with http:// or https://"},
                                   std::pair{"https://u:p@idp/", "must not contain a user name or password"},
                                   std::pair{"https://idp/#a", "must not contain a fragment"}}) {
        auto wrong = oauth;
        wrong["token_url"] = url;
        CHECK(with_auth(wrong) == std::string("/spec/auth/token_url: ") + why);
    }
    CHECK(with({{"auth", oauth}, {"headers", {{"authorization", "x"}}}}) == "/spec/auth: cannot go with a header Authorization");
}

TEST_CASE("a proxy is http:// with a host and a port, and has its own credentials") {
    CHECK(read({{"url", "https://a/"}, {"proxy", "http://proxy.example:3128"}, {"proxy_username", "u"}, {"proxy_password", "p"}}).connection.proxy ==
          "http://proxy.example:3128");
    CHECK(with({{"proxy", "https://p/"}}) == "/spec/proxy: must begin with http://: proxies are spoken to in the clear");
    CHECK(with({{"proxy", "socks5://p/"}}) == "/spec/proxy: must begin with http:// or https://");
    CHECK(with({{"proxy", "http://u:p@p/"}}) ==
          "/spec/proxy: must not contain a user name or password: there are proxy_username and proxy_password");
    CHECK(with({{"proxy", "http://p/path"}}) == "/spec/proxy: must be a scheme, a host and a port only");
    CHECK(with({{"proxy_username", "u"}}) == "/spec/proxy_username: is of no use without a proxy");
    CHECK(with({{"proxy", "http://p"}, {"proxy_password", "p"}}) == "/spec/proxy_password: is of no use without a proxy_username");
    CHECK(with({{"proxy", "http://p"}, {"connect_to", "192.0.2.1"}}) ==
          "/spec/connect_to: cannot go with a proxy, which finds the server itself");
    CHECK(with({{"proxy", "http://p"}, {"tls_server_name", "b.example"}}) == "/spec/tls_server_name: cannot go with a proxy");
}

TEST_CASE("addresses to connect to and to ask are addresses, with or without a port") {
    for (const auto* good : {"", "192.0.2.1", "192.0.2.1:1", "2001:db8::1", "[2001:db8::1]:65535"}) {
        CHECK(read({{"url", "https://a/"}, {"connect_to", good}, {"resolver", good}}).connection.resolver == good);
    }
    for (const auto* bad : {"a.example", "192.0.2", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", "[2001:db8::1]", "[192.0.2.1]:80",
                            "2001:db8::1]:80", ":80", "[]:80"}) {
        CHECK_MESSAGE(with({{"connect_to", bad}}).starts_with("/spec/connect_to: must be an address, and may have a port"), bad);
        CHECK_MESSAGE(with({{"resolver", bad}}).starts_with("/spec/resolver: must be an address, and may have a port"), bad);
    }
}

TEST_CASE("a family of addresses that the address cannot be of is refused") {
    const std::string why = "/spec/ip_family: does not fit the address that is to be connected to";
    CHECK(with({{"ip_family", "ipv6"}}, "https://192.0.2.1/") == why);
    CHECK(with({{"ip_family", "ipv4"}}, "https://[2001:db8::1]/") == why);
    CHECK(with({{"ip_family", "ipv4"}, {"connect_to", "[2001:db8::1]:443"}}) == why);
    CHECK(with({{"ip_family", "ipv4"}}, "https://192.0.2.1/") == "accepted");
    CHECK(with({{"ip_family", "ipv5"}}) == R"(/spec/ip_family: must be one of "auto", "ipv4", "ipv6")");
}

TEST_CASE("what is asked of TLS must be possible") {
    CHECK(with({{"http_version", "2"}}, "http://a/") == "/spec/http_version: 2 is spoken over TLS only: the URL must begin with https://");
    CHECK(with({{"http_version", "3"}}) == R"(/spec/http_version: must be one of "auto", "1.1", "2")");
    CHECK(with({{"tls_min_version", "1.4"}}) == R"(/spec/tls_min_version: must be one of "1.0", "1.1", "1.2", "1.3")");
    CHECK(with({{"tls_server_name", "b.example"}}, "http://a/") == "/spec/tls_server_name: is of no use with an http:// URL");
    for (const auto* name : {"B.example", "b.example:443", "b/c", "192.0.2.1", "a b"})
        CHECK_MESSAGE(with({{"tls_server_name", name}}) == "/spec/tls_server_name: must be a host name in lower case", name);
}

TEST_CASE("certificates and keys are looked into when they are read") {
    CHECK(with({{"tls_ca", kCertificate + "\n" + kCertificate}}) == "accepted");
    CHECK(with({{"tls_certificate", kCertificate}, {"tls_key", kKey}}) == "accepted");
    CHECK(with({{"tls_ca", "no certificate"}}) == "/spec/tls_ca: must be a certificate in PEM, beginning with -----BEGIN CERTIFICATE-----");
    CHECK(with({{"tls_ca", kCertificate + "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}}) ==
          "/spec/tls_ca: has a certificate in PEM that cannot be read");
    CHECK(with({{"tls_certificate", kCertificate}}) == "/spec/tls_certificate: is of no use without tls_key");
    CHECK(with({{"tls_key", kKey}}) == "/spec/tls_key: is of no use without tls_certificate");
    CHECK(with({{"tls_certificate", kKey}, {"tls_key", kKey}}) ==
          "/spec/tls_certificate: must be a certificate in PEM, beginning with -----BEGIN CERTIFICATE-----");
    CHECK(with({{"tls_certificate", kCertificate}, {"tls_key", kOtherKey}}) == "/spec/tls_key: is not the key of the certificate");
    for (const auto& key : {kEncryptedKey, kCertificate, std::string("x")})
        CHECK(with({{"tls_certificate", kCertificate}, {"tls_key", key}}) == "/spec/tls_key: must be a private key in PEM without a passphrase");
    CHECK(with({{"tls_certificate", kCertificate}, {"tls_key", kKey}}, "http://a/") ==
          "/spec/tls_certificate: is of no use with an http:// URL");
}

}  // namespace http_request_test
