#include "controlplane/drill/store.h"

#include "lib/check/spec.h"

namespace sonde::drill {
namespace {

constexpr db::Statement kWaiting{"drill_waiting", R"sql(
select d.id, d.schedule, d.time_zone, greatest(d.updated_at, (select max(r.asked_at) from drill_run r where r.drill_id = d.id))
from drill d
where d.enabled and not exists (select from drill_run r where r.drill_id = d.id and r.state in ('asked', 'running')))sql"};

constexpr db::Statement kAsk{"drill_ask", R"sql(
insert into drill_run (id, drill_id, state) values ($1, $2, 'asked')
on conflict (drill_id) where state in ('asked', 'running') do nothing)sql"};

constexpr db::Statement kOpen{"drill_open", R"sql(
select r.id, d.id, d.name, d.monitor_id, d.channel_id, d.within_ms, r.state = 'running', coalesce(r.began_at, now()), coalesce(r.fails_until, now())
from drill_run r join drill d on d.id = r.drill_id
where r.state in ('asked', 'running') order by r.id for update of r skip locked)sql"};

constexpr db::Statement kFail{"drill_make_fail", R"sql(
update monitor m set spec = $2::jsonb, job_spec = $3, version = m.version + 1, updated_at = now()
from site s
where m.id = $1 and m.kind = 'drill' and m.deleted_at is null and m.enabled and not m.paused and s.id = m.site_id and s.active and s.deleted_at is null)sql"};
constexpr db::Statement kNow{"drill_now", "select now()"};
constexpr db::Statement kBegin{"drill_begin", "update drill_run set state = 'running', began_at = $2, fails_until = $3 where id = $1"};

// Of what failed, the first; of the deliveries, the one that tells the channel of the incident.
constexpr db::Statement kLook{"drill_look", R"sql(
select (select min(r.received_at) from result r where r.monitor_id = $1 and r.slot >= $3 - interval '1 minute' and r.started_at >= $3 - interval '1 minute' and r.verdict = 2),
       j.joined_at, j.incident_id, d.created_at, d.state, case when d.state = 'sent' then d.done_at end, now()
from (select 1) one
left join lateral (select incident_id, joined_at from incident_monitor where monitor_id = $1 and joined_at >= $3 order by joined_at limit 1) j on true
left join lateral (select created_at, state, done_at from delivery
                   where incident_id = j.incident_id and channel_id = $2 and created_at >= $3 and (opens or event_kind in ('incident.opened', 'incident.reopened'))
                   order by seq limit 1) d on true)sql"};

constexpr db::Statement kKeep{"drill_keep", R"sql(
update drill_run set failed_check_at = $2, opened_at = $3, planned_at = $4, told_at = $5, incident_id = $6, state = $7, reason = $8,
       ended_at = case when $7 <> 'running' then now() end
where id = $1)sql"};

constexpr db::Statement kTell{"drill_tell", "insert into outbox (id, at, kind, payload) values ($1, $2, $3, $4::jsonb)"};
constexpr db::Statement kNotify{"drill_notify", "select pg_notify('sonde_outbox', '')"};

std::optional<TimePoint> instant(const db::Row& row, int column) { return row.is_null(column) ? std::nullopt : std::optional(row.time(column)); }

}  // namespace

std::vector<Waiting> waiting(db::Tx& tx) {
    std::vector<Waiting> all;
    for (const auto row : tx.run(kWaiting)) all.push_back({row.id<DrillId>(0), std::string(row.text(1)), std::string(row.text(2)), row.time(3)});
    return all;
}

bool ask(db::Tx& tx, DrillId drill) { return tx.run(kAsk, {new_id<DrillRunId>(), drill}).affected() == 1; }

std::vector<Open> open(db::Tx& tx) {
    std::vector<Open> all;
    for (const auto row : tx.run(kOpen)) {
        all.push_back({row.id<DrillRunId>(0), row.id<DrillId>(1), std::string(row.text(2)), row.id<MonitorId>(3), row.id<ChannelId>(4), milliseconds{row.whole(5)},
                       row.boolean(6), row.time(7), row.time(8)});
    }
    return all;
}

bool begin(db::Tx& tx, const Open& run) {
    const auto now = tx.run(kNow)[0].time(0);
    const check::Spec spec = check::DrillSpec{now + run.within};
    const auto whole = json::dump(check::write_spec(spec));
    if (tx.run(kFail, {run.monitor, whole, json::dump(check::write_brief_spec(spec))}).affected() == 0) return false;
    tx.run(kBegin, {run.id, now, now + run.within});
    return true;
}

Seen look(db::Tx& tx, const Open& run) {
    const auto rows = tx.run(kLook, {run.monitor, run.channel, run.began_at});
    const auto row = rows[0];
    Seen seen{{instant(row, 0), instant(row, 1), instant(row, 3), instant(row, 5), row.is_null(4) ? "" : std::string(row.text(4))}, {}, row.time(6)};
    if (!row.is_null(2)) seen.incident = row.id<IncidentId>(2);
    return seen;
}

Json failed_event(EventId id, TimePoint at, const Open& run, Reason reason, const Seen& seen) {
    Json document{{"v", 1}, {"id", id.text()}, {"kind", "drill.failed"}, {"at", to_rfc3339(at)}, {"actor", "controlplane"}, {"reason", name_of(reason)}};
    document["drill"] = {{"id", run.drill.text()}, {"name", run.name}, {"run_id", run.id.text()}, {"channel_id", run.channel.text()}, {"began_at", to_rfc3339(run.began_at)},
                         {"detail", in_words(reason)}};
    if (seen.incident) document["drill"]["incident_id"] = seen.incident->text();
    return document;
}

void keep(db::Tx& tx, const Open& run, const Seen& seen, const Outcome& outcome) {
    const auto& reached = seen.progress;
    tx.run(kKeep, {run.id, reached.failed_check_at, reached.opened_at, reached.planned_at, reached.told_at, seen.incident, name_of(outcome.state), name_of(outcome.reason)});
    if (outcome.state != RunState::failed) return;
    const auto id = new_id<EventId>();
    const auto at = wall_now();
    tx.run(kTell, {id, at, "drill.failed", json::dump(failed_event(id, at, run, outcome.reason, seen))});
    tx.run(kNotify);
}

}  // namespace sonde::drill
