#include "incident-engine/expiry_store.h"

#include <algorithm>

namespace sonde::engine::expiry_store {
namespace {

constexpr db::Statement kLoad{"expiry_told_of", R"sql(
select e.monitor_id, e.what, e.identity, e.threshold_days, e.ends_at, e.told_at
from expiry_told e join monitor m on m.id = e.monitor_id where m.shard = $1 and e.ends_at > $2)sql"};

constexpr db::Statement kTell{"expiry_told_add", R"sql(
insert into expiry_told (monitor_id, what, identity, threshold_days, ends_at, told_at, event_id)
select monitor_id, what, identity, threshold_days, ends_at, $7::timestamptz, event_id
from unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::timestamptz[], $6::bigint[])
     as new (monitor_id, what, identity, threshold_days, ends_at, event_id)
order by monitor_id, what, identity, threshold_days
on conflict do nothing returning event_id)sql"};

// Engines pass over what another one is removing.
constexpr db::Statement kRemoveEnded{"expiry_told_remove", R"sql(
delete from expiry_told where ctid = any(array(select ctid from expiry_told where ends_at <= $1 limit 1000 for update skip locked)))sql"};

}  // namespace

void load(db::Tx& tx, int shard, TimePoint now, Holdings& holdings) {
    for (const auto row : tx.run(kLoad, {shard, now})) {
        const auto what = from_name<decision::Ending>(row.text(1));
        if (!what) continue;  // that a newer engine knows
        holdings.expiries[row.id<MonitorId>(0)].push_back({*what, std::string(row.text(2)), row.small(3), row.time(4), row.time(5)});
    }
}

std::vector<EventId> tell(db::Tx& tx, const Writes& writes, TimePoint now) {
    std::vector<EventId> known;
    if (writes.expiries.empty()) return known;
    std::vector<std::int64_t> monitors, events;
    std::vector<std::string> whats, identities;
    std::vector<int> thresholds;
    std::vector<TimePoint> ends;
    for (const auto& row : writes.expiries) {
        monitors.push_back(row.monitor.value());
        whats.emplace_back(name_of(row.told.what));
        identities.push_back(row.told.identity);
        thresholds.push_back(row.told.threshold_days);
        ends.push_back(row.told.ends_at);
        events.push_back(row.event.value());
        known.push_back(row.event);
    }
    for (const auto row : tx.run(kTell, {monitors, whats, identities, thresholds, ends, events, now})) std::erase(known, row.id<EventId>(0));
    tx.run(kRemoveEnded, {now});
    return known;
}

}  // namespace sonde::engine::expiry_store
