// A site with monitors whose past is made up, for tests of status pages.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"

namespace sonde::test {

struct Shop {
    std::string site;
    std::vector<std::string> monitors;

    explicit Shop(const std::string& name, const std::vector<std::string>& monitor_names = {"home", "basket"}) : site(stand().make_site(name)) {
        for (const auto& monitor : monitor_names) {
            monitors.push_back(stand().make_monitor(site, monitor));
            stand().run("update monitor set created_at = now() - interval '200 days' where id = $1", {id(monitors.size() - 1)});
            edge(monitors.size() - 1, 100 * 24 * 60, "up");
        }
    }

    [[nodiscard]] MonitorId id(std::size_t monitor) const { return *MonitorId::parse(monitors.at(monitor)); }
    [[nodiscard]] SiteId site_id() const { return *SiteId::parse(site); }

    // Since so many minutes.
    void edge(std::size_t monitor, int ago, const std::string& state) const {
        stand().run("insert into state_edge values ($1, now() - $2 * interval '1 minute', $3)", {id(monitor), ago, state});
    }
    // Opened so many minutes ago; resolved so many minutes ago, or not if it is none.
    [[nodiscard]] IncidentId incident(const std::string& title, int ago, std::optional<int> resolved_ago, const std::vector<std::size_t>& about, const std::string& scope = "outage") const {
        const auto incident = new_id<IncidentId>();
        stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, worst_severity, title, failing_since, opened_at, resolved_at)
                       values ($1, $2, $3, $4, $5, 'major', 'critical', $6, now() - $7 * interval '1 minute', now() - $7 * interval '1 minute', now() - $8 * interval '1 minute'))",
                    {incident, site_id(), shard_of(site_id()), scope, resolved_ago ? "resolved" : "open", title, ago, resolved_ago});
        for (const auto monitor : about) {
            stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause) values ($1, $2, now(), 'reset')", {incident, id(monitor)});
        }
        return incident;
    }
    void tell(IncidentId incident, int number, const std::string& status, const std::string& text) const {
        stand().run("insert into incident_update (incident_id, number, status, body, author, at) values ($1, $2, $3, $4, 'somebody', now())", {incident, number, status, text});
    }
    // Ten checks of 100 ms in every region, two hours ago.
    void checks(std::size_t monitor) const {
        stand().run(R"(select make_partition('rollup_hour', 'rollup_hour_' || to_char(t, 'YYYYMM'), t::text, (t + interval '1 month')::text)
                       from (select date_trunc('month', now() - interval '2 hours') as t) x where to_regclass('rollup_hour_' || to_char(t, 'YYYYMM')) is null)");
        stand().run(R"(insert into rollup_hour (hour, monitor_id, region_id, up, degraded, down, unknown, confirmations, min_us, max_us, sum_us, latencies)
                       select date_trunc('hour', now()) - interval '2 hours', $1, g.id, 10, 0, 0, 0, 0, 100000, 100000, 1000000, array[latency_bucket(100000) * 1048576 + 10]
                       from region g)", {id(monitor)});
    }
    // As the engine does when it writes.
    void news(const std::string& kind, std::optional<IncidentId> incident = {}) const {
        stand().run("insert into outbox (id, at, kind, site_id, incident_id, seq, payload) values ($1, now(), $2, $3, $4, null, '{}')", {new_id<EventId>(), kind, site_id(), incident});
        stand().run("select pg_notify('sonde_outbox', '')");
    }

    // A component for each monitor: `home`, `basket`.
    [[nodiscard]] Json page(const std::string& slug) const {
        Json components = Json::array();
        for (std::size_t i = 0; i < monitors.size(); ++i) {
            components.push_back({{"id", fmt::format("part-{}", i)}, {"name", fmt::format("Part {}", i)}, {"monitors", {monitors[i]}}});
        }
        return {{"slug", slug}, {"title", "Public " + slug}, {"groups", {{{"name", "All"}, {"components", components}}}}};
    }
};

}  // namespace sonde::test
