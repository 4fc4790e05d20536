// Every kind of channel: the requests it makes of events, held to golden files, and what is true of all of them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "lib/crypto/crypto.h"
#include "lib/net/url.h"
#include "notifier/channel/compose.h"
#include "notifier/channel/email.h"
#include "notifier/channel/hidden.h"
#include "tests/unit/notifier/events.h"

namespace kinds_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace sonde::test;

namespace {

constexpr const char* kEvents[] = {"incident.opened", "incident.acknowledged", "incident.commented", "incident.resolved", "advisory.opened", "certificate.expiring", "channel.test"};

// As declared, each field by its example.
Json examples(const std::vector<channel::Field>& fields) {
    Json object = Json::object();
    for (const auto& field : fields) {
        if (!field.example.is_null()) object[field.name] = field.example;
    }
    return object;
}

const Json kRemembered = {{"ts", "1767225601.000100"}, {"channel", "C0123456789"}, {"id", "1200000000000000001"}, {"message_id", 77}, {"event_id", "$event"}};

struct Asked {
    Json document;
    Json config;
    Json secrets;
    std::string remembered;
    std::string base_url = "https://sonde.example";
};

Result<Composed> composed(const std::string& kind, const Asked& asked) {
    const crypto::SecretBox box(std::string(32, 'k'));
    Leased leased;
    leased.delivery = DeliveryId{9};
    leased.channel = ChannelId{5};
    leased.channel_kind = kind;
    leased.channel_config = json::dump(asked.config);
    leased.channel_secrets = box.seal(Secret(json::dump(asked.secrets)), secrets_context(leased.channel));
    leased.event = EventId{7};
    leased.document = json::dump(asked.document);
    leased.event_at = from_unix_ms(1'767'225'600'123);
    leased.remembered = asked.remembered;
    return compose(leased, box, from_unix_ms(1'767'225'600'999), {.base_url = asked.base_url});
}

Result<Composed> by_examples(const channel::Declaration& kind, Json document, bool with_memory = false) {
    auto secrets = examples(kind.secrets);
    if (kind.kind == "webhook") secrets["signing_key"] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    return composed(kind.kind, {std::move(document), examples(kind.config), secrets, with_memory ? json::dump(kRemembered) : ""});
}

// Links to acknowledge by are others each time.
std::string without_tokens(std::string text) {
    for (const std::string before : {"/ack/", "%2Fack%2F"}) {
        for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) text.replace(at + before.size(), 98, "TOKEN");
    }
    return text;
}

std::string shown(const Composed& attempt) {
    std::string text;
    for (const auto& step : attempt.steps) {
        text += fmt::format("{} {}{}\n", step.request.method, step.request.url, step.optional ? "   (may be refused)" : "");
        for (const auto& header : step.request.headers) {
            if (!header.starts_with("User-Agent: ")) text += header + "\n";
        }
        const auto body = json::parse(step.request.body);
        text += "\n" + (body ? json::dump_pretty(*body) : step.request.body) + "\n\n";
    }
    return without_tokens(std::move(text));
}

HttpReply answer(int status, std::string body) {
    HttpReply reply;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
}

Judged judged(const char* kind, int status, std::string body, bool with_memory = false) {
    const auto attempt = by_examples(*channel::find(kind), event_document("incident.opened"), with_memory);
    REQUIRE(attempt.ok());
    return judge(*attempt, attempt->steps.back(), answer(status, std::move(body)), from_unix_ms(0));
}

}  // namespace

TEST_CASE("what each kind asks of its receiver is as it was") {
    for (const auto& kind : channel::declarations()) {
        if (kind.requests.empty()) continue;
        CAPTURE(kind.kind);
        std::string all;
        for (const bool with_memory : {false, true}) {
            const bool remembers = std::any_of(kind.requests.begin(), kind.requests.end(), [](const auto& one) { return !one.remember.empty(); });
            if (with_memory && !remembers) continue;
            for (const auto* event : kEvents) {
                const auto attempt = by_examples(kind, event_document(event), with_memory);
                REQUIRE_MESSAGE(attempt.ok(), attempt.error().message);
                all += fmt::format("== {}{}\n{}", event, with_memory ? ", in a thread" : "", shown(*attempt));
            }
        }
        CHECK(golden_text("tests/unit/notifier/golden/" + kind.kind + ".txt", all) == all);
    }
}

TEST_CASE("every kind has a request for every event, with and without memory") {
    for (const auto& kind : channel::declarations()) {
        for (const auto event : EnumNames<EventKind>::names) {
            for (const bool with_memory : {false, true}) {
                CAPTURE(kind.kind);
                CAPTURE(event);
                const auto attempt = by_examples(kind, event_document(std::string(event)), with_memory);
                REQUIRE_MESSAGE(attempt.ok(), attempt.error().message);
                if (attempt->mail) continue;
                CHECK(!attempt->steps.back().optional);
                for (const auto& step : attempt->steps) {
                    CHECK(net::parse_url(step.request.url).ok());
                    CHECK(step.request.body.find("{{") == std::string::npos);
                }
            }
        }
    }
}

TEST_CASE("no kind tells its secrets in errors, answers or what it remembers") {
    for (const auto& kind : channel::declarations()) {
        CAPTURE(kind.kind);
        const auto attempt = by_examples(kind, event_document("incident.opened"));
        REQUIRE(attempt.ok());
        auto secrets = examples(kind.secrets);
        if (kind.kind == "webhook") secrets["signing_key"] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        const auto forms = hidden_forms(secrets);
        const auto clean = [&](const std::string& text) {
            for (const auto& form : forms) CHECK_MESSAGE(text.find(form) == std::string::npos, form << " in " << text);
            for (const auto& form : attempt->hidden) CHECK_MESSAGE(text.find(form) == std::string::npos, form << " in " << text);
        };
        // A receiver that says everything back.
        std::string echo = json::dump(secrets) + "\n";
        for (const auto& step : attempt->steps) {
            echo += step.request.url + "\n";
            for (const auto& header : step.request.headers) echo += header + "\n";
        }
        for (const auto& form : forms) echo += form + "\n";
        for (const auto& form : attempt->hidden) echo += form + "\n";
        // Settings that became wrong since they were saved.
        for (const auto& [name, value] : secrets.items()) {
            auto wrong = secrets;
            wrong[name] = value.get<std::string>() + "\r\nX-Evil: 1";
            const auto refused = composed(kind.kind, {event_document("incident.opened"), examples(kind.config), wrong, ""});
            REQUIRE(!refused.ok());
            clean(refused.error().message);
        }
        if (attempt->mail) {
            for (const int code : {0, 250, 451, 535}) {
                MailReply said;
                said.end = {code, echo};
                said.recipients = {{code == 250 ? 550 : 250, echo}};
                said.error = "Could not resolve " + echo;
                const auto what = email::judge(*attempt, said);
                clean(what.error);
                clean(what.response);
            }
            continue;
        }
        Json told = {{"ok", false}, {"error", echo}, {"message", echo}, {"description", echo}, {"errors", {echo}}, {"errorDescription", echo}};
        for (const int status : {200, 400, 404, 429, 500}) {
            for (const auto& body : {echo, json::dump(told), json::dump({{"error", {{"message", echo}}}})}) {
                const auto what = judge(*attempt, attempt->steps[0], answer(status, body), from_unix_ms(0));
                clean(what.error);
                clean(what.response);
                clean(json::dump(what.remembered));
            }
        }
        HttpReply broken;
        broken.error = "Could not resolve " + echo;
        clean(judge(*attempt, attempt->steps[0], broken, from_unix_ms(0)).error);
    }
}

TEST_CASE("what comes from outside stays text, in every kind") {
    const std::string evil = "\"}],{{config.url}}<!channel>@everyone</b>\r\nX-Evil: 1\\u0000*_`|" + std::string(9000, 'x') + "é";
    for (const auto& kind : channel::declarations()) {
        CAPTURE(kind.kind);
        if (kind.requests.empty()) continue;
        auto event = event_document("incident.opened");
        event["site"]["name"] = evil;
        event["incident"]["id"] = "inc_0/../?#" + evil.substr(0, 20);
        event["incident"]["monitors"][0]["name"] = evil;
        event["votes"][0]["message"] = evil;
        event["incident"]["comment"] = evil;
        const auto attempt = by_examples(kind, event);
        const auto usual = by_examples(kind, event_document("incident.opened"));
        REQUIRE_MESSAGE(attempt.ok(), attempt.error().message);
        REQUIRE(attempt->steps.size() == usual->steps.size());
        const auto& request = attempt->steps[0].request;
        for (const auto& header : request.headers) CHECK(header.find_first_of("\r\n") == std::string::npos);
        CHECK(request.headers == usual->steps[0].request.headers);
        CHECK(net::parse_url(request.url)->origin() == net::parse_url(usual->steps[0].request.url)->origin());
        if (request.headers[0] == "Content-Type: application/json") CHECK(json::parse(request.body).ok());
        CHECK(request.body.size() < 100'000);
        if (kind.kind == "discord" || kind.kind == "teams") CHECK(request.body.find("@everyone") == std::string::npos);
        if (kind.escape == channel::Escape::slack) CHECK(request.body.find("<!channel>") == std::string::npos);
        if (kind.kind == "telegram") CHECK(request.body.find("@everyone</b>") == std::string::npos);
    }
}

TEST_CASE("a receiver's answer says what becomes of the message") {
    CHECK(judged("slack_bot", 200, R"({"ok":true,"ts":"1.2","channel":"C9"})").outcome == Outcome::accepted);
    CHECK(judged("slack_bot", 200, R"({"ok":true,"ts":"1.2","channel":"C9"})").remembered == Json{{"ts", "1.2"}, {"channel", "C9"}});
    CHECK(judged("slack_bot", 200, R"({"ok":false,"error":"channel_not_found"})").outcome == Outcome::refused);
    CHECK(judged("slack_bot", 200, R"({"ok":false,"error":"channel_not_found"})").error == "channel_not_found");
    CHECK(judged("slack_bot", 200, R"({"ok":false,"error":"fatal_error"})").outcome == Outcome::unavailable);
    CHECK(judged("slack_bot", 200, "<html>a proxy</html>").outcome == Outcome::unavailable);
    CHECK(judged("slack_bot", 429, "").outcome == Outcome::throttled);
    CHECK(judged("slack", 200, "ok").outcome == Outcome::accepted);
    CHECK(judged("slack", 404, "no_service").outcome == Outcome::refused);
    CHECK(judged("telegram", 200, R"({"ok":true,"result":{"message_id":77}})").remembered == Json{{"message_id", 77}});
    CHECK(judged("telegram", 400, R"({"ok":false,"description":"Bad Request: chat not found"})").error == "Bad Request: chat not found");
    const auto slow = judged("telegram", 429, R"({"ok":false,"parameters":{"retry_after":7}})");
    CHECK(slow.outcome == Outcome::throttled);
    CHECK(slow.wait == milliseconds{7'000});
    CHECK(judged("telegram", 200, R"({"ok":false,"description":"odd"})").outcome == Outcome::refused);
    CHECK(judged("telegram", 502, "bad gateway").outcome == Outcome::unavailable);
    CHECK(judged("discord", 429, R"({"message":"slow","retry_after":0.65})").wait == milliseconds{650});
    CHECK(judged("discord", 200, R"({"id":"12"})").remembered == Json{{"id", "12"}});
    CHECK(judged("discord", 200, json::dump({{"id", std::string(5000, '1')}})).remembered.is_null());
    CHECK(judged("pagerduty", 202, R"({"status":"success"})").outcome == Outcome::accepted);
    CHECK(judged("pagerduty", 400, R"({"message":"Event object is invalid"})").outcome == Outcome::refused);
    CHECK(judged("matrix", 200, R"({"event_id":"$x"})").remembered == Json{{"event_id", "$x"}});
}

TEST_CASE("a secret at the end of an answer that was cut is not told by its beginning") {
    const auto attempt = by_examples(*channel::find("telegram"), event_document("incident.opened"));
    auto reply = answer(500, std::string(attempt->steps[0].request.keep - 5, ' ') + "12345");
    reply.body.erase(0, reply.body.size() - 900);
    reply.body.insert(0, std::string(attempt->steps[0].request.keep - 900, 'x'));
    CHECK(without(attempt->hidden, "x 12345", true).find("1234") == std::string::npos);
    CHECK(judge(*attempt, attempt->steps[0], reply, from_unix_ms(0)).response.find("12345") == std::string::npos);
}

}  // namespace kinds_test
