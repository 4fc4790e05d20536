#include "controlplane/api/monitor/dependency.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/dependency_draft.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/monitor/relation_graph.h"

namespace sonde::controlplane::dependency_api {
namespace {

using decision::Node;
using decision::NodeKind;

constexpr std::int64_t kMostDependencies = 100'000;

// In the order of `read_row`.
constexpr std::string_view kSelect = R"(
    select d.id, d.child_kind, d.child_id, d.parent_kind, d.parent_id, d.note, d.version, d.created_at, d.updated_at from dependency d )";
constexpr db::Statement kInsert{"dependency_insert", R"(
    insert into dependency (id, child_kind, child_id, parent_kind, parent_id, note) values ($1, $2, $3, $4, $5, $6))"};
constexpr db::Statement kUpdate{"dependency_update", R"(
    update dependency set child_kind = $2, child_id = $3, parent_kind = $4, parent_id = $5, note = $6, version = version + 1, updated_at = now()
    where id = $1)"};
constexpr db::Statement kRemove{"dependency_remove", "delete from dependency where id = $1"};
constexpr db::Statement kCount{"dependency_count", "select count(*) from dependency"};

struct Dependency {
    DependencyId id;
    DependencyDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

Dependency read_row(const db::Row& row) {
    Dependency one;
    one.id = row.id<DependencyId>(0);
    one.draft.child = {from_name<NodeKind>(row.text(1)).value(), row.whole(2)};
    one.draft.parent = {from_name<NodeKind>(row.text(3)).value(), row.whole(4)};
    one.draft.note = row.text(5);
    one.version = row.small(6);
    one.created_at = row.time(7);
    one.updated_at = row.time(8);
    return one;
}

Json present(const Dependency& one) {
    Json document;
    document["id"] = one.id.text();
    json::add(document, write_dependency(one.draft));
    document["version"] = one.version;
    document["created_at"] = to_rfc3339(one.created_at);
    document["updated_at"] = to_rfc3339(one.updated_at);
    return document;
}

Dependency require(db::Tx& tx, DependencyId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("{}where d.id = $1{}", kSelect, suffix), {id});
    if (rows.empty()) not_found("there is no such dependency");
    return read_row(rows[0]);
}

bool is_there(db::Tx& tx, Node node) {
    switch (node.kind) {
        case NodeKind::monitor: return !relation::monitors(tx, {node.id}).empty();
        case NodeKind::site: return !relation::sites(tx, {node.id}).empty();
        case NodeKind::group: return !relation::groups(tx, {node.id}).empty();
    }
    return false;
}

// Both ends are there, and the edge closes no circle. Under the lock of relations.
void check(db::Tx& tx, const DependencyDraft& draft, std::optional<DependencyId> replaced) {
    json::Problems problems;
    const auto missing = [](Node node) { return fmt::format("there is no such {}", name_of(node.kind)); };
    if (!is_there(tx, draft.child)) problems.push_back({"/child/id", missing(draft.child)});
    if (!is_there(tx, draft.parent)) problems.push_back({"/parent/id", missing(draft.parent)});
    refuse_if_any(problems);
    const auto graph = load_graph(tx, replaced, std::nullopt, {draft.child, draft.parent});
    if (const auto way = graph.circle_with(draft.child, draft.parent)) {
        problems.push_back({"/parent", fmt::format("closes a circle: {}", describe_way(tx, *way))});
    }
    refuse_if_any(problems);
}

std::optional<Node> node_in_query(Query& query, std::string_view parameter, bool may_be_group) {
    const auto text = query.text(parameter, 40);
    if (!text) return std::nullopt;
    if (const auto id = MonitorId::parse(*text)) return decision::node_of(*id);
    if (const auto id = SiteId::parse(*text)) return decision::node_of(*id);
    if (const auto id = GroupId::parse(*text); id && may_be_group) return decision::node_of(*id);
    query.refuse(parameter, "is not an identifier of the right kind");
    return std::nullopt;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("dependencies", 1);
    const auto child = node_in_query(query, "child_id", false);
    const auto parent = node_in_query(query, "parent_id", true);
    query.finish();
    Conditions conditions;
    if (child) conditions.add("d.child_kind = ? and d.child_id = ?", {name_of(child->kind), child->id});
    if (parent) conditions.add("d.parent_kind = ? and d.parent_id = ?", {name_of(parent->kind), parent->id});
    if (page.after) conditions.add("d.id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        return tx.run_text(fmt::format("{}{} order by d.id limit {}", kSelect, conditions.where(), limit), conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(read_row(row)));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_dependency(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<DependencyId>();
    const auto made = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft, std::nullopt);
        if (tx.run(kCount)[0].whole(0) >= kMostDependencies) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} dependencies, the most there may be", kMostDependencies), {}};
        }
        tx.run(kInsert, {id, name_of(draft.child.kind), draft.child.id, name_of(draft.parent.kind), draft.parent.id, draft.note});
        return require(tx, id);
    });
    return resource_response(call.request, present(made), made.version, 201).with("Location", "/v1/dependencies/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DependencyId>(call, "dependency_id");
    const auto one = call.transact(backend, [&](db::Tx& tx) { return require(tx, id); });
    return resource_response(call.request, present(one), one.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DependencyId>(call, "dependency_id");
    const auto body = read_body(call);
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        const auto before = require(tx, id, " for no key update");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_dependency(patch ? patched(write_dependency(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft, id);
        tx.run(kUpdate, {id, name_of(draft.child.kind), draft.child.id, name_of(draft.parent.kind), draft.parent.id, draft.note});
        return require(tx, id);
    });
    return resource_response(call.request, present(one), one.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<DependencyId>(call, "dependency_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, id, " for update").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/dependencies", Permission::monitors_read, list},
        {Method::post, "/v1/dependencies", Permission::monitors_write, create},
        {Method::get, "/v1/dependencies/{dependency_id}", Permission::monitors_read, read},
        {Method::put, "/v1/dependencies/{dependency_id}", Permission::monitors_write, edit},
        {Method::patch, "/v1/dependencies/{dependency_id}", Permission::monitors_write, edit},
        {Method::del, "/v1/dependencies/{dependency_id}", Permission::monitors_write, remove},
    };
}

}  // namespace sonde::controlplane::dependency_api
