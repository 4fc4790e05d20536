#include "incident-engine/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "incident-engine/relations_store.h"

namespace sonde::engine::store {
namespace {

using Ids = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using MaybeTexts = std::vector<std::optional<std::string>>;
using Times = std::vector<TimePoint>;

constexpr db::Statement kStates{"monitor_state_put", R"sql(
insert into monitor_state (monitor_id, state, since, core)
select id, state, to_timestamp(since / 1000.0::float8), core
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[]) as new (id, state, since, core)
on conflict (monitor_id) do update set state = excluded.state, since = excluded.since, core = excluded.core)sql"};

constexpr db::Statement kForget{"monitor_state_forget", "delete from monitor_state where monitor_id = any($1::bigint[])"};

constexpr db::Statement kDecisions{"decision_add", R"sql(
insert into decision (monitor_id, at, slot, kind, from_state, to_state, reason, incident_id, votes)
select monitor_id, $1::timestamptz, slot, kind, from_state, to_state, reason, incident_id, votes
from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::jsonb[])
     with ordinality as new (monitor_id, slot, kind, from_state, to_state, reason, incident_id, votes, place)
order by place)sql"};

constexpr db::Statement kTimeline{"incident_event_add", R"sql(
insert into incident_event (incident_id, seq, at, kind, actor, monitor_id, reason, data)
select incident_id, seq, $1::timestamptz, kind, actor, monitor_id, reason, data
from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::jsonb[])
     as new (incident_id, seq, kind, actor, monitor_id, reason, data))sql"};

constexpr db::Statement kAdvisory{"advisory_put", R"sql(
insert into advisory (id, site_id, monitor_id, regions, cause, opened_at, closed_at, reason, flapping_since)
select id, site_id, monitor_id, string_to_array(regions, ','), cause, opened_at, closed_at, reason, flapping_since
from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::timestamptz[])
     with ordinality as new (id, site_id, monitor_id, regions, cause, opened_at, closed_at, reason, flapping_since, place)
order by place
on conflict (id) do update set regions = excluded.regions, closed_at = excluded.closed_at, reason = excluded.reason, flapping_since = excluded.flapping_since
returning id, muted_at is not null)sql"};

constexpr db::Statement kEvents{"outbox_add", R"sql(
insert into outbox (id, at, kind, site_id, incident_id, seq, payload)
select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::jsonb[]))sql"};

constexpr db::Statement kNotify{"outbox_notify", "select pg_notify('sonde_outbox', '')"};

constexpr db::Statement kAnswers{"incident_command_done", R"sql(
update incident_command c set done_at = clock_timestamp(), outcome = a.outcome, refusal = nullif(a.refusal, 'none')
from unnest($1::bigint[], $2::text[], $3::text[]) as a (id, outcome, refusal) where c.id = a.id and c.done_at is null)sql"};

// Absent numbers and instants travel as text, which arrays of those types take.
std::optional<std::string> maybe_number(std::optional<std::int64_t> value) {
    return value ? std::optional(std::to_string(*value)) : std::nullopt;
}
std::optional<std::string> maybe_time(const std::optional<TimePoint>& at) {
    return at ? std::optional(to_rfc3339(*at)) : std::nullopt;
}
void write_states(db::Tx& tx, const Writes& writes) {
    if (!writes.forgotten.empty()) {
        Ids gone;
        for (const auto monitor : writes.forgotten) gone.push_back(monitor.value());
        tx.run(kForget, {gone});
    }
    if (writes.states.empty()) return;
    const auto n = writes.states.size();
    Ids ids, since;
    Texts shown, cores;
    ids.reserve(n);
    since.reserve(n);
    shown.reserve(n);
    cores.reserve(n);
    for (const auto& [monitor, state] : writes.states) {
        ids.push_back(monitor.value());
        shown.emplace_back(name_of(state.shown()));
        since.push_back(to_unix_ms(state.since));
        cores.push_back(decision::write_state(state));
    }
    tx.run(kStates, {ids, shown, since, cores});
}

void write_decisions(db::Tx& tx, const Writes& writes, TimePoint now) {
    if (writes.decisions.empty()) return;
    Ids monitors;
    MaybeTexts slots, incidents;
    Texts kinds, from, to, reasons, votes;
    for (const auto& row : writes.decisions) {
        monitors.push_back(row.monitor.value());
        slots.push_back(maybe_time(row.note.slot));
        kinds.emplace_back(name_of(row.note.kind));
        from.emplace_back(name_of(row.note.from));
        to.emplace_back(name_of(row.note.to));
        reasons.emplace_back(name_of(row.note.reason));
        incidents.push_back(row.incident ? maybe_number(row.incident->value()) : std::nullopt);
        votes.push_back(row.votes);
    }
    tx.run(kDecisions, {now, monitors, slots, kinds, from, to, reasons, incidents, votes});
}

void write_timeline(db::Tx& tx, const Writes& writes, TimePoint now) {
    if (writes.timeline.empty()) return;
    Ids incidents, seqs;
    MaybeTexts monitors;
    Texts kinds, actors, reasons, data;
    for (const auto& row : writes.timeline) {
        incidents.push_back(row.incident.value());
        seqs.push_back(row.entry.seq);
        kinds.emplace_back(name_of(row.entry.kind));
        actors.push_back(row.entry.actor);
        monitors.push_back(row.entry.monitor ? maybe_number(row.entry.monitor->value()) : std::nullopt);
        reasons.emplace_back(name_of(row.entry.reason));
        data.push_back(row.data);
    }
    tx.run(kTimeline, {now, incidents, seqs, kinds, actors, monitors, reasons, data});
}

// Returns those that are muted.
std::vector<AdvisoryId> write_advisories(db::Tx& tx, const Writes& writes, TimePoint now) {
    std::vector<AdvisoryId> muted;
    if (writes.advisories.empty()) return muted;
    // The last word on each, in the order of their first: a monitor's old advisory is closed before its new one opens.
    std::vector<const AdvisoryRow*> rows;
    std::unordered_map<AdvisoryId, std::size_t> places;
    for (const auto& row : writes.advisories) {
        const auto [place, is_new] = places.try_emplace(row.advisory.id, rows.size());
        if (is_new) {
            rows.push_back(&row);
        } else {
            rows[place->second] = &row;
        }
    }
    Ids ids, sites, monitors;
    Texts regions, causes, reasons;
    Times opened;
    MaybeTexts closed, flapping;
    for (const auto* row : rows) {
        ids.push_back(row->advisory.id.value());
        sites.push_back(row->site.value());
        monitors.push_back(row->monitor.value());
        regions.push_back(fmt::format("{}", fmt::join(row->regions, ",")));
        causes.emplace_back(name_of(row->advisory.cause));
        opened.push_back(row->advisory.opened_at);
        closed.push_back(row->closed ? maybe_time(now) : std::nullopt);
        reasons.emplace_back(name_of(row->reason));
        flapping.push_back(maybe_time(row->advisory.flapping_since));
    }
    for (const auto row : tx.run(kAdvisory, {ids, sites, monitors, regions, causes, opened, closed, reasons, flapping})) {
        if (row.boolean(1)) muted.push_back(row.id<AdvisoryId>(0));
    }
    return muted;
}

// What is told of a muted advisory is told to nobody.
std::vector<Event> without(std::span<const Event> events, const std::vector<AdvisoryId>& muted) {
    std::vector<Event> told;
    for (const auto& event : events) {
        const bool is_muted = event.advisory && std::find(muted.begin(), muted.end(), *event.advisory) != muted.end();
        if (!is_muted) told.push_back(event);
    }
    return told;
}

void write_answers(db::Tx& tx, const Writes& writes) {
    if (writes.answers.empty()) return;
    Ids commands;
    Texts outcomes, refusals;
    for (const auto& answer : writes.answers) {
        commands.push_back(answer.command);
        outcomes.emplace_back(name_of(answer.outcome));
        refusals.emplace_back(name_of(answer.refusal));
    }
    tx.run(kAnswers, {commands, outcomes, refusals});
}

}  // namespace

void write_events(db::Tx& tx, std::span<const Event> events) {
    if (events.empty()) return;
    Ids ids;
    Times at;
    Texts kinds, documents;
    MaybeTexts sites, incidents, seqs;
    for (const auto& event : events) {
        ids.push_back(event.id.value());
        at.push_back(event.at);
        kinds.push_back(event.kind);
        sites.push_back(event.site ? maybe_number(event.site->value()) : std::nullopt);
        incidents.push_back(event.incident ? maybe_number(event.incident->value()) : std::nullopt);
        seqs.push_back(maybe_number(event.seq));
        documents.push_back(event.document);
    }
    tx.run(kEvents, {ids, at, kinds, sites, incidents, seqs, documents});
    tx.run(kNotify);
}

void write(db::Tx& tx, const Writes& writes, TimePoint now) {
    write_states(tx, writes);
    write_incidents(tx, writes);
    write_timeline(tx, writes, now);
    write_decisions(tx, writes, now);
    const auto muted = write_advisories(tx, writes, now);
    write_answers(tx, writes);
    relations_store::write(tx, writes, now);
    if (muted.empty()) {
        write_events(tx, writes.events);
    } else {
        write_events(tx, without(writes.events, muted));
    }
}

}  // namespace sonde::engine::store
