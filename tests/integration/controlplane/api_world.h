// One thing of every sort that belongs to a site, for tests of who may see it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"

namespace sonde::test {

// Names of all of it begin with `mark`.
struct World {
    std::string mark, site, monitor, heartbeat, group, dependency, window, incident, advisory;

    explicit World(std::string given, const std::vector<std::string>& tags = {}) : mark(std::move(given)) {
        const auto& api = stand().admin();
        const auto made = [&](const std::string& path, const Json& body) {
            const auto answer = api.post(path, body);
            REQUIRE_MESSAGE(answer.status == 201, answer.body);
            return answer.json()["id"].get<std::string>();
        };
        site = made("/v1/sites", {{"name", mark + " site"}, {"tags", tags}});
        monitor = made("/v1/monitors", {{"site_id", site}, {"name", mark + " monitor"}, {"spec", {{"url", "https://example.com/" + mark}}}});
        heartbeat = made("/v1/monitors", {{"site_id", site}, {"kind", "heartbeat"}, {"name", mark + " job"}, {"spec", {{"schedule", "0 2 * * *"}}}});
        group = made("/v1/groups", {{"site_id", site}, {"name", mark + " group"}, {"needed", 1}, {"members", {monitor}}});
        dependency = made("/v1/dependencies", {{"child", {{"kind", "monitor"}, {"id", heartbeat}}}, {"parent", {{"kind", "monitor"}, {"id", monitor}}}, {"note", mark}});
        window = made("/v1/maintenance", {{"title", mark + " window"}, {"starts_at", to_rfc3339(wall_now() - std::chrono::minutes{5})},
                                          {"ends_at", to_rfc3339(wall_now() + std::chrono::hours{1})}, {"targets", {{"sites", {site}}}}});
        const auto site_id = *SiteId::parse(site);
        const auto monitor_id = *MonitorId::parse(monitor);
        const auto incident_id = new_id<IncidentId>();
        const auto advisory_id = new_id<AdvisoryId>();
        stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at)
                       values ($1, $2, $3, 'outage', 'open', 'critical', $4, now(), now()))", {incident_id, site_id, shard_of(site_id), mark + " is down"});
        stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause) values ($1, $2, now(), 'reset')", {incident_id, monitor_id});
        stand().run("insert into incident_event (incident_id, seq, at, kind, actor, monitor_id, reason) values ($1, 1, now(), 'opened', 'engine', $2, 'quorum_down')",
                    {incident_id, monitor_id});
        stand().run("insert into advisory (id, site_id, monitor_id, regions, cause, opened_at) values ($1, $2, $3, '{eu}', 'reset', now())",
                    {advisory_id, site_id, monitor_id});
        stand().run(R"(insert into suppression (monitor_id, site_id, scope, cover, source_id, since) values ($1, $2, 'outage', 'maintenance', $3, now()))",
                    {monitor_id, site_id, id_text::decode("mnt", window).value()});
        incident = incident_id.text();
        advisory = advisory_id.text();
    }

    // The pattern with this world's identifiers in it; those of roles, channels and clients name nothing.
    [[nodiscard]] std::string path(std::string_view pattern) const {
        const std::pair<std::string_view, std::string> values[] = {
            {"{site_id}", site}, {"{monitor_id}", monitor}, {"{group_id}", group}, {"{dependency_id}", dependency}, {"{window_id}", window},
            {"{incident_id}", incident}, {"{advisory_id}", advisory}, {"{region}", "eu"}, {"{number}", "1"}};
        std::string path(pattern);
        for (const auto& [parameter, value] : values) {
            if (const auto at = path.find(parameter); at != std::string::npos) path.replace(at, parameter.size(), value);
        }
        while (path.find('{') != std::string::npos) path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "nothing");
        return path;
    }
    [[nodiscard]] std::vector<std::string> ids() const { return {site, monitor, heartbeat, group, dependency, window, incident, advisory}; }
};

}  // namespace sonde::test
