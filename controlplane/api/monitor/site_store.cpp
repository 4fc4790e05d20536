#include "controlplane/api/monitor/site_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "controlplane/api/endpoint/parts.h"

namespace sonde::controlplane::site_store {
namespace {

// In the order of `read`.
constexpr std::string_view kOwnColumns = "s.id, s.name, s.base_url, s.tags, s.owner_note, s.active, s.version, s.created_at, s.updated_at";
const std::string kColumns = fmt::format("{}, {}", kOwnColumns, worst_state());
constexpr int kColumnCount = 10;
const std::string kSelect = fmt::format("select {} from site s ", kColumns);
// Of thousands, and without their states: each is a question of its own, which nobody who asks for so many has.
const std::string kSelectAll = fmt::format("select {}, null::integer from site s where s.id = any($1::bigint[]) and s.deleted_at is null", kOwnColumns);

const std::string kFindSql = kSelect + "where s.id = $1 and s.deleted_at is null";
const std::string kLockSql = kFindSql + " for no key update of s";
const db::Statement kFind{"site_find", kFindSql};
const db::Statement kLock{"site_lock", kLockSql};
const db::Statement kFindAll{"site_find_all", kSelectAll};
// In one order for all, so that no two wait for each other.
const std::string kLockAllSql = kSelectAll + " order by s.id for no key update of s";
const db::Statement kLockAll{"site_lock_all", kLockAllSql};
constexpr db::Statement kHold{"site_hold", "select 1 from site where id = $1 and deleted_at is null for share"};

constexpr db::Statement kInsert{"site_insert", R"(
    insert into site (id, name, base_url, tags, owner_note, active)
    select id, name, base_url, tags::text[], owner_note, active
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[])
         as t (id, name, base_url, tags, owner_note, active))"};

constexpr db::Statement kUpdate{"site_update", R"(
    update site s set name = t.name, base_url = t.base_url, tags = t.tags::text[], owner_note = t.owner_note, active = t.active, version = s.version + 1,
           updated_at = now()
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[]) as t (id, name, base_url, tags, owner_note, active)
    where s.id = t.id)"};

constexpr db::Statement kRemove{"site_remove",
                                "update site set deleted_at = now(), updated_at = now(), version = version + 1 where id = any($1::bigint[])"};
constexpr db::Statement kRemoveMonitors{"site_remove_monitors", R"(
    update monitor set deleted_at = now(), updated_at = now(), version = version + 1 where site_id = any($1::bigint[]) and deleted_at is null)"};

// Of each that goes it is asked who else names it.
constexpr std::size_t kRemovedAtOnce = 1'000;

// In chunks, as columns.
void write(db::Tx& tx, const db::Statement& statement, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts) {
    constexpr std::size_t chunk = 1000;
    for (std::size_t begin = 0; begin < ids.size(); begin += chunk) {
        std::vector<std::int64_t> id;
        std::vector<std::string> name, base_url, tags, owner_note;
        std::vector<bool> active;
        for (std::size_t i = begin; i < std::min(ids.size(), begin + chunk); ++i) {
            const auto& draft = *drafts[i];
            id.push_back(ids[i].value());
            name.push_back(draft.name);
            base_url.push_back(draft.base_url);
            tags.push_back(*db::Param(draft.tags).text());  // arrays of arrays must be even: each travels as its text
            owner_note.push_back(draft.owner_note);
            active.push_back(draft.active);
        }
        tx.run(statement, {id, name, base_url, tags, owner_note, active});
    }
}

Site read(const db::Row& row) {
    Site site;
    site.id = row.id<SiteId>(0);
    site.draft = {std::string(row.text(1)), std::string(row.text(2)), row.texts(3), std::string(row.text(4)), row.boolean(5)};
    site.version = row.small(6);
    site.created_at = row.time(7);
    site.updated_at = row.time(8);
    if (!row.is_null(9)) site.state = static_cast<State>(row.small(9));
    return site;
}

std::optional<Site> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

}  // namespace

std::optional<Site> find(db::Tx& tx, SiteId id) { return first(tx.run(kFind, {id})); }

std::optional<Site> lock(db::Tx& tx, SiteId id) { return first(tx.run(kLock, {id})); }

std::vector<Site> lock_all(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    std::vector<Site> sites;
    for (const auto row : tx.run(kLockAll, {ids})) sites.push_back(read(row));
    return sites;
}

bool hold(db::Tx& tx, SiteId id) { return !tx.run(kHold, {id}).empty(); }

std::vector<Site> find_all(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    std::vector<Site> sites;
    for (const auto row : tx.run(kFindAll, {ids})) sites.push_back(read(row));
    return sites;
}

Sites list(db::Tx& tx, const SiteFilter& filter, const Sorting& sorting, const Page& page) {
    return read_sorted(tx, {kColumns, kColumnCount, "from site s"}, filter.conditions(tx), sorting, page, read);
}

void insert(db::Tx& tx, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts) { write(tx, kInsert, ids, drafts); }

void update(db::Tx& tx, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts) { write(tx, kUpdate, ids, drafts); }

void remove(db::Tx& tx, const std::vector<std::int64_t>& ids) {
    in_parts(ids, kRemovedAtOnce, [&](const std::vector<std::int64_t>& part) {
        tx.run(kRemove, {part});
        tx.run(kRemoveMonitors, {part});
    });
}

}  // namespace sonde::controlplane::site_store
