#include "controlplane/status_page/incidents.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace sonde::status_page {
namespace {

constexpr int kMostIncidents = 500;
constexpr std::size_t kMostUpdates = 100;  // of one, the newest

// `about`: monitors, and those of groups. None: all of the site.
constexpr db::Statement kIncidents{"status_page_incidents", R"sql(
select i.id, i.state = 'resolved', case when i.state = 'resolved' and not i.severity_pinned then i.worst_severity else i.severity end, i.failing_since, i.resolved_at,
       i.site_id, array(select j.monitor_id from incident_monitor j where j.incident_id = i.id and not j.is_group
                        union select unnest(g.members) from incident_monitor j join monitor_group g on g.id = j.monitor_id where j.incident_id = i.id and j.is_group) as about,
       coalesce(p.body, ''), p.at
from incident i
left join lateral (select body, published, at from incident_postmortem where incident_id = i.id order by version desc limit 1) p on p.published
where i.site_id = any($1::bigint[]) and (i.state <> 'resolved' or i.resolved_at > $2)
      and (i.scope = 'outage' or exists (select from incident_update u where u.incident_id = i.id and u.deleted_at is null))
order by i.state <> 'resolved' desc, i.failing_since desc, i.id desc limit $3)sql"};

constexpr db::Statement kUpdates{"status_page_updates", R"sql(
select incident_id, number, at, status, body from incident_update
where incident_id = any($1::bigint[]) and deleted_at is null order by incident_id, number desc)sql"};

Impact impact_of(std::string_view severity) {
    return severity == "critical" ? Impact::critical : severity == "major" ? Impact::major : Impact::minor;
}

std::vector<std::int64_t> sites_of(const Cast& cast) {
    std::set<std::int64_t> sites;
    for (const auto& player : cast.players) sites.insert(player.site.value());
    return {sites.begin(), sites.end()};
}

std::vector<std::size_t> components_of(const Cast& cast, SiteId site, const std::vector<std::int64_t>& about) {
    const std::unordered_set<std::int64_t> meant(about.begin(), about.end());
    return cast.components_of([&](const Player& player) { return meant.empty() ? player.site == site : meant.contains(player.member.id.value()); });
}

}  // namespace

Phase phase_of(bool resolved, std::optional<Phase> told) {
    if (resolved) return Phase::resolved;
    return told == Phase::resolved ? Phase::monitoring : told.value_or(Phase::investigating);
}

Incidents read_incidents(db::Tx& tx, const Cast& cast, TimePoint since) {
    std::vector<Incident> all;
    std::vector<std::int64_t> ids;
    std::vector<bool> resolved;
    std::unordered_map<std::int64_t, std::size_t> places;
    for (const auto row : tx.run(kIncidents, {sites_of(cast), since, kMostIncidents})) {
        const auto components = components_of(cast, row.id<SiteId>(5), row.wholes(6));
        if (components.empty()) continue;
        const auto id = row.id<IncidentId>(0);
        places[id.value()] = all.size();
        ids.push_back(id.value());
        resolved.push_back(row.boolean(1));
        all.push_back({.id = id.text(),
                       .title = cast.title_of(components),
                       .impact = impact_of(row.text(2)),
                       .began_at = row.time(3),
                       .resolved_at = row.boolean(1) ? row.maybe(4, &db::Row::time) : std::nullopt,
                       .components = cast.ids_of(components),
                       .updates = {},
                       .postmortem = std::string(row.text(7)),
                       .postmortem_at = row.maybe(8, &db::Row::time)});
    }
    if (all.empty()) return {};
    for (const auto row : tx.run(kUpdates, {ids})) {
        auto& updates = all[places.at(row.whole(0))].updates;
        const auto phase = from_name<Phase>(row.text(3));
        if (phase && updates.size() < kMostUpdates) updates.push_back({row.small(1), row.time(2), *phase, std::string(row.text(4))});
    }
    Incidents incidents;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& updates = all[i].updates;
        all[i].phase = phase_of(resolved[i], updates.empty() ? std::nullopt : std::optional(updates.front().phase));
        (resolved[i] ? incidents.past : incidents.open).push_back(std::move(all[i]));
    }
    std::stable_sort(incidents.past.begin(), incidents.past.end(), [](const Incident& a, const Incident& b) { return a.resolved_at > b.resolved_at; });
    return incidents;
}

}  // namespace sonde::status_page
