#include "incident-engine/maintenance.h"

#include <algorithm>
#include <unordered_map>

#include "incident-engine/store.h"
#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kLoadEvery{10'000};  // also without a notification

constexpr db::Statement kWindows{"maintenance_windows", R"sql(
select w.id, w.title, w.description, w.starts_at, w.ends_at, w.rrule, w.duration_ms, w.timezone, w.sites, w.monitors, w.tags, w.updated_at,
       w.deleted_at is not null
from maintenance w
where (w.deleted_at is null and (w.over_at is null or w.over_at > now() - interval '1 day'))
   or exists (select from maintenance_occurrence o where o.window_id = w.id and o.started_at is not null and o.ended_at is null))sql"};
// Differs after every edit. Told occurrences are not in it: we tell them ourselves, or begin anew.
constexpr db::Statement kWatermark{"maintenance_mark", R"sql(
select concat_ws(' ', count(*), count(deleted_at), sum(version), max(updated_at)) from maintenance)sql"};
constexpr db::Statement kTold{"maintenance_told", R"sql(
select window_id, starts_at, ends_at, given_end, started_at, ended_at from maintenance_occurrence
where ended_at is null or ends_at > now() - interval '40 days')sql"};
constexpr db::Statement kStart{"maintenance_start", R"sql(
insert into maintenance_occurrence as o (window_id, starts_at, ends_at, started_at) values ($1, $2, $3, $4)
on conflict (window_id, starts_at) do update set started_at = excluded.started_at, ended_at = null,
    ends_at = case when o.given_end then o.ends_at else excluded.ends_at end
where o.started_at is null or o.ended_at is not null
returning 1)sql"};
constexpr db::Statement kEnd{"maintenance_end", R"sql(
update maintenance_occurrence set ended_at = $3, ends_at = least(ends_at, $3::timestamptz)
where window_id = $1 and starts_at = $2 and started_at is not null and ended_at is null returning 1)sql"};
// Of the sites and monitors that a window names, and the tags that it names.
constexpr db::Statement kTags{"maintenance_tags", R"sql(
select coalesce(array_agg(distinct tag order by tag), '{}') from (
    select unnest($1::text[]) as tag
    union all select unnest(tags) from site where id = any($2::bigint[]) and deleted_at is null
    union all select unnest(m.tags || s.tags) from monitor m join site s on s.id = m.site_id
    where m.deleted_at is null and (m.id = any($3::bigint[]) or m.site_id = any($2::bigint[]))) all_tags)sql"};

template <class AnyId>
std::vector<AnyId> ids(const db::Row& row, int column) {
    std::vector<AnyId> all;
    for (const auto value : row.wholes(column)) all.push_back(AnyId{value});
    return all;
}

template <class AnyId>
std::vector<std::int64_t> numbers(const std::vector<AnyId>& all) {
    std::vector<std::int64_t> values;
    for (const auto id : all) values.push_back(id.value());
    return values;
}

}  // namespace

void Maintenance::load(db::Tx& tx) {
    std::unordered_map<std::int64_t, std::vector<Told>> told;
    std::unordered_map<std::int64_t, maintenance::Ends> ends;
    for (const auto row : tx.run(kTold)) {
        told[row.whole(0)].push_back({{row.time(1), row.time(2)}, row.maybe(4, &db::Row::time), row.maybe(5, &db::Row::time)});
        if (row.boolean(3)) ends[row.whole(0)][row.time(1)] = row.time(2);
    }
    windows_.clear();
    for (const auto row : tx.run(kWindows)) {
        maintenance::Draft draft;
        draft.title = row.text(1);
        draft.description = row.text(2);
        draft.starts_at = row.time(3);
        draft.ends_at = row.maybe(4, &db::Row::time);
        if (!row.is_null(5)) draft.rrule = row.text(5);
        if (!row.is_null(6)) draft.duration = milliseconds{row.whole(6)};
        draft.timezone = row.text(7);
        draft.targets = {ids<SiteId>(row, 8), ids<MonitorId>(row, 9), row.texts(10)};
        auto plan = maintenance::Plan::of(draft);
        if (!plan) continue;  // the worker logs it
        const auto id = row.whole(0);
        windows_.push_back({WindowId{id}, std::move(draft), *std::move(plan), ends[id], row.time(11), row.boolean(12), told[id]});
    }
}

// What the occurrences say now, compared with what was told of them.
std::vector<Maintenance::Edge> Maintenance::edges(TimePoint now) const {
    std::vector<Edge> found;
    for (const auto& window : windows_) {
        const auto current = window.deleted ? std::nullopt : window.plan.at(now, window.ends);
        for (const auto& told : window.told) {
            if (!told.started_at || told.ended_at) continue;
            if (current && current->start == told.when.start) continue;
            if (now < told.when.start) continue;  // the clock went back: it is neither over nor not
            const bool planned = !window.deleted && window.plan.has(told.when.start);
            const auto reason = window.deleted ? "deleted" : planned ? "over" : "edited";
            found.push_back({&window, told.when, false, reason});
        }
        if (!current) continue;
        const auto known = std::find_if(window.told.begin(), window.told.end(), [&](const Told& one) { return one.when.start == current->start; });
        const bool begun = known != window.told.end() && known->started_at;
        // One that was ended begins again only if people made it longer since.
        const bool begins_again = begun && known->ended_at && window.edited_at > *known->ended_at;
        if (!begun || begins_again) found.push_back({&window, *current, true, begins_again ? "edited" : "begun"});
    }
    return found;
}

void Maintenance::tell(db::Tx& tx, const std::vector<Edge>& edges, TimePoint now, std::vector<Event>& events) const {
    for (const auto& edge : edges) {
        const auto& window = *edge.window;
        const auto rows = edge.starts ? tx.run(kStart, {window.id, edge.when.start, edge.when.end, now}) : tx.run(kEnd, {window.id, edge.when.start, now});
        if (rows.empty()) continue;  // told already
        Json document;
        document["id"] = window.id.text();
        document["title"] = window.draft.title;
        document["description"] = window.draft.description;
        document["starts_at"] = to_rfc3339(edge.when.start);
        document["ends_at"] = to_rfc3339(edge.starts ? edge.when.end : std::min(now, edge.when.end));
        document["targets"] = maintenance::write_targets(window.draft.targets);
        EventParts parts(edge.starts ? "maintenance.started" : "maintenance.ended", now, edge.reason);
        parts.extra_name = "maintenance";
        parts.extra = &document;
        const auto& targets = window.draft.targets;
        const auto tags = tx.run(kTags, {targets.tags, numbers(targets.sites), numbers(targets.monitors)})[0].texts(0);
        parts.tags = &tags;
        events.push_back(make_event(new_id<EventId>(), parts));
        log::info(edge.starts ? "maintenance_started" : "maintenance_ended", "window", window.id.text(), "reason", edge.reason, "title", window.draft.title);
    }
}

bool Maintenance::step(const std::function<void(db::Tx&)>& fence) {
    const auto now = wall_now();
    const bool stale = changed_.exchange(false) || Clock::now() >= next_load_;
    if (!stale && now >= looked_at_ && (!next_edge_ || now < *next_edge_)) return false;
    try {
        const bool due = now < looked_at_ || (next_edge_ && now >= *next_edge_) || Clock::now() >= next_load_;
        std::string mark;
        const bool told = pool_.transact([&](db::Tx& tx) {
            mark = tx.run(kWatermark)[0].text(0);
            if (!due && mark == mark_) return false;
            load(tx);
            const auto found = edges(now);
            std::vector<Event> events;
            if (!found.empty()) {
                fence(tx);
                tell(tx, found, now, events);
                store::write_events(tx, events);
            }
            return !events.empty();
        });
        mark_ = std::move(mark);
        looked_at_ = now;
        if (due || told) next_load_ = Clock::now() + kLoadEvery;
        next_edge_.reset();
        for (const auto& window : windows_) {
            if (window.deleted) continue;
            const auto edge = window.plan.next_edge(now, window.ends);
            if (edge && (!next_edge_ || *edge < *next_edge_)) next_edge_ = edge;
        }
        return told;
    } catch (...) {
        changed_ = true;
        throw;
    }
}

}  // namespace sonde::engine
