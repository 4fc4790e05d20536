// Words of a channel's own.
#include "notifier/channel/notice.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "notifier/channel/compose.h"
#include "tests/unit/notifier/events.h"

namespace notice_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace sonde::test;

namespace {

const Json kOpened = event_document("incident.opened");

Notice noticed(const Json& templates, const Json& event = kOpened) {
    const auto document = json::dump(event);
    Message message{EventId{7}, document, from_unix_ms(1'767'225'600'999), DeliveryId{9}, {}, "https://sonde.example", "https://sonde.example/ack/token", {}, ChannelId{5}};
    message.templates = channel::Templates::stored(json::dump(templates));
    return notice_for(message, event);
}

Json titled(const std::string& title) { return {{"*", {{"title", title}}}}; }

std::string fact(const Notice& notice, const std::string& name) {
    for (const auto& one : notice.facts) {
        if (one.name == name) return one.value;
    }
    return {};
}

}  // namespace

TEST_CASE("without templates everybody is told the same") {
    const auto usual = notice_of(kOpened, "https://sonde.example");
    const auto notice = noticed(Json::object());
    CHECK(notice.title == usual.title);
    CHECK(notice.text == usual.text);
    CHECK(notice.ack_url == "https://sonde.example/ack/token");
    const auto other = noticed({{"incident.resolved", {{"title", "over"}}}});
    CHECK(other.title == usual.title);
}

TEST_CASE("a template names what is said anyway, and what the event has") {
    const auto usual = notice_of(kOpened, "https://sonde.example");
    const auto notice = noticed({{"incident.opened", {{"title", "[{{incident.severity}}] {{title}}"}, {"text", "{{text}}\n{{#facts}}{{name}}={{value}};{{/facts}}\n{{link}} {{ack_url}} {{kind}}"}}}});
    CHECK(notice.title == "[" + kOpened["incident"]["severity"].get<std::string>() + "] " + usual.title);
    CHECK(notice.text.starts_with(usual.text + "\n"));
    CHECK(notice.text.ends_with(usual.link + " https://sonde.example/ack/token incident.opened"));
    CHECK(notice.text.find(usual.facts.front().name + "=" + usual.facts.front().value + ";") != std::string::npos);
    CHECK(notice.facts.size() == usual.facts.size());
    CHECK(notice.thread == usual.thread);
    CHECK(noticed({{"*", {{"text", ""}}}}).text.empty());
}

TEST_CASE("a title is one line whatever is put into it") {
    auto event = kOpened;
    event["site"]["name"] = "two\r\nlines\tand\x7f" "a tab ";
    CHECK(noticed(titled("  {{site.name}}"), event).title == "two  lines and a tab");
}

TEST_CASE("a template that comes to nothing, or to too much, costs nobody the page") {
    const auto usual = notice_of(kOpened, "https://sonde.example");
    const auto empty = noticed(titled("{{nothing.at.all}}"));
    CHECK(empty.title == usual.title);
    CHECK(fact(empty, "Template of the title") == "came to nothing");

    auto event = kOpened;
    event["tags"] = Json::array();
    for (int i = 0; i < 60; ++i) event["tags"].push_back(std::string(60, 't'));
    std::string inner = "{{.}}{{title}}";
    for (int depth = 0; depth < 5; ++depth) inner = "{{#tags}}" + inner + "{{/tags}}";
    const auto endless = noticed({{"*", {{"text", inner}, {"title", inner}}}}, event);
    CHECK(endless.title == usual.title);
    CHECK(endless.text == usual.text);
    CHECK(!fact(endless, "Template of the text").empty());
}

TEST_CASE("a template reads the event and nothing of the channel") {
    const crypto::SecretBox box(std::string(32, 'k'));
    Leased leased;
    leased.delivery = DeliveryId{9};
    leased.channel = ChannelId{5};
    leased.channel_kind = "telegram";
    leased.channel_config = R"({"chat_id": "4711"})";
    leased.channel_secrets = box.seal(Secret(R"({"bot_token": "1:poison"})"), secrets_context(leased.channel));
    leased.event = EventId{7};
    leased.document = json::dump(kOpened);
    leased.channel_templates = json::dump(Json{{"*", {{"title", "<{{secret.bot_token}}{{config.chat_id}}{{remembered.id}}>"}, {"text", "a *b* _c_ {{site.name}}"}}}});
    const auto attempt = compose(leased, box, from_unix_ms(1'767'225'600'999), {.base_url = {}});
    REQUIRE(attempt.ok());
    const auto& body = attempt->steps.front().request.body;
    CHECK(body.find("poison") == std::string::npos);
    CHECK(body.find("&lt;&gt;") != std::string::npos);  // what it writes is text to the receiver, whatever it is
    CHECK(body.find("a *b* _c_ ") != std::string::npos);
}

TEST_CASE("whatever a template is, a title has no control characters and is not empty") {
    CHECK(rc::check([](const std::string& title, const std::string& text) {
        const auto notice = noticed({{"*", {{"title", json::dump(title)}, {"text", json::dump(text)}}}});
        RC_ASSERT(!notice.title.empty());
        RC_ASSERT(std::none_of(notice.title.begin(), notice.title.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }));
    }));
}

}  // namespace notice_test
