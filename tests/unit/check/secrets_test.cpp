#include "lib/check/secrets.h"

#include <doctest/doctest.h>

namespace secrets_test {

using namespace sonde;
using namespace sonde::check;

namespace {

const Secrets kSecrets{{"TOKEN", Secret("s3cret")}, {"PEM", Secret("a\nb")}};

std::string put_in(const std::string& text) {
    json::Problems problems;
    const auto result = substitute(Json(text), kSecrets, "", problems);
    CHECK(problems.empty());
    return result.get<std::string>();
}

}  // namespace

TEST_CASE("values take the places of names, wherever strings are") {
    CHECK(put_in("Bearer {{secrets.TOKEN}}") == "Bearer s3cret");
    CHECK(put_in("{{secrets.TOKEN}}{{secrets.PEM}}") == "s3creta\nb");
    CHECK(put_in("{{secrets.PEM}}!") == "a\nb!");
    CHECK(put_in("{{secrets.{{secrets.TOKEN}}}}") == "{{secrets.s3cret}}");  // put in once
    for (const auto* plain : {"", "{{", "}}", "{{secrets.", "{{secrets.}}", "{{secrets.A-B}}", "{{ secrets.TOKEN }}", "{{secret.TOKEN}}", "{{secrets.TOKEN}"})
        CHECK(put_in(plain) == plain);
    json::Problems problems;
    const Json document{{"a", {{"b", {"{{secrets.TOKEN}}", 5, nullptr}}}}, {"{{secrets.TOKEN}}", true}};
    CHECK(substitute(document, kSecrets, "", problems) == Json{{"a", {{"b", {"s3cret", 5, nullptr}}}}, {"{{secrets.TOKEN}}", true}});
    CHECK(names_secrets(document));
    CHECK(!names_secrets(Json{{"{{secrets.TOKEN}}", "{{secrets.}}"}}));
}

TEST_CASE("a name that is not there is a problem at its place") {
    json::Problems problems;
    substitute(Json{{"a/b", {"", "{{secrets.NONE}}"}}}, kSecrets, "/spec", problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].pointer == "/spec/a~1b/1");
    CHECK(problems[0].detail == "names the secret NONE, which is not there");
}

TEST_CASE("names and values have bounds") {
    for (const auto& name : {std::string("A"), std::string("a_9"), std::string(64, 'x')}) CHECK(is_secret_name(name));
    for (const auto& name : {std::string(), std::string("a-b"), std::string("a b"), std::string("ä"), std::string(65, 'x')}) CHECK(!is_secret_name(name));
    for (const auto& value : {std::string("x"), std::string("a\r\n\tb"), std::string(kMaxSecretBytes, 'x')}) CHECK(wrong_with_secret(value).empty());
    for (const auto& value : {std::string(), std::string("a\x01"), std::string("\x7f"), std::string(kMaxSecretBytes + 1, 'x')})
        CHECK(!wrong_with_secret(value).empty());
}

TEST_CASE("the canonical document names the secrets again") {
    json::Problems problems;
    const Json given{{"url", "http://x/{{secrets.TOKEN}}"}, {"list", {"{{secrets.PEM}}", "b"}}};
    const Json written{{"url", "http://x/s3cret"}, {"list", {"a\nb", "b"}}, {"default", 1}};
    CHECK(restore(written, given, kSecrets, "/spec", problems) ==
          Json{{"url", "http://x/{{secrets.TOKEN}}"}, {"list", {"{{secrets.PEM}}", "b"}}, {"default", 1}});
    CHECK(problems.empty());
}

TEST_CASE("a field that is not kept as it is written may not name a secret") {
    const Json given{{"list", {"b", "{{secrets.TOKEN}}"}}};
    for (const auto& written : {Json{{"list", {"s3cret", "b"}}}, Json{{"list", {"b"}}}, Json{{"list", "b,s3cret"}}, Json::object()}) {
        json::Problems problems;
        restore(written, given, kSecrets, "/spec", problems);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].pointer == "/spec/list/1");
    }
}

TEST_CASE("a job takes only what its spec names") {
    const auto named = named_in(R"({"url":"http://x/{{secrets.TOKEN}}/{{secrets.NONE}}"})", kSecrets);
    REQUIRE(named.size() == 1);
    CHECK(named.begin()->first == "TOKEN");
    CHECK(named_in("{}", kSecrets).empty());
}

}  // namespace secrets_test
