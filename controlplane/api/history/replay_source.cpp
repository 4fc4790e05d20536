#include "controlplane/api/history/replay_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/stored.h"
#include "lib/message/subject.h"

namespace sonde::controlplane {
namespace {

constexpr db::Statement kRegions{"replay_regions", "select id, name, failure_domain from region order by id"};

// A cursor takes no parameters; everything put in is a number or an instant. The detail of a good check is not needed, but for pings.
constexpr std::string_view kDeclare = R"(
    declare replay no scroll cursor for
    select received_at, monitor_id, region_id, slot, attempt, started_at, verdict, failure_class, backfilled,
           case when verdict in (1, 2) then detail ->> 'message' end, case when region_id = 0 then detail::text end
    from (select received_at, monitor_id, region_id, slot, attempt, started_at, verdict, failure_class, backfilled, detail
          from result where monitor_id in ({0}) and slot >= '{1}' and slot < '{2}'
          union all
          select received_at, monitor_id, region_id, slot, attempt, started_at, verdict, failure_class, backfilled, detail
          from result_unpacked where monitor_id in ({0}) and slot >= '{1}' and slot < '{2}'
               and day between ('{1}'::timestamptz at time zone 'utc')::date and ('{2}'::timestamptz at time zone 'utc')::date) stored
    order by received_at, monitor_id, slot, region_id, attempt limit {3})";

constexpr std::string_view kFetch = "fetch forward 4000 from replay";
constexpr int kFetched = 4000;

template <class Enum>
Enum stored_enum(int number, Enum otherwise) {
    return number >= 0 && static_cast<std::size_t>(number) < EnumNames<Enum>::names.size() ? static_cast<Enum>(number) : otherwise;
}

std::variant<decision::ResultSeen, decision::PingSeen> event_of(const db::Row& row, bool is_ping) {
    const std::string message(row.is_null(9) ? "" : row.text(9));
    if (is_ping) {
        const auto mark = row.is_null(10) ? std::nullopt : check::read_ping_mark(stored_json(row.text(10)));
        if (mark) return decision::PingSeen{row.time(3), row.small(4), mark->ping, mark->run, message};
    }
    return decision::ResultSeen{.region = static_cast<decision::RegionId>(row.small(2)),
                                .slot = row.time(3),
                                .attempt = row.small(4),
                                .started_at = std::min(row.time(5), row.time(0)),
                                .verdict = stored_enum(row.small(6), check::Verdict::unknown),
                                .cause = stored_enum(row.small(7), check::FailureClass::none),
                                .backfilled = row.boolean(8),
                                .message = message};
}

}  // namespace

std::vector<RegionOfVotes> regions_of_votes(db::Tx& tx) {
    std::vector<RegionOfVotes> regions;
    for (const auto row : tx.run(kRegions)) {
        regions.push_back({static_cast<decision::RegionId>(row.small(0)), std::string(row.text(1)), std::string(row.text(2))});
    }
    return regions;
}

decision::Definition definition_of(const Monitor& monitor, const std::string& site_name, const std::vector<RegionOfVotes>& regions) {
    const auto& draft = monitor.draft;
    decision::Definition definition;
    definition.monitor = monitor.id;
    definition.site = draft.site_id;
    definition.name = draft.name;
    definition.site_name = site_name;
    definition.severity = static_cast<decision::Severity>(draft.severity);
    definition.policy = draft.policy;
    definition.interval = draft.interval;
    definition.timeout = draft.timeout;
    definition.rotates = draft.placement == Placement::rotate;
    definition.spec_hash = 1;
    if (check::is_pushed(draft.kind)) {
        if (const auto spec = check::read_spec(draft.kind, draft.spec, "")) definition.heartbeat = std::get<check::HeartbeatSpec>(*spec);
        const std::string name(message::subject::push_region);
        definition.voters.push_back({decision::kPushRegion, name, name, 0});
    } else {
        for (const auto& region : regions) {
            const bool checks = draft.regions.empty() || std::find(draft.regions.begin(), draft.regions.end(), region.name) != draft.regions.end();
            if (checks) definition.voters.push_back({region.id, region.name, region.domain, 0});
        }
    }
    decision::weigh_voters(definition, {});
    return definition;
}

milliseconds warm_up_of(const decision::Definition& definition) {
    constexpr std::chrono::hours kLongest{48};
    const auto rounds = 3 + definition.policy.recovery_rounds;
    // A job is heard of once a period: what it said before decides until it speaks again. Most schedules are of a day.
    if (definition.heartbeat && definition.heartbeat->schedule) return kLongest;
    const auto cadence = definition.heartbeat ? std::min<milliseconds>(definition.heartbeat->period, kLongest) : definition.cadence();
    return std::clamp<milliseconds>(cadence * rounds + definition.timeout, std::chrono::minutes{10}, kLongest);
}

void each_result(db::Tx& tx, const std::vector<MonitorId>& monitors, bool heartbeats, const SourceRange& range,
                 const std::function<void(decision::StoredResult)>& take) {
    std::vector<std::int64_t> ids;
    for (const auto monitor : monitors) ids.push_back(monitor.value());
    if (ids.empty()) return;
    tx.run_text(fmt::format(kDeclare, fmt::join(ids, ","), to_rfc3339(range.from), to_rfc3339(range.to), range.most + 1));
    for (int taken = 0;;) {
        const auto rows = tx.run_text(kFetch);
        for (const auto row : rows) {
            if (++taken > range.most) throw TooManyResults{};
            const bool is_ping = heartbeats && row.small(2) == 0;
            take({row.time(0), row.id<MonitorId>(1), event_of(row, is_ping)});
        }
        if (rows.size() < kFetched) return;
    }
}

}  // namespace sonde::controlplane
