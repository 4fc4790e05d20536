#include <doctest/doctest.h>

#include "probe-agent/probe/domain/rdap.h"

namespace rdap_test {

using namespace sonde;
using namespace sonde::agent;

namespace {

std::string error_of(const std::string& text) {
    const auto facts = read_registration(text, "example.test");
    return facts ? "read" : facts.error().message;
}

}  // namespace

TEST_CASE("the server is that of the longest entry a domain ends in, label by label, and by TLS if there is a choice") {
    const auto servers = RdapServers::parse(R"({"services":[[["test","COM."],["http://a.test/","https://b.test/rdap"]],[["co.test"],["https://c.test/"]],)"
                                            R"([["bad"],["ftp://d.test/","https://u@d.test/"]],7,[["x"]]]})");
    REQUIRE(servers);
    CHECK(servers->find("example.test") == "https://b.test/rdap/");
    CHECK(servers->find("a.example.com") == "https://b.test/rdap/");
    CHECK(servers->find("example.co.test") == "https://c.test/");
    CHECK(servers->find("notco.test") == "https://b.test/rdap/");
    CHECK(servers->find("example.bad").empty());
    CHECK(servers->find("example.org").empty());
    CHECK(!RdapServers::parse("{}"));
    CHECK(!RdapServers::parse("<html>"));
    CHECK(!RdapServers::parse("{\"services\":[]" + std::string(RdapServers::kMaxBytes, ' ') + "}"));
}

TEST_CASE("a registration is read for what it says, and what is not as it should be is not there") {
    const auto facts = read_registration(
        R"({"objectClassName":"domain","ldhName":"EXAMPLE.Test.","status":["active",1],"events":[{"eventAction":"expiration","eventDate":"2030-01-02T03:04:05+01:00"},)"
        R"({"eventAction":"registration","eventDate":"never"},3],"entities":[{"roles":["abuse"],"handle":"no"},{"roles":["registrar"],"handle":"292",)"
        R"("vcardArray":["vcard",[["fn",{},"text","Good Names"]]]}],"nameservers":[{"ldhName":"A.ns.test."},{"ldhName":4}],"secureDNS":{"delegationSigned":false}})",
        "example.test");
    REQUIRE(facts);
    CHECK(to_rfc3339(*facts->expires) == "2030-01-02T02:04:05.000Z");
    CHECK(!facts->registered_at);
    CHECK(facts->registrar == "Good Names");
    CHECK(facts->statuses == std::vector<std::string>{"active"});
    CHECK(facts->nameservers == std::vector<std::string>{"a.ns.test"});
    CHECK(facts->is_signed == false);
    const auto other = read_registration(R"({"objectClassName":"domain","unicodeName":"bücher.test","entities":[{"roles":["registrar"],"handle":"292"}]})", "xn--bcher-kva.test");
    REQUIRE(other);
    CHECK(other->registrar == "292");
    CHECK(!other->expires);
}

TEST_CASE("an answer that is not about the domain is none") {
    CHECK(error_of("").starts_with("is not valid JSON"));
    CHECK(error_of("[]") == "is not about a domain");
    CHECK(error_of(R"({"objectClassName":"entity","ldhName":"example.test"})") == "is not about a domain");
    CHECK(error_of(R"({"objectClassName":"domain","ldhName":"other.test"})") == "is about another domain: other.test");
    CHECK(error_of(R"({"objectClassName":"domain"})") == "is about another domain: ");
}

TEST_CASE("only RDAP's own words say that a domain is not there") {
    CHECK(is_rdap_not_found("application/rdap+json; charset=utf-8", ""));
    CHECK(is_rdap_not_found("text/plain", R"({"errorCode":404})"));
    CHECK(!is_rdap_not_found("text/html", "<html>Not Found"));
    CHECK(!is_rdap_not_found("application/json", R"({"errorCode":"404"})"));
    CHECK(!is_rdap_not_found("application/json", "[404]"));
}

}  // namespace rdap_test
