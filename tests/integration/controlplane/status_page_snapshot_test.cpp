// What the public is shown of what is in the database.
#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "controlplane/status_page/builder.h"
#include "controlplane/status_page/draft.h"
#include "controlplane/status_page/snapshot_json.h"
#include "tests/integration/controlplane/status_page_shop.h"

namespace status_page_snapshot_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json preview(const Json& page) {
    const auto answer = stand().admin().post("/v1/status-pages/preview", page);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return answer.json();
}

std::string window(const Shop& shop, const std::string& title, int from, int to) {
    const auto at = [](int minutes) { return to_rfc3339(wall_now() + std::chrono::minutes{minutes}); };
    const auto answer = stand().admin().post("/v1/maintenance", {{"title", title}, {"starts_at", at(from)}, {"ends_at", at(to)}, {"targets", {{"monitors", {shop.monitors[0]}}}}});
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}

}  // namespace

TEST_CASE("components have their conditions, uptime and days by what their monitors were") {
    const Shop shop("days");
    shop.edge(0, 3 * 24 * 60, "down");
    shop.edge(0, 3 * 24 * 60 - 144, "up");
    shop.edge(1, 30, "degraded");
    auto page = shop.page("days");
    page["groups"].push_back({{"name", "Whole"}, {"components", {{{"id", "whole"}, {"name", "Whole"}, {"sites", {shop.site}}}}}});
    page["time_zone"] = "Europe/Zagreb";
    page["days"] = 10;
    const auto snapshot = preview(page);
    CHECK(snapshot["condition"] == "degraded");
    const auto& first = snapshot["groups"][0]["components"][0];
    CHECK(first["condition"] == "operational");
    REQUIRE(first["days"].size() == 10);
    // 144 minutes of about nine and a half days: the first days may be shorter or longer where clocks are changed.
    CHECK(first["uptime"].get<double>() == doctest::Approx(1 - 144.0 / (9.5 * 1440)).epsilon(0.002));
    CHECK(first["coverage"] == 1.0);
    double minutes = 0;
    for (const auto& day : first["days"]) {
        for (const auto& one : day["disruptions"]) {
            CHECK(one["condition"] == "major_outage");
            CHECK(day["worst"] == "major_outage");
            minutes += static_cast<double>((*from_rfc3339(one["to"].get<std::string>()) - *from_rfc3339(one["from"].get<std::string>())).count()) / 60'000;
        }
    }
    CHECK(minutes == doctest::Approx(144).epsilon(0.001));
    CHECK(snapshot["groups"][0]["components"][1]["condition"] == "degraded");
    CHECK(snapshot["groups"][1]["components"][0]["condition"] == "degraded");
    CHECK(snapshot["accounting"] == "degraded=up unknown=excluded pending=excluded maintenance=excluded paused=excluded");
    page["accounting"] = {{"degraded", "down"}};
    CHECK(preview(page)["groups"][0]["components"][1]["uptime"].get<double>() < 1);
}

TEST_CASE("incidents are called by the components they are about, with what was written for the public") {
    const Shop shop("incidents", {"home", "basket", "elsewhere"});
    auto page = shop.page("incidents");
    page["groups"][0]["components"].erase(2);
    const auto open = shop.incident("home is down: reset from eu", 30, std::nullopt, {0, 1});
    shop.tell(open, 1, "investigating", "We look into it.");
    shop.tell(open, 2, "resolved", "It is over, we think.");
    shop.tell(open, 3, "identified", "Taken back.");
    stand().run("update incident_update set deleted_at = now() where incident_id = $1 and number = 3", {open});
    const auto past = shop.incident("basket is down", 5'000, 4'000, {1});
    stand().run("insert into incident_postmortem values ($1, 1, 'A first word.', 'the root', true, 'somebody', now()), ($1, 2, 'It was the disk.', 'the root', true, 'somebody', now())", {past});
    const auto unpublished = shop.incident("again", 9'000, 8'000, {1});
    stand().run("insert into incident_postmortem values ($1, 1, 'Said', 'r', true, 's', now()), ($1, 2, 'Unsaid', 'r', false, 's', now())", {unpublished});
    const auto whole = shop.incident("by hand", 10'000, 9'500, {});
    // Not of this page; too long ago; and a warning of which nobody told the public.
    (void)shop.incident("elsewhere", 11'000, 10'500, {2});
    (void)shop.incident("long ago", 95 * 1'440, 94 * 1'440, {0});
    (void)shop.incident("only a warning", 30, std::nullopt, {0}, "warning");
    const auto snapshot = preview(page);
    REQUIRE(snapshot["open"].size() == 1);
    const auto& now = snapshot["open"][0];
    CHECK(now["id"] == open.text());
    CHECK(now["title"] == "Part 0, Part 1");
    CHECK(now["impact"] == "major");
    CHECK(now["phase"] == "monitoring");
    CHECK(now["components"] == Json{"part-0", "part-1"});
    REQUIRE(now["updates"].size() == 2);
    CHECK(now["updates"][0]["text"] == "It is over, we think.");
    REQUIRE(snapshot["past"].size() == 3);
    CHECK(snapshot["past"][0]["id"] == past.text());
    CHECK(snapshot["past"][0]["impact"] == "critical");
    CHECK(snapshot["past"][0]["postmortem"] == "It was the disk.");
    CHECK(snapshot["past"][0]["postmortem_at"].is_string());
    CHECK(snapshot["past"][1]["postmortem"] == "");
    CHECK(snapshot["past"][1]["postmortem_at"].is_null());
    CHECK(snapshot["past"][2]["id"] == whole.text());
    CHECK(snapshot["past"][2]["title"] == "Part 0, Part 1");
}

TEST_CASE("an incident of a group is about those that are in it, and one of a monitor that is gone about whoever had it") {
    const Shop shop("grouped", {"one", "two", "three"});
    const auto group = stand().admin().post("/v1/groups", {{"site_id", shop.site}, {"name", "colleagues call it so"}, {"needed", 1}, {"members", {shop.monitors[0], shop.monitors[2]}}});
    REQUIRE_MESSAGE(group.status == 201, group.body);
    const auto incident = shop.incident("t", 30, std::nullopt, {});
    stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause, is_group) values ($1, $2, now(), 'reset', true)",
                {incident, *GroupId::parse(group.json()["id"].get<std::string>())});
    auto page = shop.page("grouped");
    CHECK(preview(page)["open"][0]["components"] == Json{"part-0", "part-2"});

    // Its site is on the page, and was down: it stays known after the monitor is gone.
    const auto past = shop.incident("t", 300, 200, {1});
    page["groups"] = {{{"components", {{{"id", "whole"}, {"name", "Whole"}, {"sites", {shop.site}}}}}}};
    REQUIRE(stand().admin().del("/v1/monitors/" + shop.monitors[1]).status == 204);
    const auto snapshot = preview(page);
    CHECK(snapshot["past"][0]["id"] == past.text());
    CHECK(snapshot["past"][0]["components"] == Json{"whole"});
    CHECK(snapshot["groups"][0]["components"][0]["condition"] == "operational");
}

TEST_CASE("maintenance is running, then planned, then over, where it is about the page") {
    const Shop shop("windows");
    const Shop other("others");
    const auto planned = window(shop, "planned", 1'440, 1'500);
    const auto running = window(shop, "running", -10, 60);
    const auto over = window(shop, "over", -3'000, -2'900);
    (void)window(shop, "too far", 40 * 1'440, 40 * 1'440 + 5);
    (void)window(other, "of others", -10, 60);
    const auto snapshot = preview(shop.page("windows"));
    std::string told;
    for (const auto& one : snapshot["maintenance"]) told += one["title"].get<std::string>() + " " + one["progress"].get<std::string>() + " " + one["components"].dump() + "\n";
    CHECK(told == "running in_progress [\"part-0\"]\nplanned scheduled [\"part-0\"]\nover completed [\"part-0\"]\n");
    CHECK(snapshot["maintenance"][0]["id"].get<std::string>().starts_with(running + "-"));
}

TEST_CASE("response times are shown of the regions that were chosen, under the names they were given") {
    const Shop shop("latency");
    shop.checks(0);
    auto page = shop.page("latency");
    page["groups"][0]["components"][0]["shows_latency"] = {{"regions", {{"eu", "Europe"}, {"nowhere", "Nowhere"}}}};
    const auto snapshot = preview(page);
    const auto& latencies = snapshot["groups"][0]["components"][0]["latencies"];
    REQUIRE(latencies.size() == 1);
    CHECK(latencies[0]["region"] == "Europe");
    CHECK(latencies[0]["p95_ms"].get<double>() == doctest::Approx(100).epsilon(0.02));
    CHECK(snapshot["groups"][0]["components"][1]["latencies"].empty());
}

TEST_CASE("whatever else stands in the database is not in a snapshot: no word of any column, but of those that are for the public") {
    const Shop shop("leaks", {"home", "basket"});
    const auto incident = shop.incident("t", 30, std::nullopt, {0});
    shop.tell(incident, 1, "investigating", "public words");
    shop.tell(incident, 2, "investigating", "taken back");
    const auto resolved = shop.incident("t", 300, 200, {1});
    for (const auto id : {incident, resolved}) {
        const bool published = id == resolved;
        stand().run("insert into incident_postmortem values ($1, 1, $2, 'r', $3, 'a', now())", {id, published ? "public postmortem" : "unpublished", published});
        stand().run("insert into incident_event (incident_id, seq, at, kind, actor, monitor_id, reason, data) values ($1, 1, now(), 'commented', 'a', $2, 'r', '{}')", {id, shop.id(0)});
    }
    stand().run("update incident_update set deleted_at = now() where incident_id = $1 and number = 2", {incident});
    shop.checks(0);
    shop.edge(0, 30, "down");
    (void)window(shop, "public window", -10, 60);
    json::Problems problems;
    auto page = shop.page("leaks");
    page["groups"][0]["components"][0]["shows_latency"] = {{"regions", {{"eu", "Europe"}}}};
    page["css"] = "a { color: red } /* POISON */";
    const auto draft = status_page::read_page(page, "", problems);
    REQUIRE(problems.empty());

    auto tx = stand().pool().begin();
    tx.set_statement_timeout(std::chrono::minutes{2});
    tx.run_text("create temp table poisoned (name text) on commit drop");
    // What has to be one of certain words, or to be there elsewhere, cannot be poisoned, and cannot leak what people wrote. Left out is what is for the public, and what
    // says by itself what is to be shown.
    tx.run_text(R"sql(
do $$
declare
    c record;
begin
    for c in select table_name, column_name, table_name || '.' || column_name as name, data_type, udt_name
             from information_schema.columns join information_schema.tables using (table_schema, table_name)
             where table_schema = current_schema() and table_type = 'BASE TABLE' and is_generated = 'NEVER' and (data_type in ('text', 'jsonb') or udt_name = '_text') loop
        continue when c.name = any(array['maintenance.title', 'maintenance.description', 'maintenance.timezone', 'maintenance.rrule', 'state_edge.state', 'region.name',
                                         'incident_update.body', 'incident_postmortem.body']);
        begin
            execute format('update %I set %I = %s', c.table_name, c.column_name,
                           case when c.data_type = 'jsonb' then $v$'{"POISON": "POISON"}'$v$ when c.udt_name = '_text' then $v$'{POISON}'$v$ else $v$'POISON' || md5(ctid::text)$v$ end);
            insert into poisoned values (c.name);
        exception when others then null;
        end;
    end loop;
    update incident_update set body = 'POISON' where deleted_at is not null;
    update incident_postmortem set body = 'POISON' where not published;
end $$)sql");
    std::set<std::string> poisoned;
    for (const auto row : tx.run_text("select name from poisoned")) poisoned.emplace(row.text(0));
    for (const auto* column : {"site.name", "site.base_url", "site.tags", "site.owner_note", "monitor.name", "monitor.tags", "monitor.spec", "monitor.kind", "incident.title", "incident.assigned_to",
                               "incident.acknowledged_by", "incident_monitor.cause", "incident_monitor.regions", "incident_event.reason", "incident_event.data", "incident_update.author",
                               "incident_postmortem.author", "incident_postmortem.root_cause", "region.title", "region.failure_domain", "decision.reason"}) {
        CHECK_MESSAGE(poisoned.contains(column), column);
    }
    const auto text = json::dump(status_page::write_snapshot(status_page::build(tx, draft, {})));
    for (const auto* shown : {"public words", "public window", "public postmortem", "Part 0", "major_outage", "Europe", "color: red"}) CHECK_MESSAGE(text.find(shown) != std::string::npos, shown);
    CHECK_MESSAGE(text.find("POISON") == std::string::npos, text);
    for (const auto& id : shop.monitors) CHECK(text.find(id) == std::string::npos);
    CHECK(text.find(shop.site) == std::string::npos);
}

TEST_CASE("a page of 500 components has 90 days of each, and its document reads back equal") {
    const auto site = *SiteId::parse(stand().make_site("many"));
    const auto first = new_id_value() + 1'000'000;
    stand().run(R"(insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, policy, created_at)
                   select $1::bigint + n, $2, $3, 0, 'http', 'm' || n, '{}', 60000, 5000, 0, '{}', now() - interval '200 days' from generate_series(0, 499) n)", {first, site, shard_of(site)});
    stand().run(R"(insert into state_edge select $1::bigint + n, now() - (h * 12) * interval '1 hour', case when h % 2 = 0 then 'up' else 'down' end
                   from generate_series(0, 499) n, generate_series(1, 200) h)", {first});
    status_page::PageDraft draft;
    draft.slug = "many";
    draft.look.title = "Many";
    draft.groups.emplace_back();
    for (int i = 0; i < 500; ++i) {
        status_page::ComponentDraft component;
        component.id = fmt::format("c{}", i);
        component.name = component.id;
        component.monitors = {MonitorId{first + i}};
        draft.groups[0].components.push_back(component);
    }
    const auto began = std::chrono::steady_clock::now();
    auto tx = stand().pool().begin();
    status_page::read_one_instant(tx);
    const auto snapshot = status_page::build(tx, draft, {});
    const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    MESSAGE("500 components in " << took.count() << " ms");
    CHECK(snapshot.groups[0].components.size() == 500);
    CHECK(snapshot.groups[0].components[499].days.size() == 90);
    json::Problems problems;
    CHECK(status_page::read_snapshot(status_page::write_snapshot(snapshot), "", problems) == snapshot);
    CHECK(problems.empty());
}

}  // namespace status_page_snapshot_test
