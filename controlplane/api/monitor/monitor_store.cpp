#include "controlplane/api/monitor/monitor_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/parts.h"
#include "lib/base/shard.h"
#include "lib/crypto/crypto.h"
#include "lib/service/monitor_secrets.h"

namespace sonde::controlplane::monitor_store {
namespace {

// In the order of `read`.
const std::string kColumns = fmt::format(R"(
           m.id, m.site_id, m.kind, m.name, m.spec, m.interval_ms, m.timeout_ms, m.regions, m.placement, m.severity, m.tags, m.enabled,
           m.paused, m.policy, m.phase_ms, m.version, m.created_at, m.updated_at, {0},
           case when ms.state = {0} then ms.since else greatest(m.updated_at, s.updated_at) end,
           m.ping_token, case when m.ping_token is not null then ms.core end, m.secret_names,
           case when ms.core like '%"flaps"%' then (ms.core::jsonb #>> '{{flaps,since}}')::bigint end )",
                                         kShownState);
constexpr int kColumnCount = 24;
constexpr std::string_view kFrom = "from monitor m join site s on s.id = m.site_id left join monitor_state ms on ms.monitor_id = m.id ";
const std::string kSelect = fmt::format("select {} {}", kColumns, kFrom);

const std::string kFindSql = kSelect + "where m.id = $1 and m.deleted_at is null";
const std::string kLockSql = kFindSql + " for no key update of m";
const db::Statement kFind{"monitor_find", kFindSql};
const db::Statement kLock{"monitor_lock", kLockSql};
const std::string kFindAllSql = kSelect + "where m.id = any($1::bigint[]) and m.deleted_at is null";
const db::Statement kFindAll{"monitor_find_all", kFindAllSql};
// In one order for all, so that no two wait for each other.
const std::string kLockAllSql = kSelect + "where m.id = any($1::bigint[]) and m.deleted_at is null order by m.id for no key update of m";
const db::Statement kLockAll{"monitor_lock_all", kLockAllSql};
constexpr db::Statement kSecrets{"monitor_secrets", "select id, secrets from monitor where id = any($1::bigint[]) and secrets is not null"};
constexpr db::Statement kExists{"monitor_exists", "select 1 from monitor where id = $1 and deleted_at is null"};

constexpr db::Statement kInsert{"monitor_insert", R"(
    insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, regions, placement, policy,
                         severity, tags, enabled, paused, ping_token, secrets, secret_names, job_spec)
    select id, site_id, shard, share, kind, name, spec::jsonb, interval_ms, timeout_ms, phase_ms, regions::text[], placement,
           policy::jsonb, severity, tags::text[], enabled, paused, ping_token, secrets::bytea, secret_names::text[], job_spec
    from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::integer[],
                $9::integer[], $10::integer[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::boolean[],
                $17::boolean[], $18::text[], $19::text[], $20::text[], $21::text[])
         as t (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, regions, placement, policy, severity,
               tags, enabled, paused, ping_token, secrets, secret_names, job_spec))"};

constexpr db::Statement kUpdate{"monitor_update", R"(
    update monitor m set name = t.name, spec = t.spec::jsonb, interval_ms = t.interval_ms, timeout_ms = t.timeout_ms, phase_ms = t.phase_ms,
           regions = t.regions::text[], placement = t.placement, policy = t.policy::jsonb, severity = t.severity, tags = t.tags::text[], enabled = t.enabled,
           paused = t.paused, secrets = t.secrets::bytea, secret_names = t.secret_names::text[], job_spec = t.job_spec, version = m.version + 1, updated_at = now()
    from unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                $12::boolean[], $13::boolean[], $14::text[], $15::text[], $16::text[])
         as t (id, name, spec, interval_ms, timeout_ms, phase_ms, regions, placement, policy, severity, tags, enabled, paused, secrets, secret_names, job_spec)
    where m.id = t.id)"};

constexpr db::Statement kSetPolicy{"monitor_set_policy",
                                   "update monitor set policy = $2, version = version + 1, updated_at = now() where id = $1"};

constexpr db::Statement kRemove{"monitor_remove",
                                "update monitor set deleted_at = now(), updated_at = now(), version = version + 1 where id = any($1::bigint[])"};

constexpr db::Statement kGiveToken{"monitor_ping_token", R"(
    update monitor set ping_token = $2, version = version + 1, updated_at = now() where id = $1)"};

constexpr db::Statement kHoldRegions{"region_hold",
                                     "select name from region where name = any($1::text[]) order by id for key share"};

// 128 random bits; letters and digits alone, for it stands in crontabs and scripts.
std::string new_ping_token() { return crypto::hex(crypto::random_bytes(16)); }

template <class Enum>
Enum name_in(const db::Row& row, int column) {
    if (const auto value = from_name<Enum>(row.text(column))) return *value;
    throw db::DbError(db::Failure::broken,
                      fmt::format("a monitor's column {} holds the unknown name {}", column, row.text(column)));
}

Json document_in(const db::Row& row, int column) {
    auto document = json::parse(row.text(column));
    if (!document) throw db::DbError(db::Failure::broken, "a stored document " + document.error().message);
    return std::move(*document);
}

MonitorDraft read_draft(const db::Row& row) {
    MonitorDraft draft;
    draft.site_id = row.id<SiteId>(1);
    draft.kind = name_in<check::Kind>(row, 2);
    draft.name = row.text(3);
    draft.spec = document_in(row, 4);
    // What an older version wrote has defaults to be filled in. With names of secrets in it, it need not be valid as it stands.
    if (const auto spec = check::read_spec(draft.kind, draft.spec, "")) {
        draft.spec = check::write_spec(*spec);
    } else if (!check::names_secrets(draft.spec)) {
        throw db::DbError(db::Failure::broken, "a stored spec is not one: " + spec.error().front().detail);
    }
    draft.interval = milliseconds{row.whole(5)};
    draft.timeout = milliseconds{row.whole(6)};
    draft.regions = row.texts(7);
    draft.placement = name_in<Placement>(row, 8);
    draft.severity = name_in<Severity>(row, 9);
    draft.tags = row.texts(10);
    draft.enabled = row.boolean(11);
    draft.paused = row.boolean(12);
    json::Problems problems;
    draft.policy = check::read_policy(document_in(row, 13), "", problems);
    if (!problems.empty()) throw db::DbError(db::Failure::broken, "a stored policy is not one: " + problems.front().detail);
    return draft;
}

Monitor read(const db::Row& row) {
    Monitor monitor;
    monitor.id = row.id<MonitorId>(0);
    monitor.draft = read_draft(row);
    monitor.phase = milliseconds{row.whole(14)};
    monitor.version = row.small(15);
    monitor.created_at = row.time(16);
    monitor.updated_at = row.time(17);
    monitor.state = name_in<State>(row, 18);
    monitor.state_since = row.time(19);
    if (!row.is_null(20)) monitor.ping_token = row.text(20);
    if (!row.is_null(21)) monitor.core = row.text(21);
    monitor.secret_names = row.texts(22);
    if (!row.is_null(23)) monitor.flapping_since = from_unix_ms(row.whole(23));
    return monitor;
}

std::optional<Monitor> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

check::Secrets opened(const crypto::SecretBox& box, MonitorId id, const std::string& sealed) {
    auto secrets = service::open_secrets(box, id, sealed);
    if (!secrets) throw db::DbError(db::Failure::broken, "the secrets of a monitor do not open: " + secrets.error().message);
    return std::move(*secrets);
}

// For bytea in its text form; null if there are none.
std::optional<std::string> sealed(const crypto::SecretBox& box, MonitorId id, const check::Secrets& secrets) {
    if (secrets.empty()) return std::nullopt;
    return db::Param::bytes(service::seal_secrets(box, id, secrets)).text();
}

// Null where the spec names secrets: without them it need not be one.
std::optional<std::string> job_spec_of(const MonitorDraft& draft) {
    if (check::names_secrets(draft.spec)) return std::nullopt;
    const auto spec = check::read_spec(draft.kind, draft.spec, "");
    return spec ? std::optional(json::dump(check::write_brief_spec(*spec))) : std::nullopt;
}

std::vector<std::string> names_of(const check::Secrets& secrets) {
    std::vector<std::string> names;
    for (const auto& [name, value] : secrets) names.push_back(name);
    return names;
}

// The columns of an insert, one array each.
struct Columns {
    std::vector<std::int64_t> id, site_id;
    std::vector<int> shard, share, interval, timeout, phase;
    std::vector<std::string> kind, name, spec, regions, placement, policy, severity, tags, secret_names;
    std::vector<std::optional<std::string>> secrets, job_spec;
    std::vector<bool> enabled, paused;
    std::vector<std::optional<std::string>> ping_token;

    void add(const crypto::SecretBox& box, MonitorId monitor, const MonitorDraft& draft) {
        id.push_back(monitor.value());
        site_id.push_back(draft.site_id.value());
        shard.push_back(shard_of(draft.site_id));
        share.push_back(scheduler_share_of(monitor));
        kind.emplace_back(name_of(draft.kind));
        name.push_back(draft.name);
        spec.push_back(json::dump(draft.spec));
        interval.push_back(static_cast<int>(draft.interval.count()));
        timeout.push_back(static_cast<int>(draft.timeout.count()));
        phase.push_back(static_cast<int>(phase_of(monitor, draft.interval).count()));
        regions.push_back(*db::Param(draft.regions).text());  // arrays of arrays must be even: each travels as its text
        placement.emplace_back(name_of(draft.placement));
        policy.push_back(json::dump(check::write_policy(draft.policy)));
        severity.emplace_back(name_of(draft.severity));
        tags.push_back(*db::Param(draft.tags).text());
        enabled.push_back(draft.enabled);
        paused.push_back(draft.paused);
        ping_token.push_back(check::is_pushed(draft.kind) ? std::optional(new_ping_token()) : std::nullopt);
        secrets.push_back(sealed(box, monitor, draft.secrets));
        secret_names.push_back(*db::Param(names_of(draft.secrets)).text());
        job_spec.push_back(job_spec_of(draft));
    }
};

}  // namespace

std::optional<Monitor> find(db::Tx& tx, MonitorId id) { return first(tx.run(kFind, {id})); }

std::optional<Monitor> lock(db::Tx& tx, MonitorId id) { return first(tx.run(kLock, {id})); }

std::vector<Monitor> find_all(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    std::vector<Monitor> monitors;
    for (const auto row : tx.run(kFindAll, {ids})) monitors.push_back(read(row));
    return monitors;
}

std::vector<Monitor> lock_all(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    std::vector<Monitor> monitors;
    for (const auto row : tx.run(kLockAll, {ids})) monitors.push_back(read(row));
    return monitors;
}

std::map<MonitorId, check::Secrets> secrets_of(db::Tx& tx, const crypto::SecretBox& box, const std::vector<std::int64_t>& ids) {
    std::map<MonitorId, check::Secrets> all;
    for (const auto row : tx.run(kSecrets, {ids})) all.emplace(row.id<MonitorId>(0), opened(box, row.id<MonitorId>(0), row.bytes(1)));
    return all;
}

check::Secrets secrets(db::Tx& tx, const crypto::SecretBox& box, MonitorId id) {
    auto all = secrets_of(tx, box, {id.value()});
    return all.empty() ? check::Secrets{} : std::move(all.begin()->second);
}

bool exists(db::Tx& tx, MonitorId id) { return !tx.run(kExists, {id}).empty(); }

Monitors list(db::Tx& tx, const MonitorFilter& filter, const Sorting& sorting, const Page& page) {
    return read_sorted(tx, {kColumns, kColumnCount, kFrom}, filter.conditions(tx), sorting, page, read);
}

namespace {

// In chunks, as columns.
template <class Write>
void in_columns(const crypto::SecretBox& box, const std::vector<std::pair<MonitorId, const MonitorDraft*>>& monitors, Write write) {
    constexpr std::size_t chunk = 1000;
    for (std::size_t begin = 0; begin < monitors.size(); begin += chunk) {
        Columns columns;
        for (std::size_t i = begin; i < std::min(monitors.size(), begin + chunk); ++i) columns.add(box, monitors[i].first, *monitors[i].second);
        write(columns);
    }
}

}  // namespace

void insert(db::Tx& tx, const crypto::SecretBox& box, const std::vector<std::pair<MonitorId, const MonitorDraft*>>& monitors) {
    in_columns(box, monitors, [&tx](const Columns& c) {
        tx.run(kInsert, {c.id, c.site_id, c.shard, c.share, c.kind, c.name, c.spec, c.interval, c.timeout, c.phase, c.regions,
                         c.placement, c.policy, c.severity, c.tags, c.enabled, c.paused, c.ping_token, c.secrets, c.secret_names, c.job_spec});
    });
}

void update(db::Tx& tx, const crypto::SecretBox& box, const std::vector<std::pair<MonitorId, const MonitorDraft*>>& monitors) {
    in_columns(box, monitors, [&tx](const Columns& c) {
        tx.run(kUpdate, {c.id, c.name, c.spec, c.interval, c.timeout, c.phase, c.regions, c.placement, c.policy, c.severity, c.tags, c.enabled, c.paused,
                         c.secrets, c.secret_names, c.job_spec});
    });
}

void set_policy(db::Tx& tx, MonitorId id, const check::Policy& policy) { tx.run(kSetPolicy, {id, json::dump(check::write_policy(policy))}); }

void rotate_ping_token(db::Tx& tx, MonitorId id) { tx.run(kGiveToken, {id, new_ping_token()}); }

void remove(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    in_parts(ids, 1'000, [&](const std::vector<std::int64_t>& part) { tx.run(kRemove, {part}); });
}

std::vector<std::string> missing_regions(db::Tx& tx, const std::vector<std::string>& names) {
    std::vector<std::string> missing = names;
    for (const auto row : tx.run(kHoldRegions, {names})) {
        missing.erase(std::remove(missing.begin(), missing.end(), row.text(0)), missing.end());
    }
    return missing;
}

}  // namespace sonde::controlplane::monitor_store
