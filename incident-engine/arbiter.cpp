#include "incident-engine/arbiter.h"

#include <fmt/format.h>

#include <algorithm>

#include "incident-engine/store.h"
#include "lib/base/shard.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;
using decision::Evidence;
using decision::Health;
using decision::RegionCase;

constexpr milliseconds kPatience{3000};  // for the engines that have not reported
constexpr int kCommandsAtOnce = 100;

constexpr db::Statement kReports{"region_reports", R"sql(
select region_id, shards, alone, well, ill, healthy, anchors, anchors_failing from region_report
where at > now() - interval '4 seconds' order by region_id)sql"};

constexpr db::Statement kCase{"region_health_lock", R"sql(
select r.name, h.health, h.ground, h.since, h.doubtful_since, h.well_since, h.spared_until
from region r left join region_health h on h.region_id = r.id where r.id = $1 for no key update of r)sql"};

constexpr db::Statement kPutHealth{"region_health_put", R"sql(
insert into region_health (region_id, health, ground, actor, comment, since, doubtful_since, well_since, spared_until, evidence)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (region_id) do update
set health = excluded.health, ground = excluded.ground, actor = excluded.actor, comment = excluded.comment, since = excluded.since,
    doubtful_since = excluded.doubtful_since, well_since = excluded.well_since, spared_until = excluded.spared_until, evidence = excluded.evidence)sql"};

constexpr db::Statement kWell{"region_health_well", "update region_health set well_since = $2 where region_id = $1"};
constexpr db::Statement kOld{"region_report_old", "delete from region_report where at < now() - interval '1 minute'"};
constexpr db::Statement kIll{"region_health_count", "select count(*) from region_health where health = 'quarantined'"};

constexpr db::Statement kCommands{"voting_command_open", R"sql(
select id, subject, subject_id, action, actor, comment from voting_command where done_at is null order by id limit $1 for update)sql"};
constexpr db::Statement kAnswer{"voting_command_done", "update voting_command set done_at = clock_timestamp(), outcome = $2 where id = $1"};

constexpr db::Statement kAdvisory{"advisory_lock", R"sql(
select a.site_id, s.name, a.monitor_id, coalesce(m.name, ''), a.regions, a.cause, a.opened_at, a.closed_at, a.acknowledged_at, a.muted_at,
       coalesce(m.tags, '{}') || s.tags
from advisory a join site s on s.id = a.site_id left join monitor m on m.id = a.monitor_id where a.id = $1 for update of a)sql"};
constexpr db::Statement kAcknowledge{"advisory_acknowledge", R"sql(
update advisory set acknowledged_at = coalesce(acknowledged_at, $2), acknowledged_by = coalesce(acknowledged_by, $3), comment = $4 where id = $1)sql"};
constexpr db::Statement kMute{"advisory_mute", R"sql(
update advisory set muted_at = $2, muted_by = $3, acknowledged_at = coalesce(acknowledged_at, $2), acknowledged_by = coalesce(acknowledged_by, $3),
                    comment = $4 where id = $1)sql"};

struct Reports {
    Evidence evidence;
    int shards = 0;
};

void read_counts(const std::vector<std::int64_t>& from, std::array<int, decision::kLookBacks>& to) {
    for (std::size_t k = 0; k < to.size() && k < from.size(); ++k) to[k] = static_cast<int>(from[k]);
}

std::map<int, Reports> read_reports(db::Tx& tx) {
    std::map<int, Reports> reports;
    for (const auto row : tx.run(kReports)) {
        Evidence evidence;
        read_counts(row.wholes(2), evidence.alone);
        read_counts(row.wholes(3), evidence.well);
        evidence.ill = row.small(4);
        evidence.healthy = row.small(5);
        evidence.anchors = row.small(6);
        evidence.anchors_failing = row.small(7);
        auto& sum = reports[row.small(0)];
        sum.evidence += evidence;
        sum.shards += row.small(1);
    }
    return reports;
}

RegionCase case_of(const db::Row& row) {
    RegionCase region;
    if (row.is_null(1)) return region;
    region.health = from_name<Health>(row.text(1)).value_or(Health::voting);
    region.ground = from_name<decision::Ground>(row.text(2)).value_or(decision::Ground::none);
    region.since = row.time(3);
    region.doubtful_since = row.time(4);
    region.well_since = row.maybe(5, &db::Row::time);
    if (!row.is_null(6)) region.spared_until = row.time(6);
    return region;
}

// The numbers it was decided by, for people: of the look back in which most sites failed alone.
Json numbers(const Evidence& evidence, const decision::ArbitrationSettings& settings) {
    std::size_t best = 0;
    const auto share = [&](std::size_t k) { return evidence.alone[k] / std::max(1.0, static_cast<double>(evidence.alone[k] + evidence.well[k])); };
    for (std::size_t k = 1; k < evidence.alone.size(); ++k) {
        const bool enough = evidence.alone[best] >= settings.min_sites;
        if (!enough || share(k) > share(best)) best = k;
    }
    Json document;
    document["sites_alone"] = evidence.alone[best];
    document["sites_well"] = evidence.well[best];
    document["look_back_ms"] = decision::look_back(settings, static_cast<int>(best)).count();
    document["anchors"] = evidence.anchors;
    document["anchors_failing"] = evidence.anchors_failing;
    return document;
}

struct Edge {
    int region = 0;
    std::string name;
    RegionCase next;
    std::string actor = "engine";
    std::string comment;
    Json numbers = Json::object();
};

Event event_of(const Edge& edge, TimePoint now) {
    const bool ill = edge.next.health == Health::quarantined;
    Json judged;
    judged["name"] = edge.name;
    judged["health"] = name_of(edge.next.health);
    judged["since"] = to_rfc3339(edge.next.since);
    judged.update(edge.numbers);
    EventParts parts(ill ? "region.quarantined" : "region.released", now, name_of(edge.next.ground));
    parts.actor = edge.actor;
    parts.comment = edge.comment;
    parts.region = edge.name;
    parts.region_since = edge.next.since;
    parts.judgement = &judged;
    return make_event(new_id<EventId>(), parts);
}

Event put(db::Tx& tx, const Edge& edge, TimePoint now) {
    const auto& next = edge.next;
    const auto spared = next.spared_until == TimePoint{} ? std::optional<TimePoint>{} : std::optional(next.spared_until);
    tx.run(kPutHealth, {edge.region, name_of(next.health), name_of(next.ground), edge.actor, edge.comment, next.since, next.doubtful_since, next.well_since,
                  spared, json::dump(edge.numbers)});
    log::warning(next.health == Health::quarantined ? "region_quarantined" : "region_released", "region", edge.name, "why", name_of(next.ground),
                 "actor", edge.actor, "numbers", json::dump(edge.numbers));
    return event_of(edge, now);
}

// What a person asked for of a region. The event if it made a difference.
std::optional<Event> command_region(db::Tx& tx, const db::Row& command, const decision::ArbitrationSettings& settings, TimePoint now, std::string& outcome) {
    const auto region = static_cast<int>(command.whole(2));
    const auto rows = tx.run(kCase, {region});
    if (rows.empty()) {
        outcome = "not_found";
        return std::nullopt;
    }
    const auto before = case_of(rows[0]);
    const bool quarantines = command.text(3) == "quarantine";
    const bool ill = before.health == Health::quarantined;
    if (quarantines ? ill && before.ground == decision::Ground::by_request : !ill) {
        outcome = "unchanged";
        return std::nullopt;
    }
    Edge edge{region, std::string(rows[0].text(0)), {}, std::string(command.text(4)), std::string(command.text(5)), Json::object()};
    edge.next = quarantines ? decision::quarantine_by_hand(before, settings, now) : decision::release_by_hand(before, settings, now);
    return put(tx, edge, now);
}

std::optional<Event> command_advisory(db::Tx& tx, const db::Row& command, TimePoint now, std::string& outcome) {
    const AdvisoryId id{command.whole(2)};
    const auto rows = tx.run(kAdvisory, {id});
    const bool mutes = command.text(3) == "mute";
    outcome = rows.empty() ? "not_found" : !rows[0].is_null(7) ? "conflict" : !rows[0].is_null(mutes ? 9 : 8) ? "unchanged" : "done";
    if (outcome != "done") return std::nullopt;
    const auto row = rows[0];
    tx.run(mutes ? kMute : kAcknowledge, {id, now, command.text(4), command.text(5)});
    decision::Definition monitor;
    monitor.monitor = row.id<MonitorId>(2);
    monitor.name = row.text(3);
    monitor.tags = row.texts(10);
    const decision::Advisory advisory{id, {}, from_name<check::FailureClass>(row.text(5)).value_or(check::FailureClass::none), row.time(6)};
    EventParts parts(mutes ? "advisory.muted" : "advisory.acknowledged", now, "by_request");
    const std::string actor(command.text(4));
    const std::string comment(command.text(5));
    parts.actor = actor;
    parts.comment = comment;
    parts.site = row.id<SiteId>(0);
    parts.site_name = row.text(1);
    parts.monitor = &monitor;
    parts.advisory = &advisory;
    parts.advisory_regions = row.texts(4);
    return make_event(new_id<EventId>(), parts);
}

}  // namespace

bool Arbiter::step(const std::function<void(db::Tx&)>& fence) {
    return pool_.transact([&](db::Tx& tx) {
        const auto reports = read_reports(tx);
        std::erase_if(waiting_since_, [&](const auto& entry) { return reports.find(entry.first) == reports.end(); });
        if (reports.empty()) return false;
        const auto now = wall_now();
        std::vector<Event> events;
        bool fenced = false;
        for (const auto& [region, report] : reports) {
            // More than all: one has just taken shards over, and the other's report of them is not old enough yet.
            if (report.shards > kShards) continue;
            if (report.shards == kShards) {
                waiting_since_.erase(region);
            } else if (Clock::now() - waiting_since_.try_emplace(region, Clock::now()).first->second < kPatience) {
                continue;
            }
            const auto rows = tx.run(kCase, {region});
            if (rows.empty()) continue;
            const auto before = case_of(rows[0]);
            Edge edge{region, std::string(rows[0].text(0)), decision::arbitrate(before, report.evidence, settings_, now), "engine", {}, {}};
            if (edge.next == before) continue;
            if (!std::exchange(fenced, true)) fence(tx);
            if (edge.next.health == before.health) {
                tx.run(kWell, {region, edge.next.well_since});
                continue;
            }
            edge.numbers = numbers(report.evidence, settings_);
            events.push_back(put(tx, edge, now));
        }
        if (!events.empty()) tx.run(kOld);
        store::write_events(tx, events);
        metrics_.regions_quarantined.set(static_cast<double>(tx.run(kIll)[0].whole(0)));
        return !events.empty();
    });
}

bool Arbiter::answer(const std::function<void(db::Tx&)>& fence) {
    return pool_.transact([&](db::Tx& tx) {
        const auto commands = tx.run(kCommands, {kCommandsAtOnce});
        if (commands.empty()) return false;
        fence(tx);
        const auto now = wall_now();
        std::vector<Event> events;
        for (const auto command : commands) {
            std::string outcome = "done";
            auto event = command.text(1) == "region" ? command_region(tx, command, settings_, now, outcome) : command_advisory(tx, command, now, outcome);
            if (event) events.push_back(*std::move(event));
            tx.run(kAnswer, {command.whole(0), outcome});
            log::info("voting_command_answered", "command", command.whole(0), "action", command.text(3), "actor", command.text(4), "outcome", outcome);
        }
        store::write_events(tx, events);
        metrics_.regions_quarantined.set(static_cast<double>(tx.run(kIll)[0].whole(0)));
        return !events.empty();
    });
}

}  // namespace sonde::engine
