// From a visitor's form to a subscriber, and what people may do with those.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "controlplane/status_page/keeper.h"
#include "controlplane/status_page/subscribe/desk.h"
#include "controlplane/status_page/subscribe/notice_store.h"
#include "tests/integration/controlplane/status_page_shop.h"
#include "tests/integration/status_page/site.h"

namespace subscriber_desk_test {

using namespace sonde;
using namespace sonde::test;
using channel::SubscriberLink;
using channel::SubscriberPurpose;

namespace {

// A page of both kinds, served from memory, with its desk at the database.
struct Served {
    std::string slug;
    Json page;
    Site site;
    status_page::subscribe::Desk desk;

    explicit Served(const std::string& name, int budget = 1'000, const Json& more = {{"webhook_subscribers", true}})
        : slug(name),
          page(made(name, more)),
          site(SiteOptions{.limits = {.view = {100'000}, .subscribe = {budget, std::chrono::minutes{10}}}}),
          desk(stand().pool(), stand().box(), site.limits, true) {
        auto shown = fresh_page(slug);
        shown.host = "";
        site.pages.put(std::move(shown));
    }

    static Json made(const std::string& slug, const Json& more) {
        const auto mail = stand().admin().post("/v1/channels", {{"kind", "email"}, {"name", slug}, {"config", {{"server", "mail.example.org"}, {"from", "a@example.org"}, {"to", {"b@example.org"}}}}});
        REQUIRE_MESSAGE(mail.status == 201, mail.body);
        Json body{{"slug", slug}, {"title", "T"}, {"mail_channel_id", mail.json()["id"]}};
        body.update(more);
        const auto answer = stand().admin().post("/v1/status-pages", body);
        REQUIRE_MESSAGE(answer.status == 201, answer.body);
        return answer.json();
    }

    [[nodiscard]] StatusPageId id() const { return *StatusPageId::parse(page["id"].get<std::string>()); }
    [[nodiscard]] std::string path() const { return "/v1/status-pages/" + page["id"].get<std::string>() + "/subscribers"; }
    // As the server would, without one: answers come from the very handlers.
    http::Response ask(http::Method method, const std::string& body = {}) { return desk.subscribe(request(method, body), visitor()); }
    http::Response follow(http::Method method, SubscriberPurpose purpose, const std::string& token, const std::string& body = {}) {
        return desk.follow(request(method, body), visitor(), purpose, token);
    }
    http::Response subscribe(const std::string& address, const std::string& more = {}) { return ask(http::Method::post, "kind=email&address=" + address + more); }

    [[nodiscard]] status_page::subscribe::Visitor visitor() const { return {site.pages.find(slug), "/status/" + slug + "/", "192.0.2.1"}; }
    static http::Request request(http::Method method, const std::string& body) {
        http::Request made;
        made.method = method;
        made.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
        made.body = body;
        return made;
    }
    [[nodiscard]] Json all() const { return stand().admin().get(path() + "?limit=500").json()["items"]; }
    [[nodiscard]] Json one(const std::string& address) const {
        for (const auto& item : all()) {
            if (item["address"] == address) return item;
        }
        return nullptr;
    }
    [[nodiscard]] std::string token(const std::string& address, SubscriberPurpose purpose, std::optional<TimePoint> until = {}) const {
        return SubscriberLink{*SubscriberId::parse(one(address)["id"].get<std::string>()), purpose, until}.token(stand().box());
    }
    [[nodiscard]] std::int64_t questions() const {
        return stand().pool().transact([&](db::Tx& tx) {
            return tx.run_text("select count(*) from subscriber_delivery d join subscriber s on s.id = d.subscriber_id where s.page_id = $1 and d.notice_id is null", {id()})[0].whole(0);
        });
    }
    void let_pass(const std::string& time) const {
        stand().run("update subscriber set last_asked_at = last_asked_at - $2::interval, asked_since = asked_since - $2::interval where page_id = $1", {id(), time});
        stand().run("update subscriber_delivery set state = 'sent', done_at = now() where subscriber_id in (select id from subscriber where page_id = $1)", {id()});
    }
};

bool says(const http::Response& response, std::string_view words) { return response.body.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a visitor subscribes, confirms, chooses, and goes; looking at a link changes nothing") {
    Served served("whole-way");
    CHECK(says(served.ask(http::Method::get), "name=\"component\" value=\"api\" checked"));
    const auto asked = served.subscribe("Ann%2Bx%40Example.org", "&component=api&component=search");
    CHECK(asked.status == 200);
    const auto ann = served.one("ann+x@example.org");
    REQUIRE(ann.is_object());
    CHECK(ann["state"] == "pending");
    CHECK(ann["components"] == Json{"api", "search"});
    CHECK(served.questions() == 1);

    const auto confirm = served.token("ann+x@example.org", SubscriberPurpose::confirm, wall_now() + std::chrono::hours{1});
    CHECK(says(served.follow(http::Method::get, SubscriberPurpose::confirm, confirm), "<form method=\"post\">"));
    CHECK(served.one("ann+x@example.org")["state"] == "pending");
    CHECK(served.follow(http::Method::post, SubscriberPurpose::unsubscribe, confirm).status == 404);
    const auto confirmed = served.follow(http::Method::post, SubscriberPurpose::confirm, confirm);
    CHECK(says(confirmed, "You are subscribed."));
    CHECK(says(confirmed, "/status/whole-way/manage/"));
    CHECK(served.one("ann+x@example.org")["state"] == "confirmed");

    const auto manage = served.token("ann+x@example.org", SubscriberPurpose::manage);
    CHECK(says(served.follow(http::Method::get, SubscriberPurpose::manage, manage), "value=\"billing\">"));
    CHECK(says(served.follow(http::Method::post, SubscriberPurpose::manage, manage, "component=billing"), "value=\"billing\" checked"));
    CHECK(served.one("ann+x@example.org")["components"] == Json{"billing"});

    const auto unsubscribe = served.token("ann+x@example.org", SubscriberPurpose::unsubscribe);
    CHECK(says(served.follow(http::Method::get, SubscriberPurpose::unsubscribe, unsubscribe), "<button"));
    CHECK(served.one("ann+x@example.org").is_object());
    // As RFC 8058 has programs of mail do it; and again, where the answer was lost.
    for (int i = 0; i < 2; ++i) CHECK(served.follow(http::Method::post, SubscriberPurpose::unsubscribe, unsubscribe, "List-Unsubscribe=One-Click").status == 200);
    CHECK(served.all().empty());
    CHECK(served.questions() == 0);
    CHECK(served.follow(http::Method::get, SubscriberPurpose::manage, manage).status == 404);
}

TEST_CASE("nobody learns from an answer whether an address is there, and nobody is asked too often") {
    Served served("asked-again");
    const auto first = served.subscribe("ann%40example.org");
    const auto again = served.subscribe("ANN%40example.org");
    CHECK(first.body == again.body);
    CHECK(first.status == again.status);
    CHECK(served.all().size() == 1);
    CHECK(served.questions() == 1);
    for (int day = 0; day < 2; ++day) {
        for (int i = 0; i < 5; ++i) {
            served.let_pass("11 minutes");
            CHECK(served.subscribe("ann%40example.org").body == first.body);
        }
        CHECK(served.questions() == (day == 0 ? 3 : 6));
        served.let_pass("1 day");
    }
    // Who is confirmed is sent what he can change it by, and nobody else changes it for him.
    served.follow(http::Method::post, SubscriberPurpose::confirm, served.token("ann@example.org", SubscriberPurpose::confirm));
    served.let_pass("1 day");
    CHECK(served.subscribe("ann%40example.org", "&component=api").body == first.body);
    CHECK(served.one("ann@example.org")["components"] == Json::array());
    CHECK(served.questions() == 7);
}

TEST_CASE("a page has room for so many who have not confirmed, and says nothing of it") {
    Served served("crowded");
    stand().run("insert into subscriber (id, page_id, kind, sealed, digest, components, language) "
                "select 1000000 + g, $1, 'email', '', int8send(g), '{}', 'en' from generate_series(1, 1000) g", {served.id()});
    const auto answer = served.subscribe("ann%40example.org");
    CHECK(answer.status == 200);
    CHECK(served.one("ann@example.org").is_null());
    stand().run("delete from subscriber where page_id = $1 and id = 1000001", {served.id()});
    CHECK(served.subscribe("ann%40example.org").body == answer.body);
    stand().run("delete from subscriber where page_id = $1 and id between 1000002 and 1001000", {served.id()});
    CHECK(served.one("ann@example.org").is_object());
}

TEST_CASE("addresses that are none are refused, and one client may ask for so much") {
    Served served("odd", 3);
    const auto refused = served.subscribe("%22%3E%3Cscript%3E");
    CHECK(refused.status == 422);
    CHECK(!says(refused, "<script>"));
    CHECK(served.ask(http::Method::post, "kind=webhook&address=http%3A%2F%2Fhooks.example%2F").status == 422);
    CHECK(served.ask(http::Method::post, "kind=webhook&address=https%3A%2F%2Fhooks.example%2Fin").status == 200);
    CHECK(served.one("https://hooks.example/in")["kind"] == "webhook");
    const auto limited = served.subscribe("ann%40example.org");
    CHECK(limited.status == 429);
    CHECK(served.one("ann@example.org").is_null());
}

TEST_CASE("what a page does not offer cannot be had") {
    Served neither("closed", 1'000, {{"mail_channel_id", nullptr}});
    CHECK(neither.ask(http::Method::get).status == 404);
    CHECK(neither.subscribe("ann%40example.org").status == 404);
    Served mail("mail-alone", 1'000, Json::object());
    CHECK(mail.ask(http::Method::post, "kind=webhook&address=https%3A%2F%2Fhooks.example%2Fin").status == 422);
    CHECK(stand().admin().post("/v1/status-pages", {{"slug", "no-such-channel"}, {"title", "T"}, {"mail_channel_id", new_id<ChannelId>().text()}}).errors().find("/mail_channel_id") !=
          std::string::npos);
    // A channel that is off sends nothing.
    stand().admin().patch("/v1/channels/" + mail.page["mail_channel_id"].get<std::string>(), {{"enabled", false}});
    CHECK(mail.ask(http::Method::get).status == 404);
}

TEST_CASE("a link is of its page, and over when it is over") {
    Served served("here");
    Served elsewhere("elsewhere");
    served.subscribe("ann%40example.org");
    const auto token = served.token("ann@example.org", SubscriberPurpose::confirm, wall_now() + std::chrono::hours{1});
    CHECK(elsewhere.follow(http::Method::post, SubscriberPurpose::confirm, token).status == 404);
    CHECK(served.follow(http::Method::post, SubscriberPurpose::confirm, served.token("ann@example.org", SubscriberPurpose::confirm, wall_now() - std::chrono::seconds{1})).status == 404);
    CHECK(served.follow(http::Method::post, SubscriberPurpose::confirm, "nonsense").status == 404);
    CHECK(served.one("ann@example.org")["state"] == "pending");
}

TEST_CASE("a protected page is subscribed to by who may see it, and who has a link needs nothing else") {
    Served served("guarded");
    served.subscribe("ann%40example.org");
    auto shown = fresh_page("guarded");
    shown.guard.access = status_page::Access::token;
    shown.guard.token_digest = crypto::sha256("let-me-in");
    served.site.pages.put(std::move(shown));
    metrics::Registry metrics;
    controlplane::RateLimiter limits({}, metrics);
    status_page::serve::Visits visits(served.site.pages, stand().box(), limits, {.public_url = "", .proxies = {}, .hashing = {8, 1}}, metrics);
    visits.open_desk(served.desk);
    http::Router router;
    visits.add_routes(router);
    http::Server server({}, router, metrics);
    const auto send = [&server](const std::string& method, const std::string& place, const std::string& body = {}) {
        RawClient client(server.port());
        client.send(Site::text(method, "/status/guarded/" + place, {}, body));
        return client.receive(false);
    };
    CHECK(send("GET", "subscribe").status == 401);
    CHECK(send("POST", "subscribe", "kind=email&address=bob%40example.org").status == 401);
    CHECK(send("GET", "subscribe?token=let-me-in").status == 200);
    const auto link = "unsubscribe/" + served.token("ann@example.org", SubscriberPurpose::unsubscribe);
    CHECK(send("GET", link).status == 200);
    CHECK(served.all().size() == 1);
    CHECK(send("POST", link, "List-Unsubscribe=One-Click").status == 200);
    CHECK(served.all().empty());
}

TEST_CASE("addresses are sealed in the database, and told to who may see them alone") {
    Served served("sealed");
    served.subscribe("ann%40example.org");
    const auto stored = stand().pool().transact([&](db::Tx& tx) { return std::string(tx.run_text("select s::text from subscriber s where page_id = $1", {served.id()})[0].text(0)); });
    CHECK(stored.find("ann") == std::string::npos);
    CHECK(stored.find(crypto::hex("ann@example.org")) == std::string::npos);
    CHECK(stand().operate().get(served.path()).status == 403);
    CHECK(stand().viewer().get(served.path() + "/export").status == 403);
    const auto csv = stand().admin().get(served.path() + "/export");
    CHECK(csv.header("content-type").starts_with("text/csv"));
    CHECK(csv.body.starts_with("id,kind,address,components,language,state,created_at,confirmed_at\r\n"));
    CHECK(csv.body.find(",email,ann@example.org,,en,pending,") != std::string::npos);

    const auto path = served.path() + "/" + served.one("ann@example.org")["id"].get<std::string>();
    REQUIRE(stand().admin().del(path).status == 204);
    CHECK(stand().admin().del(path).status == 404);
    CHECK(served.all().empty());
    const auto audit = stand().admin().get("/v1/audit?limit=20").body;
    CHECK(audit.find("a***@example.org") != std::string::npos);
    CHECK(audit.find("ann@example.org") == std::string::npos);
}

TEST_CASE("subscribers are listed in pages of their own order") {
    Served served("listed");
    for (const auto* name : {"a", "b", "c", "d", "e"}) served.subscribe(std::string(name) + "%40example.org");
    std::vector<std::string> seen;
    std::string next = served.path() + "?limit=2";
    while (!next.empty()) {
        const auto page = stand().admin().get(next).json();
        for (const auto& item : page["items"]) seen.push_back(item["address"]);
        next = page["next_cursor"].is_null() ? "" : served.path() + "?limit=2&cursor=" + page["next_cursor"].get<std::string>();
    }
    CHECK(seen == std::vector<std::string>{"a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"});
}

TEST_CASE("without the database the desk says so, in the page's own words") {
    Served served("away");
    metrics::Registry registry;
    db::PoolOptions nowhere;
    nowhere.dsn = Secret("host=127.0.0.1 port=1 dbname=none");
    nowhere.acquire_timeout = milliseconds{500};
    db::Pool pool(nowhere, registry);
    status_page::subscribe::Desk desk(pool, stand().box(), served.site.limits, true);
    const auto answer = desk.subscribe(Served::request(http::Method::get, ""), served.visitor());
    CHECK(answer.status == 503);
    CHECK(says(answer, "This does not work at the moment."));
}

TEST_CASE("while the database hangs, two wait at the desk and no more") {
    Served served("hangs");
    std::atomic<int> refused{0}, let_in{0};
    std::vector<std::thread> visitors;
    {
        auto tx = stand().pool().begin();
        tx.run_text("lock table status_page in access exclusive mode");
        for (int i = 0; i < 3; ++i) visitors.emplace_back([&] { ++(served.ask(http::Method::get).status == 503 ? refused : let_in); });
        CHECK(eventually([&] { return refused == 1; }));
        CHECK(let_in == 0);
    }
    for (auto& visitor : visitors) visitor.join();
    CHECK(refused == 1);
    CHECK(let_in == 2);
    CHECK(served.ask(http::Method::get).status == 200);
}

TEST_CASE("news of a page is written once, by whichever control plane, and only while somebody is there to hear it") {
    Served served("noticed");
    auto snapshot = sample_page();
    snapshot.made_at = wall_now();
    snapshot.open.front().began_at = wall_now() - std::chrono::minutes{5};
    snapshot.open.front().updates.clear();
    snapshot.past.clear();
    snapshot.maintenance.clear();
    const auto write = [&] { return stand().pool().transact([&](db::Tx& tx) { return status_page::subscribe::write_notices(tx, served.id(), snapshot); }); };
    CHECK(write() == 0);
    served.subscribe("ann%40example.org");
    CHECK(write() == 0);
    stand().run("update subscriber set state = 'confirmed', confirmed_at = now() - interval '3 minutes' where page_id = $1", {served.id()});
    CHECK(write() == 0);  // it happened before he was there
    snapshot.open.front().updates.push_back({1, wall_now() - std::chrono::minutes{1}, status_page::Phase::investigating, "We look."});
    CHECK(write() == 1);
    CHECK(write() == 0);
    stand().run("update subscriber set confirmed_at = now() - interval '1 hour' where page_id = $1", {served.id()});
    CHECK(write() == 1);
}

TEST_CASE("a keeper writes what it shows") {
    const Shop shop("told");
    auto body = shop.page("told-page");
    const auto page = stand().admin().post("/v1/status-pages", body);
    REQUIRE_MESSAGE(page.status == 201, page.body);
    const auto id = *StatusPageId::parse(page.json()["id"].get<std::string>());
    stand().run("insert into subscriber (id, page_id, kind, sealed, digest, components, language, state, confirmed_at) "
                "values ($1, $2, 'email', '', 'x', '{}', 'en', 'confirmed', now() - interval '1 day')",
                {new_id<SubscriberId>(), id});
    metrics::Registry metrics;
    status_page::Keeper keeper(stand().pool(), {.directory = "", .builds_per_second = 100, .refresh = std::chrono::hours{1}}, {}, metrics);
    keeper.start(stand().postgres().dsn());
    const auto incident = shop.incident("t", 2, std::nullopt, {0});
    shop.tell(incident, 1, "investigating", "We look into it.");
    shop.news("incident.opened", incident);
    const auto steps = [&] {
        return stand().pool().transact([&](db::Tx& tx) {
            return std::string(tx.run_text("select coalesce(string_agg(step, ' ' order by id), '') from page_notice where page_id = $1", {id})[0].text(0));
        });
    };
    CHECK(eventually([&] { return steps() == "opened update/1"; }, 30'000));
    stand().run("update incident set state = 'resolved', resolved_at = now() where id = $1", {incident});
    stand().run("insert into incident_postmortem (incident_id, version, body, root_cause, published, author, at) values ($1, 1, 'It was a disk.', '', true, 'ann', now())", {incident});
    shop.news("incident.resolved", incident);
    CHECK(eventually([&] { return steps() == "opened update/1 resolved postmortem"; }, 30'000));
    keeper.stop();
}

TEST_CASE("maintenance that was announced and is deleted, or moved, is called off once; what had begun is over") {
    const Shop shop("off");
    const auto made = stand().admin().post("/v1/status-pages", shop.page("off-page"));
    REQUIRE_MESSAGE(made.status == 201, made.body);
    const auto id = *StatusPageId::parse(made.json()["id"].get<std::string>());
    stand().run("insert into subscriber (id, page_id, kind, sealed, digest, components, language, state, confirmed_at) "
                "values ($1, $2, 'email', '', 'x', '{}', 'en', 'confirmed', now() - interval '1 day')",
                {new_id<SubscriberId>(), id});
    const auto at = [](std::chrono::minutes from_now) { return to_rfc3339(std::chrono::floor<std::chrono::seconds>(wall_now()) + from_now); };
    const auto window = [&](const std::string& title, std::chrono::minutes start) {
        const auto answer = stand().admin().post("/v1/maintenance", {{"title", title}, {"starts_at", at(start)}, {"ends_at", at(start + std::chrono::minutes{60})},
                                                                 {"targets", {{"sites", {shop.site}}}}});
        REQUIRE_MESSAGE(answer.status == 201, answer.body);
        return "/v1/maintenance/" + answer.json()["id"].get<std::string>();
    };
    const auto deleted = window("deleted", std::chrono::minutes{120});
    const auto moved = window("moved", std::chrono::minutes{180});
    const auto running = window("running", std::chrono::minutes{-5});
    const auto elsewhere = window("elsewhere", std::chrono::minutes{240});
    stand().run("update maintenance set created_at = now() - interval '2 hours' where title in ('deleted', 'moved', 'elsewhere')");

    metrics::Registry metrics;
    status_page::Keeper keeper(stand().pool(), {.directory = "", .builds_per_second = 100, .refresh = std::chrono::hours{1}}, {}, metrics);
    keeper.start(stand().postgres().dsn());
    const auto steps = [&](const std::string& title) {
        return stand().pool().transact([&](db::Tx& tx) {
            return std::string(
                tx.run_text("select coalesce(string_agg(step, ' ' order by id), '') from page_notice where page_id = $1 and document ->> 'title' = $2", {id, title})[0].text(0));
        });
    };
    CHECK(eventually([&] { return steps("deleted") == "scheduled" && steps("moved") == "scheduled" && steps("elsewhere") == "scheduled" && steps("running") == "started"; }, 30'000));
    // So that it was made too long ago to be news by itself.
    stand().run("update maintenance set created_at = now() - interval '3 days' where title = 'moved'");
    REQUIRE(stand().admin().del(deleted).status == 204);
    REQUIRE(stand().admin().del(running).status == 204);
    REQUIRE(stand().admin().patch(moved, {{"starts_at", at(std::chrono::minutes{300})}, {"ends_at", at(std::chrono::minutes{360})}}).status == 200);
    // No more about this page, but not called off.
    const auto other = stand().make_site("off-elsewhere");
    REQUIRE(stand().admin().patch(elsewhere, {{"targets", {{"sites", {other}}}}}).status == 200);
    CHECK(eventually([&] { return steps("deleted") == "scheduled cancelled" && steps("running") == "started ended" && steps("moved") == "scheduled cancelled scheduled"; }, 30'000));
    // And nothing more with the snapshots that follow.
    const auto incident = shop.incident("t", 2, std::nullopt, {0});
    shop.news("incident.opened", incident);
    CHECK(eventually([&] { return steps("Part 0") == "opened"; }, 30'000));
    CHECK(steps("deleted") == "scheduled cancelled");
    CHECK(steps("moved") == "scheduled cancelled scheduled");
    CHECK(steps("elsewhere") == "scheduled");
    keeper.stop();
}

}  // namespace subscriber_desk_test
