#include "lib/channel/fields.h"

#include <doctest/doctest.h>

namespace fields_test {

using namespace sonde;
using namespace sonde::channel;

namespace {

std::string mistakes(std::string_view kind, const Json& config, const Json& secrets) {
    json::Problems problems;
    check_fields(config, find(kind)->config, "/config", true, problems);
    check_fields(secrets, find(kind)->secrets, "/secrets", true, problems);
    std::string text;
    for (const auto& problem : problems) text += problem.pointer + ": " + problem.detail + "\n";
    return text;
}

const std::string kToken = "123:aaaa";

}  // namespace

TEST_CASE("each mistake in settings and secrets is told where it stands, without the value") {
    CHECK(mistakes("telegram", {{"chat_id", "-100"}}, {{"bot_token", kToken}}) == "");
    CHECK(mistakes("telegram", Json::object(), Json::object()) == "/config: the field \"chat_id\" is required\n/secrets: the field \"bot_token\" is required\n");
    CHECK(mistakes("telegram", {{"chat_id", nullptr}}, {{"bot_token", kToken}}) == "/config: the field \"chat_id\" is required\n");
    CHECK(mistakes("telegram", {{"chat_id", "hello"}, {"silent", 1}}, {{"bot_token", "hunter2"}}) ==
          "/config/chat_id: must be a number, or the `@name` of a public channel\n/config/silent: must be true or false\n"
          "/secrets/bot_token: must be a token as BotFather gives it\n");
    CHECK(mistakes("telegram", {{"chat_id", "1"}, {"colour", "red"}}, {{"bot_token", kToken}}).find("/config/colour") == 0);
    CHECK(mistakes("telegram", {{"chat_id", "1"}, {"message_thread_id", 0}}, {{"bot_token", kToken}}).find("/config/message_thread_id: must be a whole number from 1") == 0);
}

TEST_CASE("URLs are http or https, without credentials and fragment, and without a query where something is added to them") {
    const auto url = [](std::string_view text) { return mistakes("slack", Json::object(), {{"webhook_url", text}}); };
    CHECK(url("https://hooks.slack.com/services/a") == "");
    CHECK(url("ftp://a.example/").find("/secrets/webhook_url: must begin with http:// or https://") == 0);
    CHECK(url("https://a:b@a.example/") == "/secrets/webhook_url: must not contain credentials\n");
    CHECK(url("https://a.example/#f") == "/secrets/webhook_url: must not have a fragment\n");
    CHECK(url("https://a.example/?q") == "/secrets/webhook_url: must not have a query\n");
    CHECK(url("https://a.example/\r\nX-Evil: 1").find("control characters") != std::string::npos);
}

TEST_CASE("nothing that goes into a header can have a line break") {
    CHECK(mistakes("ntfy", {{"topic", "t"}}, {{"token", "tk_a\r\nX: y"}}).find("control characters") != std::string::npos);
    CHECK(mistakes("slack_bot", {{"channel", "C1"}}, {{"bot_token", "xoxb-a\nX: y"}}).find("control characters") != std::string::npos);
}

TEST_CASE("lists are of at least one, each right for itself and there once; certificates are certificates") {
    const auto email = [](const Json& more) {
        Json config{{"server", "mail.example.org"}, {"from", "a@b.example"}, {"to", {"c@d.example"}}};
        config.update(more);
        return mistakes("email", config, Json::object());
    };
    CHECK(email(Json::object()) == "");
    CHECK(email({{"to", Json::array()}}) == "/config/to: must have at least one\n");
    CHECK(email({{"to", {"c@d.example", "c@d.example"}}}) == "/config/to/1: is there twice\n");
    CHECK(email({{"to", {"c@d.example", "j\xc3\xb6rg@d.example"}}}).starts_with("/config/to/1: must be an address like ops@example.org in ASCII"));
    CHECK(email({{"to", "c@d.example"}}).starts_with("/config/to: must be an array of at most 50"));
    CHECK(email({{"from", "Ann <a@b.example>"}}).starts_with("/config/from: must be an address"));
    CHECK(email({{"server", "https://mail.example.org"}}).starts_with("/config/server: must be a host's name"));
    for (const auto* server : {"192.0.2.1", "2001:db8::1", "localhost"}) CHECK(email({{"server", server}}) == "");
    CHECK(email({{"ca_certificates", "secret"}}).starts_with("/config/ca_certificates: must be a certificate in PEM"));
}

TEST_CASE("what goes together is set together") {
    const auto together = [](const Json& config, const std::vector<std::string>& secrets) {
        json::Problems problems;
        check_together(*find("email"), config, secrets, problems);
        return problems.empty() ? std::string() : problems[0].pointer + ": " + problems[0].detail;
    };
    CHECK(together(Json::object(), {}) == "");
    CHECK(together({{"user", "ann"}}, {"password"}) == "");
    CHECK(together({{"user", "ann"}}, {}) == "/config/user: needs `password` as well");
    CHECK(together(Json::object(), {"password"}) == "/secrets/password: needs `user` as well");
}

TEST_CASE("a canonical object has no nulls and the order of the declaration; defaults are for who sends") {
    const auto& fields = find("telegram")->config;
    CHECK(json::dump(canonical({{"silent", true}, {"api_url", nullptr}, {"chat_id", "1"}}, fields)) == R"({"chat_id":"1","silent":true})");
    const auto full = with_defaults({{"chat_id", "1"}}, fields);
    CHECK(full["api_url"] == "https://api.telegram.org");
    CHECK(full["silent"] == false);
    CHECK(full["message_thread_id"].is_null());
}

TEST_CASE("signing keys are made as they are taken") {
    CHECK(is_signing_key(new_signing_key().reveal()));
    CHECK(!is_signing_key("whsec_AAAA"));
    CHECK(mistakes("webhook", {{"url", "https://a.example/"}}, {{"signing_key", "hunter2"}}) == "/secrets/signing_key: must be `whsec_` followed by 24 to 64 bytes in base64\n");
    CHECK(mistakes("webhook", {{"url", "https://a.example/"}}, Json::object()) == "");
}

}  // namespace fields_test
