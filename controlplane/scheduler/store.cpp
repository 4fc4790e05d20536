#include "controlplane/scheduler/store.h"

#include <fmt/format.h>

#include <charconv>

#include "lib/log/log.h"
#include "lib/service/monitor_secrets.h"

namespace sonde::scheduler {
namespace {

constexpr int kPage = 2'000;

constexpr db::Statement kRegions{"scheduler_regions", "select name from region order by name"};

// Monitors that are heard of (check::is_pushed) have no jobs: they are not seen here at all.
constexpr db::Statement kShare{"scheduler_load_share", R"sql(
select m.id, m.site_id, m.version, m.share, m.kind, coalesce(m.job_spec, m.spec::text), m.interval_ms, m.phase_ms, m.timeout_ms, m.placement, m.regions,
       m.created_at, m.secrets
from monitor m join site s on s.id = m.site_id
where m.kind <> 'heartbeat' and m.share = $1 and m.id > $2 and m.enabled and not m.paused and m.deleted_at is null and s.active and s.deleted_at is null
order by m.id limit $3)sql"};

constexpr db::Statement kMonitors{"scheduler_load_monitors", R"sql(
select m.id, m.site_id, m.version, m.share, m.kind, coalesce(m.job_spec, m.spec::text), m.interval_ms, m.phase_ms, m.timeout_ms, m.placement, m.regions,
       m.created_at, m.secrets
from monitor m join site s on s.id = m.site_id
where m.kind <> 'heartbeat' and m.id = any($1) and m.share = any($2) and m.enabled and not m.paused and m.deleted_at is null and s.active
      and s.deleted_at is null)sql"};

constexpr db::Statement kSites{"scheduler_site_status", R"sql(
select m.id, m.version, m.enabled and not m.paused and s.active and s.deleted_at is null
from monitor m join site s on s.id = m.site_id
where m.kind <> 'heartbeat' and m.site_id = any($1) and m.share = any($2) and m.deleted_at is null)sql"};

// The mark and the rows are of one snapshot.
constexpr db::Statement kBegin{"scheduler_changes_begin", "select pg_snapshot_xmin(pg_current_snapshot())::text"};
constexpr db::Statement kChanges{"scheduler_changes", R"sql(
select here.mark::text, c.xid::text, c.entity, c.entity_id
from (select pg_snapshot_xmin(pg_current_snapshot()) as mark) here
left join change c on c.xid >= $1::text::xid8 and c.entity in ('monitor', 'site', 'region'))sql"};

constexpr db::Statement kOpenCursor{"scheduler_open_cursor",
                                    "insert into scheduler_cursor (share, published_to) values ($1, $2) on conflict (share) do nothing"};
constexpr db::Statement kReadCursors{"scheduler_read_cursors",
                                     "select share, published_to from scheduler_cursor where share = any($1)"};
constexpr db::Statement kMoveCursors{"scheduler_move_cursors", R"sql(
update scheduler_cursor c set published_to = m.published_to
from unnest($1::smallint[], $2::timestamptz[]) as m(share, published_to) where c.share = m.share)sql"};
constexpr db::Statement kLedger{"scheduler_ledger", R"sql(
insert into slot_ledger (minute, region, writer, expected, skipped)
select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::int[], $5::int[])
on conflict (minute, region, writer) do update
set expected = slot_ledger.expected + excluded.expected, skipped = slot_ledger.skipped + excluded.skipped)sql"};

constexpr db::Statement kMembers{"scheduler_members", R"sql(
select count(*), clock_timestamp() from lease where name like 'scheduler/member/%' and expires_at > now())sql"};

// Adds the monitor of `row`, unless this program does not know its kind: a newer one may run beside it.
void read_definition(const db::Row& row, const crypto::SecretBox& box, std::vector<Definition>& definitions) {
    const auto kind = from_name<check::Kind>(row.text(4));
    if (!kind) {
        log::error("monitor_kind_unknown", "monitor", row.id<MonitorId>(0).text(), "kind", row.text(4));
        return;
    }
    Definition definition;
    definition.id = row.id<MonitorId>(0);
    definition.revision = row.small(2);
    definition.share = row.small(3);
    definition.timing = {milliseconds{row.whole(6)}, milliseconds{row.whole(7)}};
    definition.timeout = milliseconds{row.whole(8)};
    definition.placement = from_name<Placement>(row.text(9)).value_or(Placement::all);
    definition.regions = row.texts(10);
    definition.created_at = row.time(11);
    check::Secrets secrets;
    if (!row.is_null(12)) secrets = service::secrets_for_job(box, definition.id, row.bytes(12), row.text(5));
    definition.job =
        message::JobTemplate(definition.id, row.id<SiteId>(1), definition.revision, definition.timeout, *kind, row.text(5), secrets);
    definitions.push_back(std::move(definition));
}

// Calls `load(part)` for parts of `ids` of at most a page.
template <class Load>
void by_page(const std::vector<std::int64_t>& ids, Load load) {
    for (std::size_t from = 0; from < ids.size(); from += kPage) {
        const auto to = std::min(ids.size(), from + kPage);
        load(std::vector<std::int64_t>(ids.begin() + static_cast<std::ptrdiff_t>(from), ids.begin() + static_cast<std::ptrdiff_t>(to)));
    }
}

}  // namespace

std::vector<std::string> load_regions(db::Pool& pool) {
    return pool.transact([](db::Tx& tx) {
        std::vector<std::string> names;
        for (const auto row : tx.run(kRegions)) names.emplace_back(row.text(0));
        return names;
    });
}

std::vector<Definition> load_share(db::Pool& pool, const crypto::SecretBox& secrets, int share) {
    std::vector<Definition> definitions;
    for (std::int64_t last = 0;;) {
        auto tx = pool.begin();
        const auto rows = tx.run(kShare, {share, last, kPage});
        for (const auto row : rows) {
            read_definition(row, secrets, definitions);
            last = row.whole(0);
        }
        if (rows.size() < kPage) return definitions;
    }
}

std::vector<Definition> load_monitors(db::Pool& pool, const crypto::SecretBox& secrets, const std::vector<int>& shares,
                                      const std::vector<std::int64_t>& monitors) {
    std::vector<Definition> definitions;
    by_page(monitors, [&](const std::vector<std::int64_t>& part) {
        auto tx = pool.begin();
        for (const auto row : tx.run(kMonitors, {part, shares})) read_definition(row, secrets, definitions);
    });
    return definitions;
}

std::vector<MonitorStatus> load_site_status(db::Pool& pool, const std::vector<int>& shares, const std::vector<std::int64_t>& sites) {
    std::vector<MonitorStatus> found;
    by_page(sites, [&](const std::vector<std::int64_t>& part) {
        auto tx = pool.begin();
        for (const auto row : tx.run(kSites, {part, shares})) found.push_back({row.id<MonitorId>(0), row.small(1), row.boolean(2)});
    });
    return found;
}

Changes ChangeReader::read(db::Pool& pool) {
    Changes changes;
    if (!mark_) {
        mark_ = std::string(pool.run(kBegin)[0].text(0));
        told_.clear();
        return changes;
    }
    std::unordered_set<std::string> seen;
    std::unordered_set<std::int64_t> monitors;
    std::unordered_set<std::int64_t> sites;
    const auto rows = pool.run(kChanges, {*mark_});
    for (const auto row : rows) {
        if (row.is_null(1)) continue;
        auto key = fmt::format("{}/{}/{}", row.text(1), row.text(2), row.whole(3));
        const bool told = told_.contains(key);
        seen.insert(std::move(key));
        if (told) continue;
        if (row.text(2) == "monitor") {
            monitors.insert(row.whole(3));
        } else if (row.text(2) == "site") {
            sites.insert(row.whole(3));
        } else {
            changes.regions = true;
        }
    }
    mark_ = std::string(rows[0].text(0));
    told_ = std::move(seen);
    changes.monitors.assign(monitors.begin(), monitors.end());
    changes.sites.assign(sites.begin(), sites.end());
    return changes;
}

TimePoint open_cursor(db::Pool& pool, const db::Leases& leases, const db::Lease& lease, int share, TimePoint now) {
    return pool.transact([&](db::Tx& tx) {
        leases.fence(tx, {lease});
        tx.run(kOpenCursor, {share, now});
        return tx.run(kReadCursors, {std::vector<int>{share}})[0].time(1);
    });
}

std::vector<MoveOutcome> write_moves(db::Pool& pool, const db::Leases& leases, const std::vector<db::Lease>& held,
                                     const std::vector<CursorMove>& moves, const std::vector<std::string>& region_names) {
    return pool.transact([&](db::Tx& tx) {
        leases.fence(tx, held);
        std::vector<int> asked;
        for (const auto& move : moves) asked.push_back(move.share);
        std::map<int, TimePoint> cursors;
        for (const auto row : tx.run(kReadCursors, {asked})) cursors.emplace(row.small(0), row.time(1));

        std::vector<MoveOutcome> outcomes;
        std::vector<int> shares;
        std::vector<TimePoint> ends;
        std::vector<TimePoint> minutes;
        std::vector<std::string> regions;
        std::vector<std::string> writers;
        std::vector<std::int64_t> expected;
        std::vector<std::int64_t> skipped;
        for (const auto& move : moves) {
            const auto cursor = cursors.find(move.share);
            const bool written = cursor != cursors.end() && cursor->second == move.to;
            const bool possible = cursor != cursors.end() && cursor->second == move.from;
            outcomes.push_back(written || possible ? MoveOutcome::written : MoveOutcome::astray);
            if (written || !possible) continue;
            shares.push_back(move.share);
            ends.push_back(move.to);
            for (const auto& [key, count] : move.counts) {
                minutes.push_back(key.first);
                regions.push_back(region_names.at(key.second));
                writers.push_back(share_lease(move.share));
                expected.push_back(count.expected);
                skipped.push_back(count.skipped);
            }
        }
        if (!shares.empty()) tx.run(kMoveCursors, {shares, ends});
        if (!minutes.empty()) tx.run(kLedger, {minutes, regions, writers, expected, skipped});
        return outcomes;
    });
}

Members count_members(db::Pool& pool) {
    const auto rows = pool.run(kMembers);
    return {std::max(rows[0].small(0), 1), rows[0].time(1)};
}

std::string share_lease(int share) { return fmt::format("scheduler/{}", share); }
std::string member_lease(std::string_view owner) { return fmt::format("scheduler/member/{}", owner); }

std::optional<int> share_of_lease(std::string_view name) {
    constexpr std::string_view kPrefix = "scheduler/";
    if (!name.starts_with(kPrefix)) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    int share = -1;
    const auto end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, share);
    if (parsed.ec != std::errc{} || parsed.ptr != end || share < 0 || share >= kSchedulerShares) return std::nullopt;
    return share;
}

}  // namespace sonde::scheduler
