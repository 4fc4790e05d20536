#include "controlplane/access/role.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/role_store.h"

namespace sonde::controlplane::role_api {
namespace {

Json present(const StoredRole& role) {
    auto document = write_role(role.draft);
    document["built_in"] = false;
    document["version"] = role.version;
    document["created_at"] = to_rfc3339(role.created_at);
    document["updated_at"] = to_rfc3339(role.updated_at);
    return document;
}

std::string_view title_of(Role role) {
    switch (role) {
        case Role::viewer: return "Sees everything but who may do what.";
        case Role::operate: return "Also acts on incidents, runs checks, pauses monitors and plans maintenance.";
        case Role::admin: return "May do everything.";
    }
    return "";
}

Json present(Role role) {
    auto document = write_role({std::string(name_of(role)), std::string(title_of(role)), permissions_of(role)});
    document["built_in"] = true;
    document["version"] = 1;
    document["created_at"] = nullptr;
    document["updated_at"] = nullptr;
    return document;
}

StoredRole require(std::optional<StoredRole> role) {
    if (!role) not_found("there is no such role");
    return std::move(*role);
}

const std::string& path_name(const Call& call) { return call.request.parameters.at("role"); }

void refuse_built_in(const Call& call) {
    if (!from_name<Role>(path_name(call))) return;
    throw http::ProblemError{http::problem::conflict, "this role is built in and stays as it is", {}};
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("roles", 1);
    query.finish();
    const auto after = page.after ? page.after->text(0) : std::string{};
    const auto stored = call.transact(backend, [&](db::Tx& tx) { return role_store::list(tx, after, page.fetch()); });
    std::vector<Json> items;
    for (const auto& role : stored) items.push_back(present(role));
    for (std::size_t i = 0; i < EnumNames<Role>::names.size(); ++i) {
        if (EnumNames<Role>::names[i] > after) items.push_back(present(static_cast<Role>(i)));
    }
    const auto name_in = [](const Json& item) { return item["name"].get<std::string>(); };
    std::sort(items.begin(), items.end(), [&](const Json& a, const Json& b) { return name_in(a) < name_in(b); });
    if (items.size() > static_cast<std::size_t>(page.fetch())) items.resize(static_cast<std::size_t>(page.fetch()));
    std::vector<std::string> names;
    for (const auto& item : items) names.push_back(name_in(item));
    return page_response(call.request, page, std::move(items), [&names](std::size_t i) { return std::vector<Cursor::Value>{names[i]}; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_role(read_body(call), problems);
    refuse_if_any(problems);
    check_may_give(call, draft.permissions, "the role");
    const auto role = call.transact(backend, [&](db::Tx& tx) {
        role_store::insert(tx, draft);
        return require(role_store::find(tx, draft.name));
    });
    return resource_response(call.request, present(role), role.version, 201).with("Location", "/v1/roles/" + draft.name);
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto& name = path_name(call);
    if (const auto known = from_name<Role>(name)) return resource_response(call.request, present(*known), 1);
    const auto role = require(call.transact(backend, [&](db::Tx& tx) { return role_store::find(tx, name); }));
    return resource_response(call.request, present(role), role.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    refuse_built_in(call);
    const auto body = read_body(call);
    const auto role = call.transact(backend, [&](db::Tx& tx) {
        auto before = require(role_store::lock(tx, path_name(call)));
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_role(patch ? patched(write_role(before.draft), body) : body, problems);
        if (problems.empty() && draft.name != before.draft.name) problems.push_back({"/name", "the name of a role cannot change"});
        refuse_if_any(problems);
        check_may_give(call, before.draft.permissions.with(draft.permissions), "the role before or after");
        if (draft == before.draft) return before;
        role_store::update(tx, draft);
        return require(role_store::find(tx, draft.name));
    });
    return resource_response(call.request, present(role), role.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    refuse_built_in(call);
    call.transact(backend, [&](db::Tx& tx) {
        const auto role = require(role_store::lock(tx, path_name(call)));
        check_if_match(call.request, role.version);
        check_may_give(call, role.draft.permissions, "the role");
        if (const auto holders = role_store::holders(tx, role.draft.name); holders > 0) {
            throw http::ProblemError{http::problem::conflict, fmt::format("{} still {} this role; give another one first", holders, holders == 1 ? "has" : "have"), {}};
        }
        role_store::remove(tx, role.draft.name);
    });
    return http::Response::empty();
}

http::Response permissions(Backend&, const Call& call) {
    Query(call.request).finish();
    std::vector<Json> items;
    for (std::size_t i = 0; i < EnumNames<Permission>::names.size(); ++i) {
        items.push_back({{"key", EnumNames<Permission>::names[i]}, {"description", describe(static_cast<Permission>(i))}});
    }
    return list_response(call.request, std::move(items), std::nullopt);
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/permissions", Permission::access_read, permissions},
        {Method::get, "/v1/roles", Permission::access_read, list},
        {Method::post, "/v1/roles", Permission::access_write, create},
        {Method::get, "/v1/roles/{role}", Permission::access_read, read},
        {Method::put, "/v1/roles/{role}", Permission::access_write, edit},
        {Method::patch, "/v1/roles/{role}", Permission::access_write, edit},
        {Method::del, "/v1/roles/{role}", Permission::access_write, remove},
    };
}

}  // namespace sonde::controlplane::role_api

namespace sonde::controlplane {

void check_may_give(const Call& call, Permissions permissions, std::string_view what) {
    if (call.actor.permissions.includes(permissions)) return;
    std::string lacking;
    for (const auto& key : keys_of(permissions)) {
        if (!call.actor.permissions.has(*from_name<Permission>(key))) lacking += (lacking.empty() ? "" : ", ") + key;
    }
    throw http::ProblemError{http::problem::forbidden, fmt::format("{} has what you lack yourself: {}", what, lacking), {}};
}

}  // namespace sonde::controlplane
