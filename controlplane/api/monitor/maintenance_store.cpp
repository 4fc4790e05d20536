#include "controlplane/api/monitor/maintenance_store.h"

#include <fmt/format.h>

namespace sonde::controlplane::window_store {
namespace {

// In the order of `read`.
constexpr std::string_view kColumns = R"(
    w.id, w.title, w.description, w.starts_at, w.ends_at, w.rrule, w.duration_ms, w.timezone, w.sites, w.monitors, w.tags, w.version,
           w.created_at, w.updated_at)";
constexpr int kColumnCount = 14;
constexpr std::string_view kFrom = "from maintenance w ";

constexpr db::Statement kInsert{"maintenance_insert", R"(
    insert into maintenance (id, title, description, starts_at, ends_at, rrule, duration_ms, timezone, sites, monitors, tags, over_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))"};

constexpr db::Statement kUpdate{"maintenance_update", R"(
    update maintenance set title = $2, description = $3, starts_at = $4, ends_at = $5, rrule = $6, duration_ms = $7, timezone = $8, sites = $9,
           monitors = $10, tags = $11, over_at = $12, version = version + 1, updated_at = now()
    where id = $1)"};

constexpr db::Statement kRemove{"maintenance_remove",
                                "update maintenance set deleted_at = now(), updated_at = now(), version = version + 1 where id = $1"};

constexpr db::Statement kOccurrences{"maintenance_occurrences", R"(
    select starts_at, ends_at, given_end, given_by, started_at, ended_at from maintenance_occurrence
    where window_id = $1 order by starts_at desc limit 1000)"};

constexpr db::Statement kGivenEnds{"maintenance_given_ends", R"(
    select window_id, starts_at, ends_at from maintenance_occurrence where window_id = any($1::bigint[]) and given_end)"};

constexpr db::Statement kGiveEnd{"maintenance_give_end", R"(
    insert into maintenance_occurrence (window_id, starts_at, ends_at, given_end, given_by) values ($1, $2, $3, true, $4)
    on conflict (window_id, starts_at) do update set ends_at = excluded.ends_at, given_end = true, given_by = excluded.given_by)"};
constexpr db::Statement kTouch{"maintenance_touch", R"(
    update maintenance set version = version + 1, updated_at = now(), over_at = greatest(over_at, $2::timestamptz) where id = $1)"};

template <class AnyId>
std::vector<AnyId> ids(const db::Row& row, int column) {
    std::vector<AnyId> all;
    for (const auto value : row.wholes(column)) all.push_back(AnyId{value});
    return all;
}

Window read(const db::Row& row) {
    Window window;
    window.id = row.id<WindowId>(0);
    window.draft.title = row.text(1);
    window.draft.description = row.text(2);
    window.draft.starts_at = row.time(3);
    window.draft.ends_at = row.maybe(4, &db::Row::time);
    if (!row.is_null(5)) window.draft.rrule = row.text(5);
    if (!row.is_null(6)) window.draft.duration = milliseconds{row.whole(6)};
    window.draft.timezone = row.text(7);
    window.draft.targets.sites = ids<SiteId>(row, 8);
    window.draft.targets.monitors = ids<MonitorId>(row, 9);
    window.draft.targets.tags = row.texts(10);
    window.version = row.small(11);
    window.created_at = row.time(12);
    window.updated_at = row.time(13);
    return window;
}

template <class AnyId>
std::vector<std::int64_t> numbers(const std::vector<AnyId>& all) {
    std::vector<std::int64_t> values;
    for (const auto id : all) values.push_back(id.value());
    return values;
}

std::optional<Window> one(db::Tx& tx, WindowId id, std::string_view suffix) {
    const auto rows = tx.run_text(fmt::format("select {} {}where w.id = $1 and w.deleted_at is null{}", kColumns, kFrom, suffix), {id});
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

void write(db::Tx& tx, const db::Statement& statement, WindowId id, const maintenance::Draft& draft) {
    const auto plan = maintenance::Plan::of(draft);
    const bool recurs = draft.recurs();
    tx.run(statement, {id, draft.title, draft.description, draft.starts_at, draft.ends_at, recurs ? std::optional(draft.rrule) : std::nullopt,
                       recurs ? std::optional(static_cast<std::int64_t>(draft.duration.count())) : std::nullopt, draft.timezone,
                       numbers(draft.targets.sites), numbers(draft.targets.monitors), draft.targets.tags, plan ? plan->over_at() : std::nullopt});
}

}  // namespace

std::optional<Window> find(db::Tx& tx, WindowId id) { return one(tx, id, ""); }
std::optional<Window> lock(db::Tx& tx, WindowId id) { return one(tx, id, " for no key update"); }

Sorted<Window> list(db::Tx& tx, const WindowFilter& filter, const Sorting& sorting, const Page& page) {
    Conditions conditions;
    conditions.add("w.deleted_at is null");
    if (filter.site) conditions.add("w.sites @> array[?::bigint]", {*filter.site});
    if (filter.monitor) conditions.add("w.monitors @> array[?::bigint]", {*filter.monitor});
    if (filter.tag) conditions.add("? = any(w.tags)", {*filter.tag});
    if (filter.over) conditions.add("coalesce(w.over_at <= now(), false) = ?", {*filter.over});
    if (filter.search) filter.search->add_to(conditions, "searchable(w.title || ' ' || w.description)");
    return read_sorted(tx, {kColumns, kColumnCount, kFrom}, std::move(conditions), sorting, page, read);
}

void insert(db::Tx& tx, WindowId id, const maintenance::Draft& draft) { write(tx, kInsert, id, draft); }
void update(db::Tx& tx, WindowId id, const maintenance::Draft& draft) { write(tx, kUpdate, id, draft); }
void remove(db::Tx& tx, WindowId id) { tx.run(kRemove, {id}); }

std::vector<Window> list_around(db::Tx& tx, const Around& around, TimePoint since) {
    std::vector<Window> windows;
    for (const auto row : tx.run_text(fmt::format(R"(select {} {} where w.deleted_at is null and (w.over_at is null or w.over_at > $1)
                                                   and (w.monitors && $2::bigint[] or w.sites && $3::bigint[] or w.tags && $4::text[])
                                                   order by w.id desc limit 1000)", kColumns, kFrom),
                                      {since, around.monitors, around.sites, around.tags})) {
        windows.push_back(read(row));
    }
    return windows;
}

std::map<WindowId, maintenance::Ends> given_ends(db::Tx& tx, const std::vector<Window>& windows) {
    std::vector<std::int64_t> ids;
    for (const auto& window : windows) ids.push_back(window.id.value());
    std::map<WindowId, maintenance::Ends> ends;
    if (ids.empty()) return ends;
    for (const auto row : tx.run(kGivenEnds, {ids})) ends[row.id<WindowId>(0)][row.time(1)] = row.time(2);
    return ends;
}

std::vector<StoredOccurrence> occurrences(db::Tx& tx, WindowId id) {
    std::vector<StoredOccurrence> all;
    for (const auto row : tx.run(kOccurrences, {id})) {
        StoredOccurrence one{{row.time(0), row.time(1)}, row.boolean(2), {}, row.maybe(4, &db::Row::time), row.maybe(5, &db::Row::time)};
        if (!row.is_null(3)) one.given_by = std::string(row.text(3));
        all.push_back(std::move(one));
    }
    return all;
}

maintenance::Ends ends_of(const std::vector<StoredOccurrence>& stored) {
    maintenance::Ends ends;
    for (const auto& one : stored) {
        if (one.given_end) ends[one.when.start] = one.when.end;
    }
    return ends;
}

void give_end(db::Tx& tx, WindowId id, TimePoint start, TimePoint end, std::string_view actor) {
    tx.run(kGiveEnd, {id, start, end, actor});
    tx.run(kTouch, {id, end});
}

}  // namespace sonde::controlplane::window_store
