// What subscribers of status pages are sent, in every language, and what answers mean for them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "lib/channel/subscriber_link.h"
#include "notifier/channel/compose.h"
#include "notifier/channel/webhook.h"
#include "notifier/subscriber/compose.h"
#include "notifier/subscriber/letter.h"
#include "notifier/subscriber/words.h"
#include "tests/unit/notifier/events.h"

namespace subscriber_test {

using namespace sonde;
using namespace sonde::notifier::subscriber;
using channel::SubscriberPurpose;
using notifier::HttpReply;
using notifier::MailReply;
using notifier::MailRequest;
using notifier::Outcome;
using sonde::test::golden_text;

namespace {

const crypto::SecretBox kBox(std::string(32, 'k'));
const TimePoint kNow = *from_rfc3339("2026-03-01T12:00:00Z");
const Places kPlaces{"https://status.acme.example/", "https://status.acme.example/confirm/C", "https://status.acme.example/manage/M", "https://status.acme.example/unsubscribe/U"};
const std::string kKey = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

Json incident(const std::string& type) {
    return {{"type", "incident." + type}, {"id", "inc_06ht3e8gt0000"}, {"title", "API, Search"}, {"impact", "major"}, {"began_at", "2026-03-01T11:35:00.000Z"},
            {"resolved_at", type == "resolved" ? Json("2026-03-01T11:59:00.000Z") : Json()}, {"components", {{{"id", "api"}, {"name", "API"}}, {{"id", "search"}, {"name", "Search"}}}},
            {"place", "incidents/inc_06ht3e8gt0000"}};
}

Telling telling(const Json& document = {}) {
    Telling made;
    made.delivery = SubscriberDeliveryId{9};
    made.attempt = 1;
    made.subscriber = SubscriberId{7};
    made.sealed = kBox.seal(Secret(json::dump({{"address", "ann@example.net"}, {"signing_key", kKey}})), channel::subscriber_context(made.subscriber));
    made.language = "en";
    made.confirmed = !document.is_null();
    made.asked_at = kNow - std::chrono::hours{1};
    if (!document.is_null()) made.document = json::dump(document);
    made.slug = "acme";
    made.host = "status.acme.example";
    made.title = "Acme";
    made.time_zone = "Europe/Berlin";
    made.channel = ChannelId{5};
    made.channel_config = json::dump({{"server", "mail.example.org"}, {"from", "sonde@example.org"}, {"reply_to", "help@example.org"}, {"to", {"ops@example.org"}}});
    made.channel_secrets = kBox.seal(Secret("{}"), notifier::secrets_context(made.channel));
    return made;
}

Prepared prepared(const Telling& what, const std::string& base_url = "") {
    auto made = prepare(what, kBox, kNow, base_url);
    REQUIRE_MESSAGE(made.ok(), made.error().message);
    return *std::move(made);
}

std::string header(const MailRequest& mail, const std::string& name) {
    for (const auto& line : mail.headers) {
        if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
    }
    return {};
}

std::string token_in(const std::string& url, const std::string& before) {
    const auto at = url.find(before);
    REQUIRE_MESSAGE(at != std::string::npos, url);
    const auto rest = url.substr(at + before.size());
    return rest.substr(0, rest.find_first_of("> \r\n\""));
}

MailReply mail_reply(int end, int recipient) {
    MailReply reply;
    reply.end = {end, "said to ann@example.net"};
    if (recipient != 0) reply.recipients.push_back({recipient, "no ann@example.net"});
    reply.error = "timed out";
    return reply;
}

Json posted(const Prepared& made) { return *json::parse(made.composed.steps.at(0).request.body); }

Telling by_webhook(const Json& document = {}) {
    auto made = telling(document);
    made.lane = Lane::webhook;
    made.sealed = kBox.seal(Secret(json::dump({{"address", "https://hooks.example/in"}, {"signing_key", kKey}})), channel::subscriber_context(made.subscriber));
    return made;
}

}  // namespace

TEST_CASE("what is told in each language, as text") {
    auto update = incident("updated");
    update["phase"] = "identified";
    update["text"] = "A disk is full.\nWe are making room.";
    const Json planned{{"type", "maintenance.scheduled"}, {"id", "mnt_1-1"}, {"title", "New switches"}, {"text", "The office is away."}, {"starts_at", "2026-03-29T00:30:00.000Z"},
                       {"ends_at", "2026-03-29T01:30:00.000Z"}, {"components", {{{"id", "api"}, {"name", "API"}}}}, {"place", "maintenance/mnt_1-1"}};
    auto off = planned;
    off["type"] = "maintenance.cancelled";
    off["place"] = "";
    auto postmortem = incident("postmortem");
    postmortem["text"] = "A certificate had ended.";
    for (const auto* language : {"en", "de", "fr", "es", "hr"}) {
        std::string all;
        for (const auto& document : {Json(), incident("opened"), update, incident("resolved"), postmortem, planned, off}) {
            auto what = telling(document);
            what.language = language;
            all += text_of(letter_of(what, kPlaces)) + "========\n";
        }
        auto known = telling();
        known.confirmed = true;
        known.language = language;
        all += text_of(letter_of(known, kPlaces));
        CHECK(golden_text(fmt::format("tests/unit/notifier/golden/subscriber/{}.txt", language), all) == all);
    }
    const auto page = page_of(letter_of(telling(update), kPlaces));
    CHECK(golden_text("tests/unit/notifier/golden/subscriber/page.html", page) == page);
}

TEST_CASE("every language has every word") {
    for (const auto* language : {"en", "de", "fr", "es", "hr"}) {
        const auto& words = words_of(language);
        CHECK(words.code == language);
        for (const auto text : {words.opened, words.investigating, words.identified, words.monitoring, words.resolved, words.postmortem, words.scheduled, words.started, words.ended, words.cancelled,
                                words.affected,
                                words.began, words.from, words.until, words.more, words.manage, words.unsubscribe, words.confirm, words.not_you}) {
            CHECK(!text.empty());
        }
        for (const auto text : {words.because, words.ask_subject, words.ask, words.known_subject, words.known}) CHECK(text.find("{}") != std::string_view::npos);
    }
    CHECK(words_of("xx").code == "en");
}

TEST_CASE("a message can be ended by one click, belongs to the thread of its incident, and is nobody's to answer") {
    const auto opened = *prepared(telling(incident("opened"))).composed.mail;
    const auto resolved = *prepared(telling(incident("resolved"))).composed.mail;
    CHECK(opened.to == std::vector<std::string>{"ann@example.net"});
    CHECK(opened.from == "sonde@example.org");
    CHECK(header(opened, "From") == "Acme <sonde@example.org>");
    CHECK(header(opened, "Subject") == "[Acme] Incident: API, Search");
    CHECK(header(opened, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click");
    CHECK(header(opened, "Auto-Submitted") == "auto-generated");
    CHECK(header(opened, "Reply-To") == "help@example.org");
    CHECK(header(opened, "References") == header(resolved, "References"));
    CHECK(header(opened, "In-Reply-To") == header(opened, "References"));
    CHECK(header(opened, "Message-ID") == "<" + SubscriberDeliveryId{9}.text() + "@example.org>");
    const auto token = token_in(header(opened, "List-Unsubscribe"), "<https://status.acme.example/unsubscribe/");
    CHECK(channel::SubscriberLink::open(kBox, SubscriberPurpose::unsubscribe, token, kNow + std::chrono::hours{100'000})->subscriber == SubscriberId{7});
    CHECK(opened.text.find("https://status.acme.example/incidents/inc_06ht3e8gt0000\r\n") != std::string::npos);
}

TEST_CASE("a question has a link to confirm by for a day, and nothing to be ended") {
    const auto mail = *prepared(telling()).composed.mail;
    CHECK(header(mail, "List-Unsubscribe").empty());
    CHECK(header(mail, "References").empty());
    const auto token = token_in(mail.text, "https://status.acme.example/confirm/");
    CHECK(channel::SubscriberLink::open(kBox, SubscriberPurpose::confirm, token, kNow + std::chrono::hours{22}));
    CHECK(!channel::SubscriberLink::open(kBox, SubscriberPurpose::confirm, token, kNow + std::chrono::hours{23}));
    auto known = telling();
    known.confirmed = true;
    CHECK(prepared(known).composed.mail->text.find("/confirm/") == std::string::npos);
    CHECK(prepared(known).composed.mail->text.find("/manage/") != std::string::npos);
}

TEST_CASE("where a page has no host of its own, links lead to where people find Sonde, or nothing is sent") {
    auto what = telling(incident("opened"));
    what.host.clear();
    CHECK(prepared(what, "https://sonde.example").composed.mail->text.find("https://sonde.example/status/acme/incidents/inc_") != std::string::npos);
    const auto nowhere = prepare(what, kBox, kNow, "");
    REQUIRE(!nowhere.ok());
    CHECK(nowhere.error().message.find("links.base_url") != std::string::npos);
    what = telling(incident("opened"));
    what.channel = {};
    CHECK(!prepare(what, kBox, kNow, "").ok());
    what = telling(incident("opened"));
    what.subscriber = SubscriberId{8};  // sealed for another
    CHECK(!prepare(what, kBox, kNow, "").ok());
}

TEST_CASE("nothing that anybody wrote becomes a header or a line of one") {
    rc::check([] {
        const auto any = [] { return *rc::gen::container<std::string>(rc::gen::weightedOneOf<char>({{4, rc::gen::inRange<char>(' ', 127)}, {1, rc::gen::element('\r', '\n', '\0', '<', ':')}})); };
        auto document = incident("updated");
        document["title"] = any();
        document["text"] = any();
        auto what = telling(document);
        what.title = any();
        const auto mail = *prepared(what).composed.mail;
        RC_ASSERT(mail.headers.size() == prepared(telling(incident("opened"))).composed.mail->headers.size());
        for (const auto& line : mail.headers) {
            for (std::size_t i = 0; i < line.size(); ++i) {
                if (line[i] == '\r') {
                    RC_ASSERT(line.compare(i, 3, "\r\n ") == 0);
                    ++i;
                } else {
                    RC_ASSERT(line[i] >= ' ');
                    RC_ASSERT(line[i] < 127);
                }
            }
        }
        RC_ASSERT(mail.text.find('\0') == std::string::npos);
        RC_ASSERT(mail.html.find("<script") == std::string::npos);
    });
}

TEST_CASE("only what a server says of the recipient is his refusal; one that does not work for us is tried again, and no record has his address") {
    const auto made = prepared(telling(incident("opened")));
    struct Row {
        int end;
        int recipient;
        Outcome outcome;
        bool refused;
        bool server_fails;
    };
    for (const auto& row : {Row{250, 250, Outcome::accepted, false, false}, Row{0, 550, Outcome::refused, true, false}, Row{0, 451, Outcome::unavailable, false, false},
                            Row{554, 250, Outcome::refused, false, false}, Row{535, 0, Outcome::unavailable, false, true}, Row{0, 0, Outcome::unreachable, false, true}}) {
        CAPTURE(row.end);
        CAPTURE(row.recipient);
        const auto verdict = judge_mail(made, mail_reply(row.end, row.recipient));
        CHECK(verdict.outcome == row.outcome);
        CHECK(verdict.receiver_refused == row.refused);
        CHECK(verdict.server_fails == row.server_fails);
        CHECK(verdict.error.find("ann@example.net") == std::string::npos);
    }
}

TEST_CASE("a webhook is signed with a key of its own, and has its links in it") {
    const auto made = prepared(by_webhook(incident("opened")));
    const auto document = posted(made);
    CHECK(document["type"] == "incident.opened");
    CHECK(document["url"] == "https://status.acme.example/incidents/inc_06ht3e8gt0000");
    CHECK(document["page"] == Json{{"title", "Acme"}, {"url", "https://status.acme.example/"}});
    CHECK(!document.contains("signing_key"));
    CHECK(!document.contains("place"));
    CHECK(channel::SubscriberLink::open(kBox, SubscriberPurpose::manage, token_in(document["manage_url"], "/manage/"), kNow));
    const auto& request = made.composed.steps.at(0).request;
    const auto expected = "webhook-signature: " + notifier::webhook::signature(*crypto::from_base64(kKey.substr(6)), SubscriberDeliveryId{9}.text(), 1'772'366'400, request.body);
    CHECK(std::find(request.headers.begin(), request.headers.end(), expected) != request.headers.end());
}

TEST_CASE("a webhook is asked by a challenge, which it must say back, and is given its key with it") {
    const auto made = prepared(by_webhook());
    const auto document = posted(made);
    CHECK(document["type"] == "subscription.verify");
    CHECK(document["challenge"] == made.challenge);
    CHECK(document["signing_key"] == kKey);
    HttpReply reply;
    reply.status = 200;
    reply.body = "no";
    CHECK(judge_webhook(made, reply, kNow).outcome == Outcome::refused);
    CHECK(!judge_webhook(made, reply, kNow).proven);
    reply.body = "{\"challenge\": \"" + made.challenge + "\"}";
    CHECK(judge_webhook(made, reply, kNow).proven);
    reply.status = 500;
    CHECK(!judge_webhook(made, reply, kNow).proven);
    CHECK(prepared(by_webhook()).challenge != made.challenge);
    reply.status = 410;
    CHECK(judge_webhook(prepared(by_webhook(incident("opened"))), reply, kNow).receiver_refused);
    CHECK(!judge_webhook(made, reply, kNow).receiver_refused);
}

}  // namespace subscriber_test
