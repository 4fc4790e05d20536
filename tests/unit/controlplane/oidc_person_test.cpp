// What a provider says of somebody, and of itself.
#include <doctest/doctest.h>

#include "controlplane/oidc/metadata.h"
#include "controlplane/oidc/person.h"

namespace oidc_person_test {

using namespace sonde;
using namespace sonde::oidc;

namespace {

Options by_groups(std::vector<std::string> rules, std::string otherwise = "") {
    Options options;
    options.groups_claim = "groups";
    options.roles = std::move(rules);
    options.role = std::move(otherwise);
    return options;
}

Json metadata() {
    return {{"issuer", "https://id.example"},
            {"authorization_endpoint", "https://id.example/auth"},
            {"token_endpoint", "https://id.example/token"},
            {"jwks_uri", "https://id.example/keys"}};
}

std::string mistake(const Json& document) {
    const auto read = read_metadata(json::dump(document), "https://id.example");
    return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("the first rule whose group somebody is in gives his role, in the order of the rules and not of the groups") {
    const auto options = by_groups({"sre=admin", "cn=ops,dc=example=operator", "all=viewer"});
    CHECK(role_for(options, {{"groups", {"all", "sre"}}}) == "admin");
    CHECK(role_for(options, {{"groups", {"cn=ops,dc=example"}}}) == "operator");
    CHECK(role_for(options, {{"groups", "all"}}) == "viewer");
    CHECK_FALSE(role_for(options, {{"groups", {"ALL", "sr", 7}}}));
    CHECK_FALSE(role_for(options, {{"groups", {{"sre", true}}}}));
    CHECK_FALSE(role_for(options, Json::object()));
    CHECK(role_for(by_groups({"sre=admin"}, "viewer"), {{"groups", {"others"}}}) == "viewer");
}

TEST_CASE("a rule has a group and a role") {
    CHECK_FALSE(read_role_rule("admin"));
    CHECK_FALSE(read_role_rule("=admin"));
    CHECK_FALSE(read_role_rule("sre="));
    CHECK(read_role_rule("a=b=c")->group == "a=b");
}

TEST_CASE("an address counts only when the provider says, as a boolean, that it is verified") {
    CHECK(verified_email({{"email", "ann@example.org"}, {"email_verified", true}}) == "ann@example.org");
    CHECK_FALSE(verified_email({{"email", "ann@example.org"}, {"email_verified", "true"}}));
    CHECK_FALSE(verified_email({{"email", "ann@example.org"}, {"email_verified", 1}}));
    CHECK_FALSE(verified_email({{"email", "ann@example.org"}}));
    CHECK_FALSE(verified_email({{"email", "nobody"}, {"email_verified", true}}));
    CHECK_FALSE(verified_email({{"email", {"ann@example.org"}}, {"email_verified", true}}));
}

TEST_CASE("where domains are named, nobody of another one comes in, nor of a longer one with the same end") {
    Options options;
    CHECK(has_right_domain(options, Json::object()));
    options.email_domains = {"Example.org"};
    const auto of = [&](const char* email, bool verified = true) { return has_right_domain(options, {{"email", email}, {"email_verified", verified}}); };
    CHECK(of("ann@EXAMPLE.ORG"));
    CHECK_FALSE(of("ann@example.org", false));
    CHECK_FALSE(of("ann@evil-example.org"));
    CHECK_FALSE(of("ann@sub.example.org"));
    CHECK_FALSE(of("ann@example.org.evil.example"));
    CHECK_FALSE(has_right_domain(options, Json::object()));
}

TEST_CASE("a new user is called as he is there, as far as names here may be so, and else by what is nobody else's") {
    const auto names = [](const Json& claims) { return names_for(claims, "https://id.example"); };
    CHECK(names({{"preferred_username", "ann.lee"}, {"email", "x@example.org"}, {"sub", "1"}})[0] == "ann.lee");
    CHECK(names({{"preferred_username", "../ann lee@corp"}, {"sub", "1"}})[0] == "ann.lee");
    CHECK(names({{"preferred_username", "日本"}, {"email", "taro@example.org"}, {"sub", "1"}})[0] == "taro");
    CHECK(names({{"name", "日本"}, {"sub", "---"}})[0] == "user");
    CHECK(names({{"preferred_username", std::string(200, 'a')}, {"sub", "1"}})[0].size() == 48);
    const auto one = names({{"preferred_username", "ann"}, {"sub", "1"}});
    REQUIRE(one.size() == 2);
    CHECK(one[1].starts_with("ann-"));
    CHECK(one[1].size() == 16);
    CHECK(one[1] == names({{"preferred_username", "ann"}, {"sub", "1"}})[1]);
    CHECK(one[1] != names({{"preferred_username", "ann"}, {"sub", "2"}})[1]);
    CHECK(one[1] != names_for({{"preferred_username", "ann"}, {"sub", "1"}}, "https://other.example")[1]);
}

TEST_CASE("the document of a provider is taken when it is its own and all it leads to is safe") {
    const auto read = read_metadata(json::dump(metadata()), "https://id.example");
    REQUIRE(read);
    CHECK(read->token_endpoint == "https://id.example/token");
    CHECK(read->userinfo_endpoint.empty());
    CHECK_FALSE(read->secret_in_body);
    CHECK_FALSE(read->names_itself);
    auto of_another = metadata();
    of_another["issuer"] = "https://id.example/";
    CHECK(mistake(of_another) == "is of another issuer");
    for (const auto* field : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
        auto without = metadata();
        without.erase(field);
        CHECK(mistake(without).starts_with(std::string("has a bad ") + field));
        auto open = metadata();
        open[field] = "http://id.example/x";
        CHECK(mistake(open) == std::string("has a bad ") + field + ": it must begin with https:// unless it is on this machine");
    }
    CHECK(mistake(Json::array()) == "is no object");
    CHECK_FALSE(read_metadata("{\"issuer\": \"https://id.example\", \"issuer\": \"https://id.example\"}", "https://id.example"));
    CHECK_FALSE(read_metadata(std::string(200'000, ' '), "https://id.example"));
}

TEST_CASE("the client's secret goes into the body only where the provider takes it nowhere else") {
    const auto of = [](const Json& methods) {
        auto document = metadata();
        document["token_endpoint_auth_methods_supported"] = methods;
        return read_metadata(json::dump(document), "https://id.example")->secret_in_body;
    };
    CHECK(of({"client_secret_post"}));
    CHECK_FALSE(of({"client_secret_post", "client_secret_basic"}));
    CHECK_FALSE(of({"private_key_jwt"}));
    CHECK_FALSE(of("client_secret_post"));
}

TEST_CASE("where a provider is asked about itself, and where people and secrets may be sent") {
    CHECK(metadata_url("https://id.example") == "https://id.example/.well-known/openid-configuration");
    CHECK(metadata_url("https://id.example/realms/a//") == "https://id.example/realms/a/.well-known/openid-configuration");
    CHECK(check_provider_url("https://id.example/x"));
    for (const auto* here : {"http://localhost:8080/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]/"}) CHECK(check_provider_url(here));
    for (const auto* elsewhere : {"http://id.example/", "http://localhost.example/", "http://10.0.0.1/", "https://ann@id.example/", "https://id.example/#x", "id.example"}) {
        CHECK_FALSE(check_provider_url(elsewhere));
    }
}

}  // namespace oidc_person_test
