#include "controlplane/access/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controlplane/access/client_store.h"
#include "controlplane/access/role.h"
#include "controlplane/access/role_draft.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/role_store.h"
#include "controlplane/api/monitor/relation.h"

namespace sonde::controlplane::client_api {
namespace {

constexpr std::chrono::hours kOverlap{24};
constexpr std::chrono::hours kLongestOverlap{24 * 30};

// All that an item of the list may have.
constexpr std::array<std::string_view, 14> kMembers{"id", "name", "role", "scopes", "restriction", "expires_at", "permissions", "secrets", "last_used_at",
                                                    "revoked_at", "created_by", "version", "created_at", "updated_at"};

Json instant(const std::optional<TimePoint>& at) { return at ? Json(to_rfc3339(*at)) : Json(nullptr); }

// What it may do with what its role may do now.
Json present(db::Tx& tx, const ApiClient& client) {
    Json document;
    document["id"] = client.id.text();
    json::add(document, write_client(client.draft));
    document["permissions"] = write_permissions(client.draft.permissions(role_store::permissions_of(tx, client.draft.role).value_or(Permissions{})));
    document["secrets"] = Json::array();
    std::optional<TimePoint> used;
    for (const auto& secret : client.secrets) {
        document["secrets"].push_back({{"created_at", to_rfc3339(secret.created_at)}, {"expires_at", instant(secret.expires_at)},
                                       {"last_used_at", instant(secret.last_used_at)}});
        used = std::max(used, secret.last_used_at);
    }
    document["last_used_at"] = instant(used);
    document["revoked_at"] = instant(client.revoked_at);
    document["created_by"] = client.created_by;
    document["version"] = client.version;
    document["created_at"] = to_rfc3339(client.created_at);
    document["updated_at"] = to_rfc3339(client.updated_at);
    return document;
}

ApiClient require(std::optional<ApiClient> client) {
    if (!client) not_found("there is no such client");
    return std::move(*client);
}

ApiClient require_good(std::optional<ApiClient> client) {
    auto found = require(std::move(client));
    if (found.revoked_at) throw http::ProblemError{http::problem::conflict, "this client is revoked; make another one", {}};
    return found;
}

struct Shown {
    Json document;
    int version = 1;
};

Shown show(db::Tx& tx, ClientId id) {
    const auto client = require(client_store::find(tx, id));
    return {present(tx, client), client.version};
}

// The only answer that ever has the secret.
http::Response reveal(const Call& call, Shown shown, const Secret& secret, int status) {
    auto response = resource_response(call.request, shown.document, shown.version, status);
    shown.document["secret"] = secret.reveal();
    response.body = json::dump(shown.document);
    return std::move(response).with("Cache-Control", "no-store");
}

// What the draft refers to is there and stays, and the caller may give it. `before`: what it was, of an edit.
void check(db::Tx& tx, const Call& call, const ClientDraft& draft, const ClientDraft* before) {
    json::Problems problems;
    const auto of_role = role_store::hold(tx, draft.role);
    if (!of_role) problems.push_back({"/role", "there is no such role"});
    if (of_role && draft.scopes && !of_role->includes(*draft.scopes)) {
        for (const auto& key : keys_of(*draft.scopes)) {
            if (!of_role->has(*from_name<Permission>(key))) problems.push_back({"/scopes", fmt::format("\"{}\" is none of the role's permissions", key)});
        }
    }
    if (draft.expires_at && *draft.expires_at <= wall_now() && (before == nullptr || before->expires_at != draft.expires_at)) {
        problems.push_back({"/expires_at", "must be in the future; to end a client now, revoke it"});
    }
    if (draft.restriction && (before == nullptr || before->restriction != draft.restriction)) {
        relation::refuse_missing(draft.restriction->sites, relation::sites(tx, relation::numbers(draft.restriction->sites)), "/restriction/sites",
                                 "there is no such site", problems);
    }
    refuse_if_any(problems);
    check_may_give(call, draft.permissions(*of_role), "the client");
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kClientOrder);
    const auto page = query.page("clients", sorting);
    const auto fields = query.fields(kMembers);
    const ClientFilter filter{query.text("name", 100), query.text("role", 32), query.boolean("revoked"), query.search()};
    if (filter.role && !is_role_name(*filter.role)) query.refuse("role", "must be the name of a role: lower-case letters, digits, `-` and `_`, beginning with a letter");
    query.finish();
    Sorted<ApiClient> clients;
    std::vector<Json> items;
    call.transact(backend, [&](db::Tx& tx) {
        clients = client_store::list(tx, filter, sorting, page);
        items.clear();
        for (const auto& client : clients.items) items.push_back(fields.of(present(tx, client)));
    });
    return page_response(call.request, page, std::move(items), [&clients](std::size_t i) { return clients.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_client(read_body(call), problems);
    refuse_if_any(problems);
    const auto id = new_id<ClientId>();
    auto [shown, secret] = call.transact(backend, [&](db::Tx& tx) {
        check(tx, call, draft, nullptr);
        client_store::insert(tx, id, draft, call.actor.name);
        auto made = client_store::add_secret(tx, id, milliseconds{0});
        return std::pair{show(tx, id), std::move(made)};
    });
    return reveal(call, std::move(shown), secret, 201).with("Location", "/v1/clients/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ClientId>(call, "client_id");
    const auto shown = call.transact(backend, [&](db::Tx& tx) { return show(tx, id); });
    return resource_response(call.request, shown.document, shown.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ClientId>(call, "client_id");
    const auto body = read_body(call);
    const auto shown = call.transact(backend, [&](db::Tx& tx) {
        const auto before = require_good(client_store::lock(tx, id));
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_client(patch ? patched(write_client(before.draft), body) : body, problems);
        refuse_if_any(problems);
        check(tx, call, draft, &before.draft);
        if (draft != before.draft) client_store::update(tx, id, draft);
        return show(tx, id);
    });
    return resource_response(call.request, shown.document, shown.version);
}

http::Response rotate(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ClientId>(call, "client_id");
    json::Problems problems;
    milliseconds overlap = kOverlap;
    const auto body = read_optional_body(call);
    json::Reader in(body, "", problems);
    in.duration_ms("overlap_ms", overlap, milliseconds{0}, kLongestOverlap);
    in.finish();
    refuse_if_any(problems);
    auto [shown, secret] = call.transact(backend, [&](db::Tx& tx) {
        const auto client = require_good(client_store::lock(tx, id));
        check_if_match(call.request, client.version);
        // Whoever has the secret may do what the client may.
        check_may_give(call, client.draft.permissions(role_store::hold(tx, client.draft.role).value_or(Permissions{})), "the client");
        if (client.secrets.size() >= static_cast<std::size_t>(client_store::kMostSecrets)) {
            throw http::ProblemError{http::problem::conflict,
                                     fmt::format("{} secrets of this client still work, as many as may; wait for one to expire", client.secrets.size()), {}};
        }
        auto made = client_store::add_secret(tx, id, overlap);
        return std::pair{show(tx, id), std::move(made)};
    });
    return reveal(call, std::move(shown), secret, 200);
}

// Once is enough: a client that is revoked is revoked.
http::Response revoke(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<ClientId>(call, "client_id");
    json::Problems problems;
    const auto body = read_optional_body(call);
    json::Reader(body, "", problems).finish();
    refuse_if_any(problems);
    const auto shown = call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(client_store::lock(tx, id)).version);
        client_store::revoke(tx, id);
        return show(tx, id);
    });
    return resource_response(call.request, shown.document, shown.version);
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/clients", Permission::access_read, list},
        {Method::post, "/v1/clients", Permission::access_write, create},
        {Method::get, "/v1/clients/{client_id}", Permission::access_read, read},
        {Method::put, "/v1/clients/{client_id}", Permission::access_write, edit},
        {Method::patch, "/v1/clients/{client_id}", Permission::access_write, edit},
        {Method::post, "/v1/clients/{client_id}/rotate", Permission::access_write, rotate},
        {Method::post, "/v1/clients/{client_id}/revoke", Permission::access_write, revoke},
    };
}

}  // namespace sonde::controlplane::client_api
