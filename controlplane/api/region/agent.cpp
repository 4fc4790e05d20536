#include "controlplane/api/region/agent.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "lib/admission/id.h"
#include "lib/log/log.h"

namespace sonde::controlplane::agent_api {
namespace {

constexpr std::size_t kLongestName = 64;

constexpr std::string_view kSelect = R"(
    select region, name, version, started_at, last_seen_at, coalesce(last_seen_at > now() - interval '15 seconds', false) and revoked_at is null, draining,
           clock_offset_ms, in_flight, queued, capacity, checks, checks_per_second, spooled_bytes, dropped, id, edition, public_key, join_token, joined_at,
           joined_from, revoked_at, revoked_by,
           case when public_key is null then 'configured'
                when revoked_at is null then 'joined'
                when exists (select from agent_key_revocation r where r.public_key = agent.public_key and r.told_at is null) then 'revoking'
                else 'revoked' end
    from agent )";

constexpr db::Statement kRename{"agent_rename", "update agent set name = $2, edition = edition + 1 where id = $1"};
constexpr db::Statement kRevoke{"agent_revoke", "update agent set revoked_at = now(), revoked_by = $2, edition = edition + 1 where id = $1"};
constexpr db::Statement kRemove{"agent_remove", "delete from agent where id = $1"};

Json admission_of(const db::Row& row) {
    Json document;
    document["state"] = row.text(23);
    document["public_key"] = text_or_null(row, 17);
    document["join_token"] = row.is_null(18) ? Json(nullptr) : Json(row.id<JoinTokenId>(18).text());
    document["joined_at"] = instant_or_null(row, 19);
    document["joined_from"] = text_or_null(row, 20);
    document["revoked_at"] = instant_or_null(row, 21);
    document["revoked_by"] = text_or_null(row, 22);
    return document;
}

Json present(const db::Row& row) {
    Json document;
    document["id"] = row.id<AgentId>(15).text();
    document["region"] = row.text(0);
    document["name"] = row.text(1);
    document["version"] = text_or_null(row, 2);
    document["started_at"] = instant_or_null(row, 3);
    document["last_seen_at"] = instant_or_null(row, 4);
    document["live"] = row.boolean(5);
    document["draining"] = row.boolean(6);
    document["clock_offset_ms"] = row.whole(7);
    document["in_flight"] = row.whole(8);
    document["queued"] = row.whole(9);
    document["capacity"] = row.whole(10);
    document["checks"] = row.whole(11);
    document["checks_per_second"] = row.real(12);
    document["spooled_bytes"] = row.whole(13);
    document["dropped"] = row.whole(14);
    document["admission"] = admission_of(row);
    return document;
}

// One agent, locked where it is about to change.
db::Rows find(db::Tx& tx, AgentId id, bool lock = false) {
    auto rows = tx.run_text(fmt::format("{}where id = $1{}", kSelect, lock ? " for update" : ""), {id});
    if (rows.empty()) not_found("there is no such agent");
    return rows;
}

bool is_joined(const db::Row& row) { return !row.is_null(17); }
bool is_revoked(const db::Row& row) { return !row.is_null(21); }

void tell(std::string_view event, const db::Row& row, const Call& call) {
    log::info(event, "id", row.id<AgentId>(15).text(), "region", row.text(0), "name", row.text(1), "by", call.actor.name);
}

http::Response answer(const Call& call, const db::Rows& rows) { return resource_response(call.request, present(rows[0]), rows[0].small(16)); }

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("agents", 2);
    const auto region = query.region("region");
    query.finish();
    Conditions conditions;
    if (region) conditions.add("region = ?", {*region});
    if (page.after) conditions.add("(region, name) > (?, ?)", {page.after->text(0), page.after->text(1)});
    const auto sql =
        fmt::format("{}{} order by region, name limit {}", kSelect, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = call.transact(backend, [&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        const auto row = rows[static_cast<int>(i)];
        return std::vector<Cursor::Value>{std::string(row.text(0)), std::string(row.text(1))};
    });
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<AgentId>(call, "agent_id");
    return answer(call, call.transact(backend, [&](db::Tx& tx) { return find(tx, id); }));
}

http::Response rename(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<AgentId>(call, "agent_id");
    const auto body = read_body(call);
    std::string name;
    json::Problems problems;
    json::Reader in(body, "", problems);
    if (in.text("name", name, {.min = 1, .max = kLongestName}) && !is_agent_name(name)) in.refuse("name", "must be of letters, digits, -, _ and .");
    in.finish();
    refuse_if_any(problems);
    try {
        const auto rows = call.transact(backend, [&](db::Tx& tx) {
            auto before = find(tx, id, true);
            check_if_match(call.request, before[0].small(16));
            if (name.empty() || before[0].text(1) == name) return before;
            if (!is_joined(before[0])) {
                throw http::ProblemError{http::problem::conflict, "it did not join: its name is that of its own configuration", {}};
            }
            tx.run(kRename, {id, name});
            tell("agent_renamed", before[0], call);
            return find(tx, id);
        });
        return answer(call, rows);
    } catch (const db::DbError& error) {
        if (error.failure() != db::Failure::unique) throw;
        throw http::ProblemError{http::problem::conflict, fmt::format("the region has an agent \"{}\" already", name), {}};
    }
}

http::Response revoke(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<AgentId>(call, "agent_id");
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        auto before = find(tx, id, true);
        check_if_match(call.request, before[0].small(16));
        if (!is_joined(before[0])) {
            throw http::ProblemError{http::problem::conflict, "it did not join: take its user out of the bus's own configuration", {}};
        }
        if (is_revoked(before[0])) return before;
        tx.run(kRevoke, {id, call.actor.name});
        tell("agent_revoked", before[0], call);
        return find(tx, id);
    });
    return answer(call, rows);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<AgentId>(call, "agent_id");
    call.transact(backend, [&](db::Tx& tx) {
        const auto before = find(tx, id, true);
        check_if_match(call.request, before[0].small(16));
        // Who is to be told in whose name its key was revoked reads it there.
        if (is_joined(before[0]) && !is_revoked(before[0])) tx.run(kRevoke, {id, call.actor.name});
        tx.run(kRemove, {id});
        tell("agent_removed", before[0], call);
    });
    return http::Response::empty();
}

}  // namespace

bool is_agent_name(std::string_view name) {
    return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/agents", Permission::regions_read, list},
        {Method::get, "/v1/agents/{agent_id}", Permission::regions_read, read},
        {Method::patch, "/v1/agents/{agent_id}", Permission::regions_write, rename},
        {Method::del, "/v1/agents/{agent_id}", Permission::regions_write, remove},
        {Method::post, "/v1/agents/{agent_id}/revoke", Permission::regions_write, revoke},
    };
}

}  // namespace sonde::controlplane::agent_api
