#include "incident-engine/coverage.h"

#include "incident-engine/event.h"
#include "incident-engine/store.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

// By the database's clock only.
constexpr db::Statement kLook{"coverage_look", R"sql(
select r.name,
       exists (select from agent a where a.region = r.name and not a.draining
               and a.last_seen_at > now() - $1::bigint * interval '1 millisecond') as lives,
       r.created_at < now() - $1::bigint * interval '1 millisecond' as settled,
       c.covered,
       (select max(a.last_seen_at) from agent a where a.region = r.name) as last_seen
from region r left join region_coverage c on c.region = r.name order by r.name)sql"};

// Whether anything is to be checked from the region. It may look at every monitor.
constexpr db::Statement kWanted{"coverage_wanted", R"sql(
select exists (select from monitor m join site s on s.id = m.site_id
               where m.deleted_at is null and s.deleted_at is null and s.active and m.enabled and not m.paused
               and (cardinality(m.regions) = 0 or $1 = any(m.regions))))sql"};

constexpr db::Statement kPutCoverage{"coverage_put", R"sql(
insert into region_coverage (region, covered, since) values ($1, $2, $3)
on conflict (region) do update set covered = excluded.covered, since = excluded.since)sql"};

constexpr db::Statement kDrop{"coverage_drop", "delete from region_coverage where region not in (select name from region)"};

constexpr std::chrono::seconds kUnwantedFor{5};

struct Change {
    std::string region;
    bool covered = false;
    bool told = false;
    TimePoint since;
};

}  // namespace

// Asked again only after a while: a region without agents and without monitors may stay so for ever.
bool Coverage::is_wanted(db::Tx& tx, const std::string& region) {
    const auto now = std::chrono::steady_clock::now();
    auto& ask_at = ask_at_[region];
    if (now < ask_at) return false;
    if (tx.run(kWanted, {region})[0].boolean(0)) return true;
    ask_at = now + kUnwantedFor;
    return false;
}

bool Coverage::step(const std::function<void(db::Tx&)>& fence) {
    const bool observed = std::chrono::steady_clock::now() - observing_since_ >= silence_;
    return pool_.transact([&](db::Tx& tx) {
        const auto now = wall_now();
        std::vector<Change> changes;
        for (const auto row : tx.run(kLook, {silence_.count()})) {
            const bool lives = row.boolean(1);
            const bool known = !row.is_null(3);
            const bool covered = known && row.boolean(3);
            if (lives && !covered) {
                changes.push_back({std::string(row.text(0)), true, known, now});
            } else if (!lives && (covered || !known) && row.boolean(2) && observed && is_wanted(tx, std::string(row.text(0)))) {
                changes.push_back({std::string(row.text(0)), false, true, row.is_null(4) ? now : row.time(4)});
            }
        }
        std::vector<Event> events;
        if (!changes.empty()) fence(tx);
        for (const auto& change : changes) {
            tx.run(kPutCoverage, {change.region, change.covered, change.since});
            if (!change.told) continue;
            EventParts parts(change.covered ? "coverage.restored" : "coverage.lost", now,
                             change.covered ? "an agent of the region is there" : "no agent of the region was seen");
            parts.region = change.region;
            parts.region_since = change.since;
            events.push_back(make_event(new_id<EventId>(), parts));
            log::warning(change.covered ? "coverage_restored" : "coverage_lost", "region", change.region);
        }
        if (!changes.empty()) tx.run(kDrop);
        store::write_events(tx, events);
        return !events.empty();
    });
}

}  // namespace sonde::engine
