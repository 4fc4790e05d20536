#include "controlplane/api/site_store.h"

#include <fmt/format.h>

namespace sonde::controlplane::site_store {
namespace {

// In the order of `read`. The worst state is found by its place in the list, which is that of the enum.
const std::string kSelect = fmt::format(R"(
    select s.id, s.name, s.base_url, s.tags, s.owner_note, s.active, s.version, s.created_at, s.updated_at,
           (select max(array_position(array['{}'], {})) - 1
            from monitor m left join monitor_state ms on ms.monitor_id = m.id
            where m.site_id = s.id and m.deleted_at is null)
    from site s )",
                                        fmt::join(EnumNames<State>::names, "','"), kShownState);

const std::string kFindSql = kSelect + "where s.id = $1 and s.deleted_at is null";
const std::string kLockSql = kFindSql + " for no key update of s";
const db::Statement kFind{"site_find", kFindSql};
const db::Statement kLock{"site_lock", kLockSql};
constexpr db::Statement kHold{"site_hold", "select 1 from site where id = $1 and deleted_at is null for share"};

constexpr db::Statement kInsert{"site_insert", R"(
    insert into site (id, name, base_url, tags, owner_note, active)
    select id, name, base_url, tags::text[], owner_note, active
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[])
         as t (id, name, base_url, tags, owner_note, active))"};

constexpr db::Statement kUpdate{"site_update", R"(
    update site set name = $2, base_url = $3, tags = $4, owner_note = $5, active = $6, version = version + 1, updated_at = now()
    where id = $1)"};

constexpr db::Statement kRemove{"site_remove",
                                "update site set deleted_at = now(), updated_at = now(), version = version + 1 where id = $1"};
constexpr db::Statement kRemoveMonitors{"site_remove_monitors", R"(
    update monitor set deleted_at = now(), updated_at = now(), version = version + 1 where site_id = $1 and deleted_at is null)"};

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

bool hold(db::Tx& tx, SiteId id) { return !tx.run(kHold, {id}).empty(); }

std::vector<Site> list(db::Tx& tx, const SiteFilter& filter, const Page& page) {
    Conditions conditions;
    conditions.add("s.deleted_at is null");
    if (filter.name) conditions.add("s.name = ?", {*filter.name});
    if (filter.tag) conditions.add("? = any(s.tags)", {*filter.tag});
    if (filter.active) conditions.add("s.active = ?", {*filter.active});
    if (page.after) conditions.add("s.id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    std::vector<Site> sites;
    for (const auto row :
         tx.run_text(fmt::format("{}{} order by s.id limit {}", kSelect, conditions.where(), limit), conditions.params())) {
        sites.push_back(read(row));
    }
    return sites;
}

void insert(db::Tx& tx, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts) {
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
        tx.run(kInsert, {id, name, base_url, tags, owner_note, active});
    }
}

void update(db::Tx& tx, SiteId id, const SiteDraft& draft) {
    tx.run(kUpdate, {id, draft.name, draft.base_url, draft.tags, draft.owner_note, draft.active});
}

void remove(db::Tx& tx, SiteId id) {
    tx.run(kRemove, {id});
    tx.run(kRemoveMonitors, {id});
}

}  // namespace sonde::controlplane::site_store
