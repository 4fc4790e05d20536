#include "controlplane/api/monitor/group.h"

#include <fmt/format.h>

#include <array>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/monitor/group_draft.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/monitor/relation_graph.h"

namespace sonde::controlplane::group_api {
namespace {

constexpr std::int64_t kMostGroups = 20'000;

// In the order of `read_row`.
constexpr std::string_view kColumns = R"(
    g.id, g.site_id, g.name, g.needed, g.severity, g.pages, g.quiet_members, g.members, g.version, g.created_at, g.updated_at,
           st.state, st.since, st.core)";
constexpr int kColumnCount = 14;
constexpr std::string_view kFrom = "from monitor_group g left join group_state st on st.group_id = g.id ";
constexpr db::Statement kInsert{"group_insert", R"(
    insert into monitor_group (id, site_id, name, needed, severity, pages, quiet_members, members) values ($1, $2, $3, $4, $5, $6, $7, $8))"};
constexpr db::Statement kUpdate{"group_update", R"(
    update monitor_group set name = $2, needed = $3, severity = $4, pages = $5, quiet_members = $6, members = $7, version = version + 1,
           updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"group_remove", "update monitor_group set deleted_at = now(), updated_at = now(), version = version + 1 where id = $1"};
constexpr db::Statement kCount{"group_count", "select count(*) from monitor_group where deleted_at is null"};

constexpr std::array<SortKey, 4> kOrder{{
    {"id", "g.id", SortKey::Type::whole},
    {"name", "lower(g.name)", SortKey::Type::text},
    {"created_at", "g.created_at", SortKey::Type::instant},
    {"updated_at", "g.updated_at", SortKey::Type::instant},
}};
// All that an item of the list may have.
constexpr std::array<std::string_view, 14> kMembers{"id", "site_id", "name", "needed", "severity", "pages", "quiet_members", "members", "state", "since", "counts",
                                                    "version", "created_at", "updated_at"};

struct Group {
    GroupId id;
    GroupDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
    decision::GroupState state;  // as the engine found it
};

Group read_row(const db::Row& row) {
    Group group;
    group.id = row.id<GroupId>(0);
    group.draft.site = row.id<SiteId>(1);
    group.draft.name = row.text(2);
    group.draft.needed = row.small(3);
    group.draft.severity = from_name<decision::Severity>(row.text(4)).value_or(decision::Severity::critical);
    group.draft.pages = row.boolean(5);
    group.draft.quiet_members = row.boolean(6);
    for (const auto member : row.wholes(7)) group.draft.members.push_back(MonitorId{member});
    group.version = row.small(8);
    group.created_at = row.time(9);
    group.updated_at = row.time(10);
    group.state.since = group.created_at;
    if (!row.is_null(13)) {
        if (const auto state = decision::read_group_state(row.text(13))) group.state = *state;
    }
    return group;
}

Json present(const Group& group) {
    const auto& count = group.state.count;
    Json document;
    document["id"] = group.id.text();
    json::add(document, write_group(group.draft));
    document["state"] = name_of(group.state.shown);
    document["since"] = to_rfc3339(group.state.since);
    document["counts"] = {{"watched", count.members}, {"up", count.up}, {"degraded", count.degraded}, {"down", count.down},
                          {"excused", count.excused}, {"unknown", count.unknown}};
    document["version"] = group.version;
    document["created_at"] = to_rfc3339(group.created_at);
    document["updated_at"] = to_rfc3339(group.updated_at);
    return document;
}

Group require(db::Tx& tx, GroupId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("select {} {}where g.id = $1 and g.deleted_at is null{}", kColumns, kFrom, suffix), {id});
    if (rows.empty()) not_found("there is no such group");
    return read_row(rows[0]);
}

// Site and members are there, and no member depends on the group. Under the lock of relations.
void check(db::Tx& tx, const GroupDraft& draft, std::optional<GroupId> replaced) {
    json::Problems problems;
    if (relation::sites(tx, {draft.site.value()}).empty()) problems.push_back({"/site_id", "there is no such site"});
    relation::refuse_missing(draft.members, relation::monitors(tx, relation::numbers(draft.members)), "/members", "there is no such monitor", problems);
    refuse_if_any(problems);
    if (!replaced) return;  // nobody can depend on it yet
    std::vector<decision::Node> mentioned;
    for (const auto member : draft.members) mentioned.push_back(decision::node_of(member));
    auto graph = load_graph(tx, std::nullopt, replaced, mentioned);
    decision::GroupDefinition group;
    group.id = *replaced;
    group.members = draft.members;
    graph.put_group(group);
    for (std::size_t i = 0; i < draft.members.size(); ++i) {
        if (const auto way = graph.circle_with(*replaced, draft.members[i])) {
            problems.push_back({fmt::format("/members/{}", i), fmt::format("closes a circle: {}", describe_way(tx, *way))});
        }
    }
    refuse_if_any(problems);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kOrder);
    const auto page = query.page("groups", sorting);
    const auto fields = query.fields(kMembers);
    const auto site = query.id<SiteId>("site_id");
    const auto member = query.id<MonitorId>("member_id");
    const auto name = query.text("name");
    const auto state = query.name<decision::State>("state");
    const auto search = query.search();
    query.finish();
    Conditions conditions;
    conditions.add("g.deleted_at is null");
    if (site) conditions.add("g.site_id = ?", {*site});
    if (member) conditions.add("g.members @> array[?::bigint]", {*member});
    if (name) conditions.add("g.name = ?", {*name});
    if (state) conditions.add("coalesce(st.state, 'pending') = ?", {name_of(*state)});
    if (search) search->add_to(conditions, "searchable(g.name)");
    const auto groups = call.transact(backend, [&](db::Tx& tx) { return read_sorted(tx, {kColumns, kColumnCount, kFrom}, conditions, sorting, page, read_row); });
    std::vector<Json> items;
    for (const auto& group : groups.items) items.push_back(fields.of(present(group)));
    return page_response(call.request, page, std::move(items), [&groups](std::size_t i) { return groups.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_group(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<GroupId>();
    const auto group = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft, std::nullopt);
        if (tx.run(kCount)[0].whole(0) >= kMostGroups) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} groups, the most there may be", kMostGroups), {}};
        }
        tx.run(kInsert, {id, draft.site, draft.name, draft.needed, name_of(draft.severity), draft.pages, draft.quiet_members,
                         relation::numbers(draft.members)});
        return require(tx, id);
    });
    return resource_response(call.request, present(group), group.version, 201).with("Location", "/v1/groups/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<GroupId>(call, "group_id");
    const auto group = call.transact(backend, [&](db::Tx& tx) { return require(tx, id); });
    return resource_response(call.request, present(group), group.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<GroupId>(call, "group_id");
    const auto body = read_body(call);
    const auto group = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        const auto before = require(tx, id, " for no key update of g");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_group(patch ? patched(write_group(before.draft), body) : body, "", problems);
        if (problems.empty() && draft.site != before.draft.site) problems.push_back({"/site_id", "cannot be changed"});
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft, id);
        tx.run(kUpdate, {id, draft.name, draft.needed, name_of(draft.severity), draft.pages, draft.quiet_members, relation::numbers(draft.members)});
        return require(tx, id);
    });
    return resource_response(call.request, present(group), group.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<GroupId>(call, "group_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, id, " for no key update of g").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/groups", Permission::monitors_read, list},
        {Method::post, "/v1/groups", Permission::monitors_write, create},
        {Method::get, "/v1/groups/{group_id}", Permission::monitors_read, read},
        {Method::put, "/v1/groups/{group_id}", Permission::monitors_write, edit},
        {Method::patch, "/v1/groups/{group_id}", Permission::monitors_write, edit},
        {Method::del, "/v1/groups/{group_id}", Permission::monitors_write, remove},
    };
}

}  // namespace sonde::controlplane::group_api
