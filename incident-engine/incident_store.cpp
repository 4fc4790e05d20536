// Incidents with all that belongs to them, as the engine writes them.
#include <fmt/format.h>

#include "incident-engine/store.h"
#include "lib/base/shard.h"

namespace sonde::engine::store {
namespace {

using Ids = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using MaybeTexts = std::vector<std::optional<std::string>>;
using Times = std::vector<TimePoint>;

constexpr db::Statement kIncidents{"incident_put", R"sql(
insert into incident (id, site_id, shard, scope, state, severity, title, seq, failing_since, opened_at, acknowledged_at, acknowledged_by,
                      resolved_at, resolved_by, version, worst_severity, severity_pinned, opened_by, auto_resolve, assigned_to, reopened_at,
                      reopened, affected_monitors, affected_sites)
select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                     $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::timestamptz[], $14::text[], $15::integer[],
                     $16::text[], $17::boolean[], $18::text[], $19::boolean[], $20::text[], $21::timestamptz[], $22::integer[],
                     $23::integer[], $24::integer[])
on conflict (id) do update
set state = excluded.state, severity = excluded.severity, title = excluded.title, seq = excluded.seq,
    acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by,
    resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by, version = excluded.version,
    worst_severity = excluded.worst_severity, severity_pinned = excluded.severity_pinned, auto_resolve = excluded.auto_resolve,
    assigned_to = excluded.assigned_to, reopened_at = excluded.reopened_at, reopened = excluded.reopened,
    affected_monitors = excluded.affected_monitors, affected_sites = excluded.affected_sites)sql"};

// Lists travel as text: an array of arrays must be rectangular.
constexpr db::Statement kMembers{"incident_monitor_put", R"sql(
insert into incident_monitor (incident_id, monitor_id, joined_at, left_at, cause, severity, regions, named, told_cause, told_at, cause_changes,
                              is_group)
select incident_id, monitor_id, joined_at, left_at, cause, severity, string_to_array(regions, ','), named, told_cause, told_at, cause_changes, is_group
from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::boolean[],
            $9::text[], $10::timestamptz[], $11::integer[], $12::boolean[])
     as new (incident_id, monitor_id, joined_at, left_at, cause, severity, regions, named, told_cause, told_at, cause_changes, is_group)
on conflict (incident_id, monitor_id) do update
set joined_at = excluded.joined_at, left_at = excluded.left_at, cause = excluded.cause, severity = excluded.severity,
    regions = excluded.regions, named = excluded.named, told_cause = excluded.told_cause, told_at = excluded.told_at,
    cause_changes = excluded.cause_changes)sql"};

constexpr db::Statement kUpdates{"incident_update_put", R"sql(
insert into incident_update (incident_id, number, status, body, author, at, edited_at, deleted_at)
select * from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
on conflict (incident_id, number) do update
set status = excluded.status, body = excluded.body, edited_at = excluded.edited_at, deleted_at = excluded.deleted_at)sql"};

constexpr db::Statement kPostmortem{"incident_postmortem_add", R"sql(
insert into incident_postmortem (incident_id, version, body, root_cause, published, author, at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing)sql"};

std::optional<std::string> maybe_time(const std::optional<TimePoint>& at) { return at ? std::optional(to_rfc3339(*at)) : std::nullopt; }
std::optional<std::string> maybe_text(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

void write_members(db::Tx& tx, const Writes& writes) {
    Ids incidents, monitors;
    Times joined, told_at;
    MaybeTexts left;
    Texts causes, severities, regions, told_causes;
    std::vector<bool> named, is_group;
    std::vector<int> changes;
    for (const auto& [id, incident] : writes.incidents) {
        for (const auto& member : incident.members) {
            incidents.push_back(id.value());
            monitors.push_back(member.monitor.value());
            joined.push_back(member.joined_at);
            left.push_back(maybe_time(member.left_at));
            causes.emplace_back(name_of(member.cause));
            severities.emplace_back(name_of(member.severity));
            regions.push_back(fmt::format("{}", fmt::join(member.regions, ",")));
            named.push_back(member.named);
            told_causes.emplace_back(name_of(member.told.cause));
            told_at.push_back(member.told.at);
            changes.push_back(member.told.changes);
            is_group.push_back(member.is_group);
        }
    }
    if (incidents.empty()) return;
    tx.run(kMembers, {incidents, monitors, joined, left, causes, severities, regions, named, told_causes, told_at, changes, is_group});
}

void write_updates(db::Tx& tx, const Writes& writes) {
    Ids incidents;
    std::vector<int> numbers;
    Texts statuses, bodies, authors;
    Times at;
    MaybeTexts edited, deleted;
    for (const auto id : writes.updated) {
        for (const auto& update : writes.incidents.at(id).updates) {
            incidents.push_back(id.value());
            numbers.push_back(update.number);
            statuses.emplace_back(name_of(update.status));
            bodies.push_back(update.text);
            authors.push_back(update.author);
            at.push_back(update.at);
            edited.push_back(maybe_time(update.edited_at));
            deleted.push_back(maybe_time(update.deleted_at));
        }
    }
    if (!incidents.empty()) tx.run(kUpdates, {incidents, numbers, statuses, bodies, authors, at, edited, deleted});
}

}  // namespace

void write_incidents(db::Tx& tx, const Writes& writes) {
    if (writes.incidents.empty()) return;
    Ids ids, sites, seqs;
    std::vector<int> shards, versions, reopened, affected_monitors, affected_sites;
    Texts scopes, states, severities, titles, worst, opened_by;
    Times failing, opened;
    std::vector<bool> pinned, auto_resolve;
    MaybeTexts acknowledged_at, acknowledged_by, resolved_at, resolved_by, assigned, reopened_at;
    for (const auto& [id, incident] : writes.incidents) {
        ids.push_back(id.value());
        sites.push_back(incident.site.value());
        shards.push_back(shard_of(incident.site));
        scopes.emplace_back(name_of(incident.scope));
        states.emplace_back(name_of(incident.state));
        severities.emplace_back(name_of(incident.severity));
        titles.push_back(incident.title);
        seqs.push_back(incident.seq);
        failing.push_back(incident.failing_since);
        opened.push_back(incident.opened_at);
        acknowledged_at.push_back(maybe_time(incident.acknowledged_at));
        acknowledged_by.push_back(maybe_text(incident.acknowledged_by));
        resolved_at.push_back(maybe_time(incident.resolved_at));
        resolved_by.push_back(maybe_text(incident.resolved_by));
        versions.push_back(incident.version);
        worst.emplace_back(name_of(incident.worst_severity));
        pinned.push_back(incident.severity_pinned);
        opened_by.push_back(incident.opened_by);
        auto_resolve.push_back(incident.auto_resolve);
        assigned.push_back(maybe_text(incident.assigned_to));
        reopened_at.push_back(maybe_time(incident.reopened_at));
        reopened.push_back(incident.reopened);
        affected_monitors.push_back(incident.affected_monitors);
        affected_sites.push_back(incident.affected_sites);
    }
    tx.run(kIncidents, {ids, sites, shards, scopes, states, severities, titles, seqs, failing, opened, acknowledged_at, acknowledged_by,
                        resolved_at, resolved_by, versions, worst, pinned, opened_by, auto_resolve, assigned, reopened_at, reopened,
                        affected_monitors, affected_sites});
    write_members(tx, writes);
    write_updates(tx, writes);
    for (const auto id : writes.examined) {
        const auto& it = *writes.incidents.at(id).postmortem;
        tx.run(kPostmortem, {id, it.version, it.text, it.root_cause, it.published, it.author, it.at});
    }
}

}  // namespace sonde::engine::store
