// Subscribers of status pages, told by a real mail server and real webhooks.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "notifier/subscriber/ledger.h"
#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/subscriber_stage.h"

namespace subscriber_delivery_test {

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr int kPatience = 60'000;

std::vector<std::string> recipients(const MailServer& server) {
    std::vector<std::string> all;
    for (const auto& one : server.taken()) all.push_back(one["to"][0]);
    std::sort(all.begin(), all.end());
    return all;
}

std::string field(const Json& taken, const std::string& name) {
    const auto data = taken["data"].get<std::string>();
    const auto at = data.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return data.substr(begin, data.find("\r\n", begin) - begin);
}

}  // namespace

TEST_CASE("those are told who confirmed before it happened and chose what it is about, each by a message of his own") {
    SubscriberStage stage;
    MailServer server({"starttls"});
    stage.mail_by(server);
    stage.subscriber("all@example.org");
    stage.subscriber("api@example.org", true, {"website", "api"});
    stage.subscriber("other@example.org", true, {"website"});
    stage.subscriber("pending@example.org", false);
    const auto late = stage.subscriber("late@example.org");
    stage.run("update subscriber set confirmed_at = now() + interval '1 hour' where id = $1", {late});
    const auto app = stage.start();
    stage.notice("opened");
    REQUIRE(eventually([&] { return stage.told(2); }, kPatience));
    stage.notice("resolved");
    REQUIRE(eventually([&] { return stage.told(4); }, kPatience));
    CHECK(recipients(server) == std::vector<std::string>{"all@example.org", "all@example.org", "api@example.org", "api@example.org"});
    std::set<std::string> threads;
    std::set<std::string> identifiers;
    for (const auto& one : server.taken()) {
        CHECK(one["to"].size() == 1);
        threads.insert(field(one, "References"));
        identifiers.insert(field(one, "Message-ID"));
        CHECK(field(one, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click");
    }
    CHECK(threads.size() == 1);
    CHECK(identifiers.size() == 4);
    CHECK(stage.deliveries("state = 'sent' and attempts = 1 and outcome = 'accepted'") == 4);
}

TEST_CASE("an opening whose end is known is not sent any more, its updates and its end are") {
    SubscriberStage stage;
    MailServer server({"starttls"});
    stage.mail_by(server);
    stage.subscriber("ann@example.org");
    for (const auto* step : {"opened", "update/1", "resolved"}) stage.notice(step);
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.told(3); }, kPatience));
    CHECK(stage.deliveries("state = 'superseded'") == 1);
    REQUIRE(server.taken().size() == 2);
    CHECK(field(server.taken()[0], "Subject").find("Investigating") != std::string::npos);
    CHECK(field(server.taken()[1], "Subject").find("Resolved") != std::string::npos);
}

TEST_CASE("what is called off is told to those who were told of it, and to nobody else") {
    SubscriberStage stage;
    MailServer server({"starttls"});
    stage.mail_by(server);
    const auto told = stage.subscriber("told@example.org");
    const auto dead = stage.subscriber("dead@example.org");
    stage.subscriber("other@example.org", true, {"website"});
    {
        const auto app = stage.start();
        stage.notice("scheduled", "api", "mnt_06ht3e8gt0000-1");
        REQUIRE(eventually([&] { return stage.told(2); }, kPatience));
    }
    stage.run("update subscriber set components = '{website}' where id = $1", {told});
    stage.run("update subscriber_delivery set state = 'dead' where subscriber_id = $1", {dead});
    stage.subscriber("late@example.org");
    stage.notice("cancelled", "api", "mnt_06ht3e8gt0000-1");
    // Of this nobody was told before it was off.
    for (const auto* step : {"scheduled", "cancelled"}) stage.notice(step, "website", "mnt_06ht3e8gt0000-2");
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.told(3); }, kPatience));
    CHECK(recipients(server) == std::vector<std::string>{"dead@example.org", "told@example.org", "told@example.org"});
    CHECK(stage.deliveries("state = 'superseded'") > 0);
    CHECK(stage.deliveries("state = 'sent'") == 2);
}

TEST_CASE("a mail server that is away costs nobody his message, and its refusals are nobody's") {
    SubscriberStage stage;
    MailServer server({"starttls+535-mail", "starttls"});
    stage.mail_by(server);
    const auto ann = stage.subscriber("ann@example.org");
    const auto app = stage.start();
    stage.notice("opened");
    REQUIRE(eventually([&] { return stage.told(1); }, kPatience));
    CHECK(stage.deliveries("state = 'sent' and attempts = 2") == 1);
    CHECK(stage.state(ann) == "confirmed");
}

TEST_CASE("who refuses for good three times is told of nothing more, and is erased with his deliveries") {
    SubscriberStage stage;
    MailServer server({"starttls"});
    Receiver receiver([](const Received&, int) { return Answer{410}; });
    stage.mail_by(server);
    const auto gone = stage.subscriber("gone@example.org");
    const auto hook = stage.subscriber(receiver.url());
    const auto ann = stage.subscriber("ann@example.org");
    const auto app = stage.start();
    for (const auto* step : {"update/1", "update/2", "update/3"}) {
        CHECK(stage.state(gone) == "confirmed");
        CHECK(stage.state(hook) == "confirmed");
        stage.notice(step);
        REQUIRE(eventually([&] { return stage.told(1); }, kPatience));
        CHECK(stage.asked("select count(*) from subscriber_delivery where error like '%gone@%'") == 0);
    }
    CHECK(stage.state(gone) == "erased");
    CHECK(stage.state(hook) == "erased");
    CHECK(stage.state(ann) == "confirmed");
    CHECK(stage.deliveries("true") == 3);
    CHECK(receiver.count() == 3);
}

TEST_CASE("a webhook that says its challenge back is confirmed, and one that does not is not") {
    SubscriberStage stage;
    Receiver good([](const Received& request, int) { return Answer{200, {}, request.body}; });
    Receiver bad([](const Received&, int) { return Answer{200, {}, "welcome"}; });
    const auto proven = stage.subscriber(good.url(), false);
    const auto unproven = stage.subscriber(bad.url(), false);
    stage.question(proven);
    stage.question(unproven);
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.told(2); }, kPatience));
    CHECK(stage.state(proven) == "confirmed");
    CHECK(stage.state(unproven) == "pending");
    stage.run("update subscriber set confirmed_at = now() - interval '1 minute' where id = $1", {proven});
    stage.notice("opened");
    REQUIRE(eventually([&] { return stage.told(3); }, kPatience));
    REQUIRE(good.count() == 2);
    const auto told = *json::parse(good.received()[1].body);
    CHECK(told["type"] == "incident.opened");
    CHECK(!told.contains("signing_key"));
    CHECK(good.received()[1].headers.at("webhook-signature").starts_with("v1,"));
    CHECK(bad.count() == 1);
}

TEST_CASE("what an operator allows his own channels is closed to strangers") {
    SubscriberStage stage;
    Receiver receiver;
    stage.config.subscriber_guard_allow.clear();
    REQUIRE(!stage.config.guard_allow.empty());
    stage.question(stage.subscriber(receiver.url(), false));
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.deliveries("attempts > 0 and outcome = 'blocked_address'") == 1; }, kPatience));
    CHECK(receiver.count() == 0);
}

TEST_CASE("a question is asked before news, and not any more once its answer would be too late") {
    SubscriberStage stage;
    MailServer server({"starttls"});
    stage.mail_by(server);
    const auto asked = stage.subscriber("asked@example.org", false);
    const auto late = stage.subscriber("tardy@example.org", false);
    stage.run("update subscriber set last_asked_at = now() - interval '25 hours' where id = $1", {late});
    stage.question(asked);
    stage.question(late);
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.told(2); }, kPatience));
    CHECK(recipients(server) == std::vector<std::string>{"asked@example.org"});
    CHECK(stage.deliveries("state = 'superseded'") == 1);
    CHECK(server.taken()[0]["data"].get<std::string>().find("https://sonde.example/status/acme/confirm/") != std::string::npos);
}

TEST_CASE("two notifiers tell everybody once") {
    SubscriberStage stage;
    Receiver receiver;
    for (int i = 0; i < 150; ++i) stage.subscriber(receiver.url("/" + std::to_string(i)));
    const auto one = stage.start();
    const auto other = stage.start();
    stage.notice("opened");
    stage.notice("update/1");
    REQUIRE(eventually([&] { return stage.told(300); }, kPatience));
    std::map<std::string, int> copies;
    for (const auto& request : receiver.received()) ++copies[request.target + " " + request.headers.at("webhook-id")];
    CHECK(copies.size() == 300);
    CHECK(std::all_of(copies.begin(), copies.end(), [](const auto& copy) { return copy.second == 1; }));
    CHECK(stage.deliveries("state = 'sent' and attempts = 1") == 300);
}

TEST_CASE("what a notifier was sending when it died is sent by another one when the lease is over, with the attempt on record") {
    SubscriberStage stage;
    Receiver receiver;
    stage.subscriber(receiver.url());
    stage.notice("opened");
    metrics::Registry registry;
    notifier::subscriber::Ledger dead(stage.pool(), "notifier/dead", milliseconds{2'000}, {});
    REQUIRE(dead.plan().planned == 1);
    const auto leased = dead.lease({notifier::subscriber::Lane::webhook, 10, {}, {}});
    REQUIRE(leased.leased.size() == 1);
    CHECK(stage.deliveries("state = 'sending' and attempts = 1") == 1);
    CHECK(dead.lease({notifier::subscriber::Lane::webhook, 10, {}, {}}).leased.empty());
    const auto app = stage.start();
    REQUIRE(eventually([&] { return stage.told(1); }, kPatience));
    CHECK(receiver.count() == 1);
    CHECK(stage.deliveries("state = 'sent' and attempts = 2") == 1);
    // What the dead one would say now changes nothing.
    notifier::subscriber::Told told;
    told.delivery = leased.leased[0].delivery;
    told.attempt = 1;
    told.verdict.outcome = notifier::Outcome::gone;
    CHECK(dead.record(told).stale);
    CHECK(stage.deliveries("state = 'sent'") == 1);
}

TEST_CASE("who does not confirm is forgotten after two days, and a subscriber who goes takes with him what was to be sent") {
    SubscriberStage stage;
    const auto fresh = stage.subscriber("fresh@example.org", false);
    const auto stale = stage.subscriber("stale@example.org", false);
    const auto again = stage.subscriber("again@example.org", false);
    const auto ann = stage.subscriber("ann@example.org");
    stage.run("update subscriber set created_at = now() - interval '49 hours', last_asked_at = now() - interval '49 hours' where id = any($1::bigint[])",
              {std::vector<std::int64_t>{stale.value(), ann.value()}});
    stage.run("update subscriber set created_at = now() - interval '49 hours' where id = $1", {again});
    notifier::subscriber::Ledger ledger(stage.pool(), "notifier/tidy", milliseconds{2'000}, {});
    ledger.tidy();
    CHECK(stage.state(fresh) == "pending");
    CHECK(stage.state(again) == "pending");
    CHECK(stage.state(stale) == "erased");
    CHECK(stage.state(ann) == "confirmed");
    stage.notice("opened");
    REQUIRE(ledger.plan().planned == 1);
    stage.run("delete from subscriber where id = $1", {ann});
    CHECK(stage.deliveries("true") == 0);
    CHECK(ledger.lease({notifier::subscriber::Lane::email, 10, {}, {}}).empty());
}

TEST_CASE("ten thousand are planned in one statement, and those who are told are those who are there") {
    SubscriberStage stage;
    stage.run("insert into subscriber (id, page_id, kind, sealed, digest, components, language, state, confirmed_at) "
              "select g, $1, 'email', '', int8send(g), case when g % 2 = 0 then array['api'] else array['website'] end, 'en', 'confirmed', now() - interval '1 hour' from generate_series(1, 10000) g",
              {stage.page});
    notifier::subscriber::Ledger ledger(stage.pool(), "notifier/many", milliseconds{2'000}, {});
    stage.notice("opened");
    const auto planned = ledger.plan();
    CHECK(planned.notices == 1);
    CHECK(planned.planned == 5'000);
    CHECK(ledger.plan().notices == 0);
    CHECK(ledger.lease({notifier::subscriber::Lane::email, 16, {}, {}}).leased.size() == 16);
}

TEST_CASE("pages take turns, a page with many keeps none with few waiting, and questions come before news") {
    SubscriberStage stage;
    const auto few = new_id<StatusPageId>();
    stage.run("insert into status_page (id, slug, title, description, language, time_zone, logo, favicon, accent, css, home_url, support_url, indexed, shows_uptime, shows_history, access, days, "
              "accounting, groups, monitors, sites, webhook_subscribers) select $1, 'few', title, description, language, time_zone, logo, favicon, accent, css, home_url, support_url, indexed, "
              "shows_uptime, shows_history, access, days, accounting, groups, monitors, sites, webhook_subscribers from status_page where id = $2",
              {few, stage.page});
    const auto subscribers = [&](StatusPageId page, int from, int to) {
        stage.run("insert into subscriber (id, page_id, kind, sealed, digest, components, language, state, confirmed_at) "
                  "select g, $1, 'email', '', int8send(g), '{}', 'en', 'confirmed', now() - interval '1 hour' from generate_series($2::bigint, $3::bigint) g",
                  {page, from, to});
    };
    subscribers(stage.page, 1, 1'000);
    subscribers(few, 2'001, 2'003);
    stage.notice("opened");
    notifier::subscriber::Ledger ledger(stage.pool(), "notifier/turns", milliseconds{60'000}, {});
    REQUIRE(ledger.plan().planned == 1'000);
    stage.run("insert into page_notice (page_id, thread, step, at, components, document) select $1, thread, step, now(), components, document from page_notice", {few});
    REQUIRE(ledger.plan().planned == 3);

    const auto of_few = [](const notifier::subscriber::LeaseReport& report) {
        return std::count_if(report.leased.begin(), report.leased.end(), [](const auto& one) { return one.slug == "few"; });
    };
    const auto lane = notifier::subscriber::Lane::email;
    const auto first = ledger.lease({lane, 2, {}, {}, {}});
    CHECK(first.leased.size() == 2);
    CHECK(of_few(first) == 1);
    // One place at a time goes from page to page.
    auto after = first.last;
    int given = 0;
    for (int i = 0; i < 4; ++i) {
        const auto next = ledger.lease({lane, 1, {}, {}, after});
        REQUIRE(next.leased.size() == 1);
        given += static_cast<int>(of_few(next));
        after = next.last;
    }
    CHECK(given == 2);
    // None of the other is left.
    CHECK(of_few(ledger.lease({lane, 10, {}, {}, after})) == 0);
    stage.question(stage.subscriber("new@example.org", false));
    const auto last = ledger.lease({lane, 10, {}, {}, after});
    REQUIRE(last.leased.size() == 10);
    CHECK_FALSE(last.leased.front().document);
    CHECK(last.leased.back().document);
}

TEST_CASE("mails are begun at a pace, and all are sent") {
    SubscriberStage stage;
    stage.config.subscriber_mails_per_second = 4;
    MailServer server({"starttls"});
    stage.mail_by(server);
    for (int i = 0; i < 8; ++i) stage.subscriber("reader" + std::to_string(i) + "@example.org");
    const auto app = stage.start();
    stage.notice("opened");
    REQUIRE(eventually([&] { return stage.told(8); }, kPatience));
    CHECK(server.taken().size() == 8);
    CHECK(metric(app->port(), "sonde_subscriber_mails_paced_total") >= 1);
    CHECK(stage.deliveries("state = 'sent' and attempts = 1") == 8);
}

}  // namespace subscriber_delivery_test
