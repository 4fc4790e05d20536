#include <doctest/doctest.h>

#include "controlplane/access/audit_document.h"
#include "controlplane/access/caller_address.h"
#include "controlplane/access/client_draft.h"
#include "controlplane/access/restriction.h"
#include "controlplane/access/role_draft.h"
#include "lib/base/relation_id.h"

namespace access_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

std::string address(const std::string& peer, std::vector<std::pair<std::string, std::string>> headers, ProxyHeader header = ProxyHeader::x_forwarded_for) {
    http::Request request;
    request.peer = peer;
    request.headers = std::move(headers);
    return caller_address(request, {{*net::Cidr::parse("10.0.0.0/8"), *net::Cidr::parse("2001:db8:1::/48")}, header});
}

std::string forwarded(const std::string& value) { return address("10.0.0.1", {{"forwarded", value}}, ProxyHeader::forwarded); }

std::string mistakes(const json::Problems& problems) {
    std::string text;
    for (const auto& problem : problems) text += problem.pointer + ": " + problem.detail + "\n";
    return text;
}

}  // namespace

TEST_CASE("what a stranger says of where he comes from is not looked at") {
    CHECK(address("192.0.2.7", {{"x-forwarded-for", "203.0.113.9"}}) == "192.0.2.7");
    CHECK(address("::ffff:192.0.2.7", {}) == "192.0.2.7");
}

TEST_CASE("behind trusted proxies the caller is the right-most address that is none of them") {
    CHECK(address("10.0.0.1", {}) == "10.0.0.1");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}}) == "203.0.113.9");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.2.0.1"}}) == "203.0.113.9");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "6.6.6.6"}, {"accept", "*/*"}, {"x-forwarded-for", "203.0.113.9"}}) == "203.0.113.9");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "10.0.0.3, 10.0.0.2"}}) == "10.0.0.3");
    CHECK(address("::ffff:10.0.0.1", {{"x-forwarded-for", "203.0.113.9:4711"}}) == "203.0.113.9");
    CHECK(address("2001:db8:1::5", {{"x-forwarded-for", "2001:db8:2::1"}}) == "2001:db8:2::1");
}

TEST_CASE("what is no address ends the search, at the proxy that said it") {
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "203.0.113.9, unknown"}}) == "10.0.0.1");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "203.0.113.9, <script>, 10.0.0.2"}}) == "10.0.0.2");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", ""}}) == "10.0.0.1");
}

TEST_CASE("Forwarded is read as RFC 7239 has it, and the header that is not the proxies' is not") {
    CHECK(forwarded("for=203.0.113.9;proto=https;by=10.0.0.1") == "203.0.113.9");
    CHECK(forwarded("for=6.6.6.6, proto=http;For=\"[2001:db8:2::1]:4711\"") == "2001:db8:2::1");
    CHECK(forwarded("for=_hidden") == "10.0.0.1");
    CHECK(forwarded("proto=https") == "10.0.0.1");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "6.6.6.6"}, {"forwarded", "for=203.0.113.9"}}, ProxyHeader::forwarded) == "203.0.113.9");
    CHECK(address("10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}, {"forwarded", "for=6.6.6.6"}}) == "203.0.113.9");
}

TEST_CASE("a restriction covers what it names and what has one of its tags") {
    const Restriction both{{SiteId{1}}, {"a", "b"}};
    CHECK(both.covers(SiteId{1}, {}));
    CHECK(both.covers(SiteId{2}, {"c", "b"}));
    CHECK(!both.covers(SiteId{2}, {"c"}));
    CHECK(!both.covers(SiteId{2}, {}));
}

TEST_CASE("a client's document is read as it is shown, nulls included") {
    json::Problems problems;
    const auto document = Json::parse(R"({"name": "n", "role": "viewer", "scopes": null, "restriction": null, "expires_at": null})");
    CHECK(write_client(read_client(document, problems)) == document);
    const auto narrow = Json::parse(R"({"name": "n", "role": "r", "scopes": ["sites.read"], "restriction": {"sites": [")" + SiteId{7}.text() +
                                    R"("], "tags": ["t"]}, "expires_at": "2030-01-01T00:00:00.000Z"})");
    CHECK(write_client(read_client(narrow, problems)) == narrow);
    CHECK(mistakes(problems).empty());
    read_client(Json::parse(R"({"name": "", "scopes": ["x"], "restriction": {"sites": ["a", "b"], "color": 1}, "expires_at": "soon", "secret": "s"})"), problems);
    CHECK(problems.size() == 8);
    problems.clear();
    CHECK(read_client(Json::parse(R"({"name": "n", "role": "r", "scopes": []})"), problems).permissions(permissions_of(Role::admin)) == Permissions{});
    CHECK(problems.empty());
}

TEST_CASE("every permission is described, and a role's document is read as it is written") {
    for (std::size_t i = 0; i < EnumNames<Permission>::names.size(); ++i) CHECK(!describe(static_cast<Permission>(i)).empty());
    json::Problems problems;
    const RoleDraft draft{"on-call", "At night", {Permission::sites_read, Permission::audit_read}};
    CHECK(read_role(write_role(draft), problems) == draft);
    CHECK(problems.empty());
}

TEST_CASE("the audit shows identifiers where the database has numbers, and finds them again") {
    CHECK(shown_object("site:17") == "site:" + SiteId{17}.text());
    CHECK(stored_object("site:" + SiteId{17}.text()) == "site:17");
    for (const auto* other : {"region:eu", "role:17", "site:", "site", "", "site:x17"}) {
        CHECK(shown_object(other) == other);
        CHECK(stored_object(other) == other);
    }
    const auto shown = shown_row("dependency:3", Json::parse(R"({"id": 3, "child_kind": "monitor", "child_id": 4, "parent_kind": "group", "parent_id": 5, "version": 6})"));
    CHECK(shown["id"] == DependencyId{3}.text());
    CHECK(shown["child_id"] == MonitorId{4}.text());
    CHECK(shown["parent_id"] == GroupId{5}.text());
    CHECK(shown["version"] == 6);
    CHECK(shown_row("group:1", Json::parse(R"({"members": [1, 2]})"))["members"][1] == MonitorId{2}.text());
    CHECK(shown_row("site:1", Json(nullptr)).is_null());
}

}  // namespace access_test
