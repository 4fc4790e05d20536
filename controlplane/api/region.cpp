#include "controlplane/api/region.h"

#include <fmt/format.h>

#include "controlplane/api/body.h"
#include "controlplane/api/conditions.h"
#include "controlplane/api/precondition.h"
#include "controlplane/api/query.h"
#include "lib/message/subject.h"

namespace sonde::controlplane {
namespace {

struct Region {
    RegionDraft draft;
    int agents_live = 0;
    bool covered = false;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

// In the order of `read_row`. Until the engine has judged the coverage, the agents themselves tell.
const std::string kSelect = R"(
    select r.name, r.title, r.failure_domain, a.live, coalesce(c.covered, a.live > 0), r.version, r.created_at, r.updated_at
    from region r
    cross join lateral (select count(*) as live from agent
                        where agent.region = r.name and last_seen_at > now() - interval '15 seconds') a
    left join region_coverage c on c.region = r.name )";

const std::string kFindSql = kSelect + "where r.name = $1";
const std::string kLockSql = kFindSql + " for update of r";
const db::Statement kFind{"region_find", kFindSql};
const db::Statement kLock{"region_lock", kLockSql};
constexpr db::Statement kInsert{"region_insert", "insert into region (name, title, failure_domain) values ($1, $2, $3)"};
constexpr db::Statement kUpdate{"region_update", R"(
    update region set title = $2, failure_domain = $3, version = version + 1, updated_at = now() where name = $1)"};
constexpr db::Statement kUsed{"region_used", R"(
    select count(*), min(id) from monitor where deleted_at is null and $1 = any(regions))"};
constexpr db::Statement kRemove{"region_remove", "delete from region where name = $1"};

Region read_row(const db::Row& row) {
    return {{std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))},
            row.small(3),
            row.boolean(4),
            row.small(5),
            row.time(6),
            row.time(7)};
}

Region require(const db::Rows& rows) {
    if (rows.empty()) not_found("there is no such region");
    return read_row(rows[0]);
}

Json present(const Region& region) {
    auto document = write_region(region.draft);
    document["agents_live"] = region.agents_live;
    document["covered"] = region.covered;
    document["version"] = region.version;
    document["created_at"] = to_rfc3339(region.created_at);
    document["updated_at"] = to_rfc3339(region.updated_at);
    return document;
}

std::string path_name(const Call& call) {
    const auto& name = call.request.parameters.at("region");
    if (!message::subject::is_region_name(name)) not_found("there is no such region");
    return name;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("regions", 1);
    query.finish();
    Conditions conditions;
    if (page.after) conditions.add("r.name > ?", {page.after->text(0)});
    const auto sql = fmt::format("{}{} order by r.name limit {}", kSelect, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = backend.pool.transact([&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(read_row(row)));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        return std::vector<Cursor::Value>{std::string(rows[static_cast<int>(i)].text(0))};
    });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_region(read_body(call), "", problems);
    refuse_if_any(problems);
    try {
        const auto region = backend.pool.transact([&](db::Tx& tx) {
            tx.run(kInsert, {draft.name, draft.title, draft.failure_domain});
            return require(tx.run(kFind, {draft.name}));
        });
        return resource_response(call.request, present(region), region.version, 201)
            .with("Location", "/v1/regions/" + draft.name);
    } catch (const db::DbError& error) {
        if (error.failure() != db::Failure::unique) throw;
        throw http::ProblemError{http::problem::conflict, fmt::format("there is a region \"{}\" already", draft.name), {}};
    }
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto name = path_name(call);
    const auto region = require(backend.pool.transact([&](db::Tx& tx) { return tx.run(kFind, {name}); }));
    return resource_response(call.request, present(region), region.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto name = path_name(call);
    const auto body = read_body(call);
    const auto region = backend.pool.transact([&](db::Tx& tx) {
        auto before = require(tx.run(kLock, {name}));
        check_if_match(call.request, before.version);
        json::Problems problems;
        const auto draft = read_region(patched(write_region(before.draft), body), "", problems);
        if (problems.empty() && draft.name != name) problems.push_back({"/name", "the name of a region cannot change"});
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        tx.run(kUpdate, {name, draft.title, draft.failure_domain});
        return require(tx.run(kFind, {name}));
    });
    return resource_response(call.request, present(region), region.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto name = path_name(call);
    backend.pool.transact([&](db::Tx& tx) {
        // Monitors hold the rows of their regions while they are written, so none can come to name this one in between.
        check_if_match(call.request, require(tx.run(kLock, {name})).version);
        const auto used = tx.run(kUsed, {name});
        if (const auto count = used[0].whole(0); count > 0) {
            throw http::ProblemError{http::problem::conflict,
                                     fmt::format("{} monitor{} this region, the first of them {}", count,
                                                 count == 1 ? " names" : "s name", used[0].id<MonitorId>(1).text()),
                                     {}};
        }
        tx.run(kRemove, {name});
    });
    return http::Response::empty();
}

}  // namespace

RegionDraft read_region(const Json& document, const std::string& pointer, json::Problems& problems) {
    RegionDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name"});
    if (in.text("name", draft.name, {.min = 1, .max = 32}) && !message::subject::is_region_name(draft.name)) {
        in.refuse("name", "must be a-z, 0-9 and -, beginning with a letter");
    } else if (draft.name == message::subject::push_region) {
        in.refuse("name", "is reserved: it is where pings come from");
    }
    in.text("title", draft.title);
    draft.failure_domain = draft.name;
    in.text("failure_domain", draft.failure_domain, {.min = 1, .max = 64});
    refuse_read_only(in, {"agents_live", "covered", "version", "created_at", "updated_at"});
    in.finish();
    return draft;
}

Json write_region(const RegionDraft& draft) {
    Json document;
    document["name"] = draft.name;
    document["title"] = draft.title;
    document["failure_domain"] = draft.failure_domain;
    return document;
}

Endpoints region_endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/regions", Role::viewer, list},           {Method::post, "/v1/regions", Role::admin, create},
        {Method::get, "/v1/regions/{region}", Role::viewer, read},  {Method::patch, "/v1/regions/{region}", Role::admin, edit},
        {Method::del, "/v1/regions/{region}", Role::admin, remove},
    };
}

}  // namespace sonde::controlplane
