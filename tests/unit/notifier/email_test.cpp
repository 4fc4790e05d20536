// Messages as they go out, whoever wrote what is in them; and what mail servers' answers mean.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/crypto/crypto.h"
#include "notifier/channel/compose.h"
#include "notifier/channel/email.h"
#include "notifier/channel/mail_header.h"
#include "tests/unit/notifier/events.h"

namespace email_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace sonde::test;

namespace {

const Json kConfig = {{"server", "mail.example.org"}, {"from", "sonde@example.org"}, {"to", {"ann@example.org", "bob@example.org", "cy@example.org"}}};
const TimePoint kNow = from_unix_ms(1'767'225'600'999);

Result<Composed> composed(const Json& event, const Json& config = kConfig, const Json& secrets = Json::object(), const std::vector<std::string>& reached = {}) {
    const auto document = json::dump(event);
    Message message{EventId{7}, document, kNow, DeliveryId{9}, {}, "https://sonde.example", "https://sonde.example/ack/token", reached, ChannelId{5}};
    return email::compose(*channel::find("email"), message, config, secrets);
}

MailRequest mail(const Json& event, const Json& config = kConfig) {
    const auto attempt = composed(event, config);
    REQUIRE_MESSAGE(attempt.ok(), attempt.error().message);
    return *attempt->mail;
}

Json with(Json config, const Json& more) {
    config.update(more);
    return config;
}

std::string header(const MailRequest& message, const std::string& name) {
    for (const auto& line : message.headers) {
        if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
    }
    return {};
}

// Every line break of a header is a fold, every byte is printable ASCII, no line is longer than may be.
bool is_one_field(const std::string& field) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const auto c = static_cast<unsigned char>(field[i]);
        if (c == '\r') {
            if (field.compare(i, 3, "\r\n ") != 0 || i + 3 >= field.size() || field[i + 3] == ' ') return false;
            i += 2;
            column = 1;
            continue;
        }
        if (c < 0x20 || c >= 0x7f || ++column > 900) return false;
    }
    return true;
}

bool has_bare_break(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' ? i + 1 == text.size() || text[i + 1] != '\n' : text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
    }
    return false;
}

std::vector<std::string> names_of(const MailRequest& message) {
    std::vector<std::string> names;
    for (const auto& line : message.headers) names.push_back(line.substr(0, line.find(':')));
    return names;
}

// As UTF-8, which documents are, with all its control characters.
std::string utf8_of(const std::string& bytes) {
    std::string text;
    for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
    return text;
}

MailReply reply(int end, const std::vector<int>& recipients) {
    MailReply made;
    made.end = {end, end == 0 ? "" : "words"};
    for (const int code : recipients) made.recipients.push_back({code, "said"});
    made.failure = Outcome::timed_out;
    made.error = "timed out";
    return made;
}

Judged judged(int end, const std::vector<int>& recipients, const std::vector<std::string>& reached = {}) {
    const auto attempt = composed(event_document("incident.opened"), kConfig, Json::object(), reached);
    REQUIRE(attempt.ok());
    return email::judge(*attempt, reply(end, recipients));
}

}  // namespace

TEST_CASE("a message is as it was") {
    std::string all;
    for (const auto* kind : {"incident.opened", "incident.acknowledged", "incident.resolved", "certificate.expiring", "channel.test"}) {
        const auto message = mail(event_document(kind));
        all += fmt::format("== {}\n{}:{} {}\n", kind, message.server, message.port, name_of(message.security));
        for (const auto& line : message.headers) all += line.starts_with("User-Agent") ? "" : line + "\n";
        all += "\n" + message.text + "\n" + message.html + "\n";
    }
    all.erase(std::remove(all.begin(), all.end(), '\r'), all.end());
    CHECK(golden_text("tests/unit/notifier/golden/email.txt", all) == all);
}

TEST_CASE("what belongs to one incident names one thread, what stands alone names none, and every attempt is the same message") {
    const auto opened = mail(event_document("incident.opened"));
    const auto resolved = mail(event_document("incident.resolved"));
    CHECK(header(opened, "Message-ID") == "<dlv_0000000000009@example.org>");
    CHECK(header(opened, "References").ends_with("@example.org>"));
    CHECK(header(opened, "References") == header(opened, "In-Reply-To"));
    CHECK(header(opened, "References") == header(resolved, "References"));
    CHECK(header(mail(event_document("coverage.lost")), "References") != header(opened, "References"));
    CHECK(header(mail(event_document("channel.test")), "References") == "");
    CHECK(header(opened, "Auto-Submitted") == "auto-generated");
    CHECK(header(opened, "List-Id") == "<chn_0000000000005.example.org>");
    CHECK(header(opened, "Date") == "Thu, 01 Jan 2026 00:00:00 +0000");
}

TEST_CASE("dates are those of RFC 5322, whatever the locale") {
    CHECK(mail_header::date(from_unix_ms(0)) == "Thu, 01 Jan 1970 00:00:00 +0000");
    CHECK(mail_header::date(*from_rfc3339("2024-02-29T23:59:59.999Z")) == "Thu, 29 Feb 2024 23:59:59 +0000");
    CHECK(mail_header::date(*from_rfc3339("2026-11-27T09:05:03Z")) == "Fri, 27 Nov 2026 09:05:03 +0000");
}

TEST_CASE("what is no plain ASCII is encoded, and so is what could be taken for encoded") {
    CHECK(mail_header::text("DOWN: Shop / Checkout") == "DOWN: Shop / Checkout");
    CHECK(mail_header::text("caf\xc3\xa9") == "=?UTF-8?B?Y2Fmw6k=?=");
    CHECK(mail_header::text("=?UTF-8?Q?x?=").starts_with("=?UTF-8?B?"));
    CHECK(mail_header::text("a\r\nBcc: eve@example.org") == "a  Bcc: eve@example.org");
    CHECK(mail_header::mailbox("Ops team", "a@b.example") == "Ops team <a@b.example>");
    CHECK(mail_header::mailbox("", "a@b.example") == "a@b.example");
    CHECK(mail_header::mailbox("Ops <eve@example.org>,", "a@b.example").find("eve") == std::string::npos);
}

TEST_CASE("nothing that anybody wrote becomes a header, a line or markup") {
    const auto usual = mail(event_document("incident.opened"));
    CHECK(rc::check("whatever texts there are", [&] {
        // Bytes of every sort, line breaks and control characters often.
        const auto odd = rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
            {{6, rc::gen::arbitrary<char>()}, {2, rc::gen::element('\r', '\n', '\0', '\x7f')}, {2, rc::gen::element('<', '>', '&', '"', '=', '?', ':', ' ', '.')}}));
        auto event = event_document("incident.opened");
        const auto fill = [&](Json& where) { where = utf8_of(*odd); };
        fill(event["site"]["name"]);
        fill(event["incident"]["title"]);
        fill(event["incident"]["monitors"][0]["name"]);
        fill(event["votes"][0]["message"]);
        fill(event["incident"]["id"]);
        const auto made = composed(event);
        RC_ASSERT(made.ok());
        const auto& message = *made->mail;
        RC_ASSERT(names_of(message) == names_of(usual));
        for (const auto& line : message.headers) RC_ASSERT(is_one_field(line));
        RC_ASSERT(!has_bare_break(message.text));
        RC_ASSERT(!has_bare_break(message.html));
        RC_ASSERT(message.text.find('\0') == std::string::npos);
        RC_ASSERT(std::count(message.html.begin(), message.html.end(), '<') == std::count(message.html.begin(), message.html.end(), '>'));
        RC_ASSERT(message.html.find("<script") == std::string::npos);
        RC_ASSERT(message.from == usual.from);
        RC_ASSERT(message.to == usual.to);
    }));
}

TEST_CASE("settings that could say something else to a server are refused, also if they were saved") {
    const auto event = event_document("incident.opened");
    for (const auto& more : std::vector<Json>{{{"from", "a@b.example>\r\nRCPT TO:<eve@example.org"}}, {{"to", {"a@b.example\r\n"}}}, {{"to", {"not an address"}}}, {{"to", Json::array()}},
                                              {{"to", {"a@b.example", "a@b.example"}}}, {{"to", {"jörg@example.org"}}}, {{"to", {"a@bücher.example"}}}, {{"server", "mail.example.org/x"}},
                                              {{"server", "mail\r\n"}}, {{"from_name", "x\ny"}}, {{"ca_certificates", "no PEM"}}, {{"security", "maybe"}}, {{"port", 0}}}) {
        CAPTURE(json::dump(more));
        CHECK(!composed(event, with(kConfig, more)).ok());
    }
    CHECK(!composed(event, with(kConfig, {{"user", "ann"}})).ok());
    CHECK(!composed(event, kConfig, {{"password", "hunter2hunter2"}}).ok());
    CHECK(composed(event, with(kConfig, {{"user", "ann"}}), {{"password", "hunter2hunter2"}}).ok());
    CHECK(mail(event, with(kConfig, {{"security", "tls"}})).port == 465);
    CHECK(mail(event, with(kConfig, {{"security", "none"}})).port == 25);
    CHECK(mail(event).port == 587);
    CHECK(mail(event, with(kConfig, {{"from_name", "J\xc3\xb6rg"}})).headers[1] == "From: =?UTF-8?B?SsO2cmc=?=\r\n <sonde@example.org>");
}

TEST_CASE("a code says whether to come again") {
    for (const int code : {250, 251, 252}) CHECK(email::outcome_of_code(code) == Outcome::accepted);
    for (const int code : {421, 450, 451, 452, 454, 552}) CHECK(email::outcome_of_code(code) == Outcome::unavailable);
    for (const int code : {500, 503, 530, 535, 550, 553, 554}) CHECK(email::outcome_of_code(code) == Outcome::refused);
}

TEST_CASE("one refused recipient neither loses the others nor is forgotten") {
    const auto all = judged(250, {250, 250, 250});
    CHECK(all.outcome == Outcome::accepted);
    CHECK(all.error == "");
    CHECK(all.status == 250);
    CHECK(all.response == "words");
    CHECK(all.reached == std::vector<std::string>{"ann@example.org", "bob@example.org", "cy@example.org"});

    const auto never = judged(250, {250, 550, 251});
    CHECK(never.outcome == Outcome::accepted);
    CHECK(never.error == "not told: bob@example.org (550 said)");
    CHECK(never.reached == std::vector<std::string>{"ann@example.org", "cy@example.org"});

    const auto later = judged(250, {250, 550, 451});
    CHECK(later.outcome == Outcome::unavailable);
    CHECK(later.error == "not told yet: cy@example.org (451 said); not told: bob@example.org (550 said)");
    CHECK(later.reached == std::vector<std::string>{"ann@example.org"});
}

TEST_CASE("who was told is not told again, and others alone decide what follows") {
    const auto attempt = composed(event_document("incident.opened"), kConfig, Json::object(), {"ann@example.org"});
    REQUIRE(attempt.ok());
    CHECK(attempt->mail->to == std::vector<std::string>{"bob@example.org", "cy@example.org"});
    CHECK(header(*attempt->mail, "To") == "ann@example.org,\r\n bob@example.org,\r\n cy@example.org");
    CHECK(judged(0, {550, 550}, {"ann@example.org"}).outcome == Outcome::accepted);
    CHECK(judged(0, {550, 451}, {"ann@example.org"}).outcome == Outcome::unavailable);
}

TEST_CASE("where all are refused the worst hope decides, and trouble after that is trouble") {
    const auto refused = judged(0, {550, 550, 553});
    CHECK(refused.outcome == Outcome::refused);
    CHECK(refused.status == 550);
    CHECK(refused.response == "said");
    const auto mixed = judged(0, {550, 451, 550});
    CHECK(mixed.outcome == Outcome::unavailable);
    CHECK(mixed.status == 451);
    CHECK(judged(0, {}).outcome == Outcome::timed_out);
    CHECK(judged(0, {}).error == "timed out");
    CHECK(judged(0, {250, 250, 250}).outcome == Outcome::timed_out);
    CHECK(judged(0, {250, 250, 250}).reached.empty());
    CHECK(judged(0, {550}).outcome == Outcome::timed_out);  // broken off before all were asked for
    CHECK(judged(554, {250, 250, 250}).outcome == Outcome::refused);
    CHECK(judged(554, {250, 250, 250}).reached.empty());
    CHECK(judged(421, {}).outcome == Outcome::unavailable);
    CHECK(judged(535, {}).outcome == Outcome::refused);
}

TEST_CASE("a server that says a login back does not put it on record") {
    const auto attempt = composed(event_document("incident.opened"), with(kConfig, {{"user", "ann"}}), {{"password", "hunter2hunter2"}});
    REQUIRE(attempt.ok());
    using namespace std::string_literals;
    for (const auto& form : {"hunter2hunter2"s, crypto::base64("hunter2hunter2"), crypto::base64("\0ann\0hunter2hunter2"s)}) {
        auto echo = reply(535, {});
        echo.end.words = "5.7.8 no: " + form;
        const auto what = email::judge(*attempt, echo);
        CHECK(what.error.find(form) == std::string::npos);
        CHECK(what.response.find(form) == std::string::npos);
        echo = reply(250, {250, 550, 250});
        echo.recipients[1].words = form;
        CHECK(email::judge(*attempt, echo).error.find(form) == std::string::npos);
    }
}

}  // namespace email_test
