#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_history_test {

using namespace sonde;
using namespace sonde::test;

namespace {

struct Site {
    std::string site = stand().make_site("=Shop, \"main\"");
    std::vector<std::string> monitors;

    explicit Site(std::vector<std::string> names) {
        for (const auto& name : names) {
            monitors.push_back(stand().make_monitor(site, name));
            stand().run("update monitor set created_at = now() - interval '200 days' where id = $1", {id(monitors.size() - 1)});
        }
    }
    MonitorId id(std::size_t i) const { return *MonitorId::parse(monitors.at(i)); }
    // Edges at seconds before the last full hour.
    void edge(std::size_t monitor, int before, const std::string& state) const {
        stand().run("insert into state_edge values ($1, date_trunc('hour', now()) - $2 * interval '1 second', $3)", {id(monitor), before, state});
    }
};

std::string instant(const std::string& sql) {
    return stand().pool().transact([&](db::Tx& tx) { return to_rfc3339(tx.run_text("select " + sql)[0].time(0)); });
}

std::string window(int from, int to) {
    return fmt::format("from={}&to={}", instant(fmt::format("date_trunc('hour', now()) - {} * interval '1 second'", from)),
                       instant(fmt::format("date_trunc('hour', now()) - {} * interval '1 second'", to)));
}

}  // namespace

TEST_CASE("uptime is counted by time in states, as it is asked to count, with its coverage") {
    const Site site({"home"});
    site.edge(0, 90'000, "up");
    site.edge(0, 3'600, "down");
    site.edge(0, 3'240, "degraded");
    site.edge(0, 2'880, "unknown");
    site.edge(0, 2'520, "maintenance");
    site.edge(0, 1'800, "up");
    const auto path = "/v1/monitors/" + site.monitors[0] + "/uptime?" + window(7'200, 0);
    const auto uptime = stand().viewer().get(path).json();
    CHECK(uptime["seconds"]["up"] == 5'400);
    CHECK(uptime["seconds"]["down"] == 360);
    CHECK(uptime["seconds"]["maintenance"] == 720);
    CHECK(uptime["outages"] == 1);
    CHECK(uptime["uptime_percent"].get<double>() == doctest::Approx(100.0 * 5'760 / 6'120));
    CHECK(uptime["coverage_percent"].get<double>() == doctest::Approx(100.0 * 6'120 / 6'480));
    CHECK(uptime["accounting"]["degraded"] == "up");
    CHECK_FALSE(uptime.contains("spans"));
    const auto strict = stand().viewer().get(path + "&degraded=down&unknown=down&maintenance=up&spans=true").json();
    CHECK(strict["uptime_percent"].get<double>() == doctest::Approx(100.0 * 6'120 / 7'200));
    REQUIRE(strict["spans"].size() == 6);
    CHECK(strict["spans"][1]["state"] == "down");
    CHECK(strict["spans"][0]["from"] == strict["from"]);
    for (std::size_t i = 1; i < 6; ++i) CHECK(strict["spans"][i - 1]["to"] == strict["spans"][i]["from"]);
    // Before its first state it was pending, and before it was made, nothing.
    const auto early = stand().viewer().get("/v1/monitors/" + site.monitors[0] + "/uptime?" + window(201 * 86'400, 199 * 86'400)).json();
    CHECK(early["uptime_percent"].is_null());
    CHECK(early["coverage_percent"] == 0);
    CHECK(early["seconds"]["pending"].get<double>() == doctest::Approx(86'400).epsilon(0.05));
}

TEST_CASE("a site is down while one of its monitors is") {
    const Site site({"home", "search"});
    for (const std::size_t m : {0, 1}) site.edge(m, 90'000, "up");
    site.edge(0, 3'000, "down");
    site.edge(0, 2'000, "up");
    site.edge(1, 2'500, "down");
    site.edge(1, 1'500, "maintenance");
    const auto uptime = stand().viewer().get("/v1/sites/" + site.site + "/uptime?" + window(3'600, 0)).json();
    CHECK(uptime["seconds"]["down"] == 1'500);
    CHECK(uptime["seconds"]["up"] == 2'100);
    CHECK(uptime["outages"] == 1);
    REQUIRE(uptime["monitors"].size() == 2);
    CHECK(uptime["monitors"][0]["seconds"]["down"] == 1'000);
    CHECK(uptime["monitors"][1]["seconds"]["maintenance"] == 1'500);
    CHECK(stand().viewer().get("/v1/sites/" + SiteId{7}.text() + "/uptime").status == 404);
}

TEST_CASE("a site with more monitors than one answer takes is refused, not cut") {
    const auto site = stand().make_site();
    const auto one = stand().make_monitor(site);
    stand().run("insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, policy, created_at, deleted_at) "
                "select n, m.site_id, m.shard, m.share, m.kind, m.name, m.spec, m.interval_ms, m.timeout_ms, m.phase_ms, m.policy, now() - interval '1 day', now() "
                "from monitor m, generate_series(1, 5000) n where m.id = $1", {MonitorId::parse(one)->value()});
    for (const auto* what : {"/uptime", "/report"}) {
        const auto refused = stand().viewer().get("/v1/sites/" + site + what);
        CHECK(refused.status == 413);
        CHECK(refused.json()["detail"] == "the site had more than 5000 monitors in that time; ask for them one by one");
    }
    stand().run("delete from monitor where id <= 5000");
    CHECK(stand().viewer().get("/v1/sites/" + site + "/report").status == 200);
}

TEST_CASE("what is asked of the past is checked") {
    const Site site({"home"});
    const auto path = "/v1/sites/" + site.site + "/report?";
    CHECK(stand().viewer().get(path + "period=2026-13").errors().find("?period: must be a period") == 0);
    CHECK(stand().viewer().get(path + "period=today&time_zone=Mars").errors().find("?time_zone: is not a time zone") == 0);
    CHECK(stand().viewer().get(path + "period=today&from=2026-01-01T00:00:00Z").errors() == "?period: goes without `from` and `to`\n");
    CHECK(stand().viewer().get(path + "from=2001-01-01T00:00:00Z&to=2020-01-01T00:00:00Z").errors() == "?from: must be at most ten years before `to`\n");
    CHECK(stand().viewer().get(path + "period=2999").errors() == "?period: is yet to come\n");
    for (const auto* slo : {"0", "101", "x", "-1", "99.9%25", "nan"}) CHECK_MESSAGE(stand().viewer().get(path + "slo=" + slo).status == 422, slo);
    CHECK(stand().viewer().get(path + "degraded=maybe").errors() == "?degraded: must be one of up, down, excluded\n");
    CHECK(stand().viewer().get(path + "period=today&time_zone=Pacific/Auckland").status == 200);
}

TEST_CASE("a report has uptime, budget, incidents and percentiles of a period, as JSON and as CSV") {
    const Site site({"home", "+search"});
    for (const std::size_t m : {0, 1}) site.edge(m, 90'000, "up");
    site.edge(0, 5'000, "down");
    site.edge(0, 4'964, "up");
    stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at, acknowledged_at, resolved_at)
                   select $2 + n, $1, 0, scope, 'resolved', 'critical', 't', now(), date_trunc('hour', now()) - 5000 * interval '1 second', date_trunc('hour', now()) - 4990 * interval '1 second',
                          date_trunc('hour', now()) - 4900 * interval '1 second' from unnest(array['outage', 'warning']) with ordinality as u (scope, n))",
                {*SiteId::parse(site.site), new_id<IncidentId>()});
    for (const std::size_t m : {0, 1}) {
        stand().run(R"(select make_partition('rollup_hour', 'rollup_hour_' || to_char(t, 'YYYYMM'), t::text, (t + interval '1 month')::text)
                       from (select date_trunc('month', now() - interval '2 hours') as t) x where to_regclass('rollup_hour_' || to_char(t, 'YYYYMM')) is null)");
        stand().run(R"(insert into rollup_hour select date_trunc('hour', now()) - interval '2 hours', $1, id, 100, 5, 3, 1, 2, 900, 51000, 1000000,
                       array[(latency_bucket(1000) << 20) + 90, (latency_bucket(50000) << 20) + 15] from region where name in ('eu', 'us'))", {site.id(m)});
    }
    const auto path = "/v1/sites/" + site.site + "/report?slo=99.5&" + window(36'000, 0);
    const auto report = stand().viewer().get(path).json();
    CHECK(report["uptime_percent"].get<double>() == doctest::Approx(99.9));
    CHECK(report["met"] == true);
    CHECK(report["error_budget"]["allowed_seconds"].get<double>() == doctest::Approx(180));
    CHECK(report["error_budget"]["used_seconds"] == 36);
    CHECK(report["error_budget"]["used_percent"].get<double>() == doctest::Approx(20));
    CHECK(report["error_budget"]["burn_rate"].get<double>() == doctest::Approx(0.2));
    CHECK(report["incidents"]["count"] == 1);
    CHECK(report["incidents"]["mtta_seconds"] == 10);
    CHECK(report["incidents"]["mttr_seconds"] == 100);
    CHECK(report["incidents"]["longest_seconds"] == 100);
    CHECK(report["complete"] == true);
    REQUIRE(report["regions"].size() == 2);
    CHECK(report["regions"][0]["region"] == "eu");
    CHECK(report["regions"][0]["checks"]["up"] == 200);
    CHECK(report["regions"][0]["latency_ms"]["p50"].get<double>() == doctest::Approx(1).epsilon(0.011));
    CHECK(report["regions"][0]["latency_ms"]["p90"].get<double>() == doctest::Approx(50).epsilon(0.011));
    CHECK(report["regions"][0]["latency_ms"]["min"] == 0.9);
    REQUIRE(report["monitors"].size() == 2);
    CHECK(report["monitors"][0]["down_seconds"] == 36);
    CHECK(report["monitors"][1]["uptime_percent"] == 100);
    CHECK(stand().viewer().get(path + "&slo=99.95").status == 422);  // twice
    const auto csv = stand().viewer().get(path + "&format=csv");
    CHECK(csv.header("content-type").find("text/csv") == 0);
    CHECK(csv.header("content-disposition").find("attachment") == 0);
    CHECK(csv.body.find("row,id,name,") == 0);
    CHECK(csv.body.find("\r\nsite," + site.site + ",\"'=Shop, \"\"main\"\"\",,false,") != std::string::npos);
    CHECK(csv.body.find("\r\nmonitor," + site.monitors[1] + ",'+search,http,false,") != std::string::npos);
    CHECK(csv.body.find(",99.9000,100.0000,") != std::string::npos);
    CHECK(std::count(csv.body.begin(), csv.body.end(), '\n') == 4);

    const auto rollups = stand().viewer().get("/v1/monitors/" + site.monitors[0] + "/rollups").json();
    REQUIRE(rollups["items"].size() == 1);
    CHECK(rollups["items"][0]["checks"]["down"] == 6);
    CHECK(rollups["items"][0]["seconds"]["down"] == 36);
    CHECK(rollups["items"][0]["regions"].size() == 2);
    CHECK(stand().viewer().get("/v1/monitors/" + site.monitors[0] + "/rollups?region=us").json()["items"][0]["checks"]["down"] == 3);
    CHECK(stand().viewer().get("/v1/monitors/" + site.monitors[0] + "/rollups?resolution=day").json()["items"].empty());
}

TEST_CASE("a report is a page to print, too, which is whole, runs nothing and has what people wrote as text") {
    const Site site({"<script>alert('x')</script>", "a & b"});
    for (const std::size_t m : {0, 1}) site.edge(m, 90'000, "up");
    site.edge(0, 5'000, "down");
    site.edge(0, 4'964, "up");
    const auto path = "/v1/sites/" + site.site + "/report?format=html&slo=99.5&" + window(36'000, 0);
    const auto page = stand().viewer().get(path);
    CHECK(page.header("content-type") == "text/html; charset=utf-8");
    CHECK(page.header("content-security-policy") == "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    const auto has = [&](const std::string& text) { return page.body.find(text) != std::string::npos; };
    CHECK(page.body.find("<!doctype html>") == 0);
    CHECK(has("<h1>=Shop, &quot;main&quot;: availability</h1>"));
    CHECK(has("<div class=\"met\"><b>99.9000 %</b>uptime; promised 99.5 %</div>"));
    CHECK(has("<b>36 s</b>down, in 1 outage</div>"));
    CHECK(has("<b>2 min 24 s</b>left of the error budget of 3 min 0 s</div>"));
    CHECK(has("<td>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;<div class=\"bar\">"));
    CHECK(has("<i class=\"down\" style=\"width:0.1000%\" title=\"down 36 s\">"));
    CHECK(has("<td>a &amp; b<div"));
    CHECK(has("@media print"));
    for (const auto* loaded : {"<script", "src=", "href=", "@import", "url("}) CHECK_MESSAGE(!has(loaded), loaded);
    CHECK(stand().viewer().get(path + "&slo=99.95").status == 422);
    const auto missed = stand().viewer().get("/v1/sites/" + site.site + "/report?format=html&slo=99.95&" + window(36'000, 0));
    CHECK(missed.body.find("<div class=\"missed\"><b>99.9000 %</b>") != std::string::npos);
    CHECK(missed.body.find("<b>18 s</b>beyond the end of the error budget of 18 s") != std::string::npos);
    const auto nothing = stand().viewer().get("/v1/sites/" + stand().make_site("Empty") + "/report?format=html");
    CHECK(nothing.body.find("<b>–</b>uptime; promised 99.9 %") != std::string::npos);
}

TEST_CASE("results are walked across days that are packed") {
    const Site site({"home"});
    // Of three days ago, to be packed, and of now.
    stand().run(R"(select make_partition('result', 'result_' || to_char(d, 'YYYYMMDD'), d::text, (d + interval '1 day')::text) from (select date_trunc('day', now()) - interval '3 days' as d) x)");
    stand().run(R"(insert into result (slot, monitor_id, started_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt, http_status, verdict,
                                       failure_class, backfilled, detail)
                   select slot, $1, slot, 0, 0, 0, 0, 0, 1500, id, 0, 200, case when n = 2 then 2 else 0 end, case when n = 2 then 5 else 0 end, false,
                          case when n = 2 then '{"message": "refused"}'::jsonb end
                   from region, generate_series(1, 5) n,
                        lateral (values (date_trunc('day', now()) - interval '3 days' + n * interval '1 hour'), (date_trunc('minute', now()) - n * interval '1 second')) s (slot)
                   where name in ('eu', 'us'))", {site.id(0)});
    const auto path = "/v1/monitors/" + site.monitors[0] + "/results";
    const auto before = stand().viewer().get(path).json()["items"];
    REQUIRE(before.size() == 20);
    stand().run(R"(do $$ declare d date := (now() at time zone 'utc')::date - 3; begin
                   execute format('create table result_packed_%s (like result_packed including all)', to_char(d, 'YYYYMMDD'));
                   perform pack_results(d, 'result_packed_' || to_char(d, 'YYYYMMDD'), 0, 9223372036854775807);
                   execute format('drop table result_%s', to_char(d, 'YYYYMMDD'));
                   execute format('alter table result_packed attach partition result_packed_%s for values from (%L) to (%L)', to_char(d, 'YYYYMMDD'), d, d + 1);
                   end $$)");
    auto packed = stand().viewer().get(path).json()["items"];
    auto as_before = before;
    for (auto* items : {&packed, &as_before}) {
        for (auto& item : *items) item.erase("received_at");  // days after the slot, which is told within 0.05 %
    }
    CHECK(packed == as_before);
    Json walked = Json::array();
    for (std::string next = path + "?limit=3"; !next.empty();) {
        const auto page = stand().viewer().get(next);
        const auto document = page.json();
        for (const auto& item : document["items"]) walked.push_back(item);
        const auto link = page.header("link");
        next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    for (auto& item : walked) item.erase("received_at");
    CHECK(walked == as_before);
    CHECK(stand().viewer().get(path + "?verdict=down").json()["items"].size() == 4);
    CHECK(stand().viewer().get(path + "?region=us&verdict=up").json()["items"].size() == 8);
    CHECK(stand().viewer().get(path + "?to=" + instant("now() - interval '1 day'")).json()["items"].size() == 10);
    const auto since = instant("date_trunc('day', now()) - interval '3 days' + interval '4 hours'");
    CHECK(stand().viewer().get(path + "?from=" + since + "&to=" + instant("now() - interval '1 day'")).json()["items"].size() == 4);
}

TEST_CASE("the monitors whose slots were missed are told, by arithmetic and results") {
    stand().run("truncate slot_ledger");
    const Site site({"a", "b", "c"});
    for (const auto& monitor : site.monitors) REQUIRE(stand().admin().patch("/v1/monitors/" + monitor, {{"regions", {"eu", "us"}}}).status == 200);
    REQUIRE(stand().admin().patch("/v1/monitors/" + site.monitors[2], {{"placement", "rotate"}, {"interval_ms", 30'000}}).status == 200);
    stand().run("update monitor set paused = true where site_id <> $1", {*SiteId::parse(site.site)});
    const auto minute = "date_trunc('minute', now()) - interval '10 minutes'";
    // Everything of that minute was run in eu but b; in us nothing was missed by the ledger, so that nobody looks there.
    stand().run(fmt::format(R"(insert into result (slot, monitor_id, started_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt,
                                       http_status, verdict, failure_class, backfilled)
                   select to_timestamp((phase_ms + k * interval_ms::bigint) / 1000.0::float8), m.id, now(), 0, 0, 0, 0, 0, 0, r.id, 0, 200, 0, 0, false
                   from monitor m, region r,
                        lateral generate_series((extract(epoch from {0}) * 1000 / interval_ms)::bigint - 2, (extract(epoch from {0}) * 1000 / interval_ms)::bigint + 4) k
                   where m.site_id = $1 and m.name <> 'b' and r.name = 'eu')", minute), {*SiteId::parse(site.site)});
    stand().run(fmt::format("insert into slot_ledger (minute, region, writer, expected, executed) values ({0}, 'eu', 'w', 3, 2), ({0}, 'us', 'w', 3, 3)", minute));
    const auto items = stand().viewer().get("/v1/ledger/missed").json()["items"];
    REQUIRE(items.size() == 1);
    CHECK(items[0]["monitor_id"] == site.monitors[1]);
    CHECK(items[0]["region"] == "eu");
    CHECK(items[0]["missed"] == 1);
    CHECK(items[0]["slots"].size() == 1);
    CHECK(items[0]["edited_since"] == true);
    CHECK(stand().viewer().get("/v1/ledger/missed?region=us").json()["items"].empty());
    CHECK(stand().viewer().get("/v1/ledger/missed?" + window(7'300, 0)).status == 422);
    CHECK(stand().viewer().get("/v1/ledger/missed?from=2020-01-01T00:00:00Z&to=2020-01-01T00:30:00Z").status == 422);
    stand().run("update slot_ledger set expected = 6, executed = 0 where region = 'us'");
    const auto all = stand().viewer().get("/v1/ledger/missed?limit=1").json();
    REQUIRE(all["items"].size() == 1);
    CHECK(all["items"][0]["monitor_name"] == "a");
    Json walked = Json::array();
    for (std::string next = "/v1/ledger/missed?limit=1"; !next.empty();) {
        const auto page = stand().viewer().get(next);
        const auto document = page.json();
        for (const auto& item : document["items"]) walked.push_back(item);
        const auto link = page.header("link");
        next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    REQUIRE(walked.size() == 4);  // a and c in us, b in both
    CHECK(walked[3]["monitor_name"] == "c");
    CHECK(walked[3]["missed"] == 1);  // of its two slots in that minute the one whose turn us has
}

TEST_CASE("the ledger tells what is final, and what came after that; hours add minutes up") {
    stand().run("truncate slot_ledger, slot_minute, slot_hour");
    stand().run(R"(insert into slot_ledger (minute, region, writer, expected, executed)
                   select date_trunc('hour', now()) - interval '2 hours' + n * interval '1 minute', 'eu', 'w', 10, 9 from generate_series(0, 1) n)");
    stand().run("insert into slot_minute (minute, region, expected, executed, late, skipped, missed) select date_trunc('hour', now()) - interval '2 hours', 'eu', 10, 7, 1, 0, 3");
    const auto minutes = stand().viewer().get("/v1/ledger?region=eu").json()["items"];
    REQUIRE(minutes.size() == 2);
    CHECK(minutes[0]["final"] == false);
    CHECK(minutes[0]["missed"] == 1);
    CHECK(minutes[1]["final"] == true);
    CHECK(minutes[1]["missed"] == 3);
    CHECK(minutes[1]["executed"] == 7);
    CHECK(minutes[1]["recovered"] == 2);
    const auto hours = stand().viewer().get("/v1/ledger?region=eu&resolution=hour").json()["items"];
    REQUIRE(hours.size() == 1);
    CHECK(hours[0]["expected"] == 20);
    CHECK(hours[0]["missed"] == 4);
    CHECK(hours[0]["recovered"] == 2);
    CHECK(hours[0]["final"] == false);
    stand().run("truncate slot_ledger, slot_minute");
}

}  // namespace api_history_test
