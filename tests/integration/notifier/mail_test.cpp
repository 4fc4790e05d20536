// E-mail through a real mail server: what arrives is read by Python's own parser, strictly.
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "tests/integration/notifier/mail_server.h"
#include "tests/integration/notifier/stage.h"

namespace mail_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const std::vector<std::string> kIncidents{"incident.opened", "incident.acknowledged", "incident.commented", "incident.resolved"};

Json config_of(const MailServer& server, const std::string& security = "starttls") {
    return {{"server", "127.0.0.1"}, {"port", server.port()}, {"security", security}, {"ca_certificates", server.pem()},
            {"from", "sonde@example.org"}, {"from_name", "Sonde \xe2\x80\x94 Ops"}, {"to", {"ann@example.org", "bob@example.org"}}};
}

Json with(Json config, const Json& more) {
    config.update(more);
    return config;
}

// The message as Python's parser has it: {headers: {name: value}, parts: [{type, encoding, text}], defects, longest}. Headers are decoded.
Json read_message(const Json& taken) {
    const std::string file = "/tmp/sonde-mail-" + std::to_string(new_id_value());
    std::ofstream(file) << json::dump(taken["data"]);
    const std::string script = std::string(std::getenv("SONDE_SOURCE_DIR")) + "/tests/integration/notifier/read_message.py";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(("/usr/bin/python3 " + script + " " + file).c_str(), "r"), &::pclose);
    std::string text;
    char buffer[4096];
    while (const auto got = std::fread(buffer, 1, sizeof buffer, pipe.get())) text.append(buffer, got);
    std::remove(file.c_str());
    const auto document = json::parse(text);
    REQUIRE_MESSAGE(document.ok(), text);
    return *document;
}

}  // namespace

TEST_CASE("a message goes encrypted to all who are told, and is one that a strict parser has nothing to say about") {
    for (const std::string security : {"starttls", "tls"}) {
        CAPTURE(security);
        Stage stage;
        MailServer server({security + "+auth"});
        stage.config.base_url = "https://sonde.example";
        const auto channel = stage.channel("email", with(config_of(server, security), {{"user", "ann"}}), {{"password", "hunter2hunter2"}}, kIncidents);
        const auto app = stage.start();
        const auto incident = new_id<IncidentId>();
        const Json about = {{"incident", {{"id", incident.text()}, {"seq", 1}, {"state", "open"}, {"scope", "outage"}, {"severity", "critical"}, {"title", "Caf\xc3\xa9 is down"},
                                          {"failing_since", "2026-01-01T00:00:00Z"}, {"opened_at", "2026-01-01T00:00:01Z"}, {"monitors", Json::array()}}},
                            {"site", {{"id", "sit_0000000000001"}, {"name", "Caf\xc3\xa9 <b>\n.\r\nBcc: eve@example.org"}}}};
        const auto event = stage.event("incident.opened", about);
        REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
        REQUIRE(server.taken().size() == 1);
        const auto taken = server.taken()[0];
        CHECK(taken["tls"] == true);
        CHECK(taken["user"] == "ann");
        CHECK(taken["from"] == "sonde@example.org");
        CHECK(taken["to"] == Json{"ann@example.org", "bob@example.org"});
        CHECK(taken["hello"] == "example.org");
        const auto message = read_message(taken);
        CHECK(message["defects"] == Json::array());
        CHECK(message["longest"] <= 998);
        const auto& headers = message["headers"];
        CHECK(headers["Subject"].get<std::string>().starts_with("DOWN: Caf\xc3\xa9 <b>"));
        CHECK(headers["From"] == "Sonde \xe2\x80\x94 Ops <sonde@example.org>");
        CHECK(headers["To"] == "ann@example.org, bob@example.org");
        CHECK(headers["Auto-Submitted"] == "auto-generated");
        CHECK(headers["Content-Type"].get<std::string>().starts_with("multipart/alternative"));
        CHECK(headers["Message-ID"].get<std::string>().starts_with("<dlv_"));
        CHECK(!headers.contains("Bcc"));
        REQUIRE(message["parts"].size() == 2);
        CHECK(message["parts"][0]["type"] == "text/plain");
        CHECK(message["parts"][1]["type"] == "text/html");
        const auto text = message["parts"][0]["text"].get<std::string>();
        CHECK(text.find("Acknowledge: https://sonde.example/ack/") != std::string::npos);
        CHECK(text.find("https://sonde.example/incidents/" + incident.text()) != std::string::npos);
        CHECK(message["parts"][1]["text"].get<std::string>().find("Caf\xc3\xa9 &lt;b&gt;") != std::string::npos);
        const auto attempts = stage.attempts(event, channel);
        REQUIRE(attempts.size() == 1);
        CHECK(attempts[0].status == 250);
        CHECK(attempts[0].error == "");
        CHECK(attempts[0].response == "2.0.0 taken");
    }
}

TEST_CASE("what follows of an incident is in one thread, each with an identifier of its own") {
    Stage stage;
    MailServer server({"starttls"});
    const auto channel = stage.channel("email", config_of(server), Json::object(), kIncidents);
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto opened = stage.event("incident.opened", incident, 1);
    REQUIRE(eventually([&] { return stage.delivery(opened, channel).state == "sent"; }));
    const auto resolved = stage.event("incident.resolved", incident, 2);
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
    REQUIRE(server.taken().size() == 2);
    const auto first = read_message(server.taken()[0])["headers"];
    const auto second = read_message(server.taken()[1])["headers"];
    CHECK(first["References"] == second["References"]);
    CHECK(first["In-Reply-To"] == first["References"]);
    CHECK(first["Message-ID"] != second["Message-ID"]);
    CHECK(second["Subject"].get<std::string>().starts_with("RESOLVED"));
}

TEST_CASE("a recipient who is refused for good keeps the message from nobody, and is told of in the record") {
    Stage stage;
    MailServer server({"starttls"});
    const auto channel = stage.channel("email", with(config_of(server), {{"to", {"gone@example.org", "bob@example.org"}}}), Json::object(), kIncidents);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    REQUIRE(server.taken().size() == 1);
    CHECK(server.taken()[0]["to"] == Json{"bob@example.org"});
    const auto attempts = stage.attempts(event, channel);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].error == "not told: gone@example.org (550 5.1.1 nobody of this name)");
}

TEST_CASE("a recipient who is refused for now is told later, and the others are not told twice, also by another process") {
    Stage stage;
    MailServer server({"starttls"});
    const auto channel = stage.channel("email", with(config_of(server), {{"to", {"ann@example.org", "once@example.org", "gone@example.org"}}}), Json::object(), kIncidents);
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    {
        const auto app = stage.start();
        REQUIRE(eventually([&] { return !stage.attempts(event, channel).empty() && stage.attempts(event, channel)[0].finished; }));
        app->stop();
    }
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "sent"; }));
    const auto taken = server.taken();
    REQUIRE(taken.size() == 2);
    CHECK(taken[0]["to"] == Json{"ann@example.org"});
    CHECK(taken[1]["to"] == Json{"once@example.org"});
    const auto first = read_message(taken[0])["headers"];
    const auto second = read_message(taken[1])["headers"];
    CHECK(first["Message-ID"] == second["Message-ID"]);
    CHECK(first["To"] == second["To"]);
    CHECK(stage.attempts(event, channel)[0].error ==
          "not told yet: once@example.org (451 4.7.1 greylisted); not told: gone@example.org (550 5.1.1 nobody of this name)");
    CHECK(stage.attempts(event, channel)[1].error == "not told: gone@example.org (550 5.1.1 nobody of this name)");
}

TEST_CASE("where all are refused for good the delivery is dead, and where one may be told later it is not") {
    Stage stage;
    MailServer server({"starttls"});
    const auto gone = stage.channel("email", with(config_of(server), {{"to", {"gone@example.org"}}}), Json::object(), kIncidents);
    const auto full = stage.channel("email", with(config_of(server), {{"to", {"gone@example.org", "full@example.org"}}}), Json::object(), kIncidents);
    const auto app = stage.start();
    const auto event = stage.event("incident.opened", new_id<IncidentId>(), 1);
    REQUIRE(eventually([&] { return stage.delivery(event, gone).state == "dead" && stage.delivery(event, full).attempts >= 2; }));
    CHECK(stage.delivery(event, gone).reason == "receiver_refused");
    CHECK(stage.delivery(event, full).state != "dead");
    CHECK(stage.attempts(event, full)[0].status == 552);
    CHECK(server.taken().empty());
}

}  // namespace mail_test
