#include "controlplane/api/person/user.h"

#include <fmt/format.h>

#include <array>

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/id_list.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/role_store.h"
#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/login/login.h"
#include "lib/account/store.h"

namespace sonde::controlplane::user_api {
namespace {

namespace store = account::store;

constexpr std::array<SortKey, 5> kOrder{{
    {"id", "id", SortKey::Type::whole},
    {"name", "lower(name)", SortKey::Type::text},
    {"last_login_at", "coalesce(last_login_at, timestamptz 'epoch')", SortKey::Type::instant},  // never is before all
    {"created_at", "created_at", SortKey::Type::instant},
    {"updated_at", "updated_at", SortKey::Type::instant},
}};
// All that an item of the list may have.
constexpr std::array<std::string_view, 12> kMembers{"id", "name", "email", "role", "disabled", "channels", "has_password", "has_second_factor", "last_login_at", "version",
                                                    "created_at", "updated_at"};

account::User require(std::optional<account::User> user) {
    if (!user) not_found("there is no such user");
    return std::move(*user);
}

void refuse_unknown_role(db::Tx& tx, const std::string& role) {
    if (!store::role_exists(tx, role)) refuse_if_any({{"/role", fmt::format("there is no role \"{}\"", role)}});
}

void refuse_lock_out(db::Tx& tx, const account::AdminGuard& guard) {
    if (!guard.locked_out(tx)) return;
    throw http::ProblemError{http::problem::conflict, "this is the last user with the role admin who can log in: nobody could manage users any more", {}};
}

[[noreturn]] void taken(const db::DbError& error) {
    if (error.failure() != db::Failure::unique) throw error;
    const auto* what = error.constraint() == "person_email" ? "another user has this e-mail address" : "there is a user of this name already";
    throw http::ProblemError{http::problem::conflict, what, {}};
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kOrder);
    const auto page = query.page("users", sorting);
    const auto fields = query.fields(kMembers);
    const auto search = query.search();
    query.finish();
    Conditions conditions;
    if (search) search->add_to(conditions, "searchable(name || ' ' || coalesce(email, ''))");
    const auto users = call.transact(backend, [&](db::Tx& tx) {
        return read_sorted(tx, {store::kColumns, store::kColumnCount, "from person"}, conditions, sorting, page, store::read);
    });
    std::vector<Json> items;
    for (const auto& user : users.items) items.push_back(fields.of(present_user(user)));
    return page_response(call.request, page, std::move(items), [&users](std::size_t i) { return users.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_user(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<UserId>();
    try {
        const auto user = call.transact(backend, [&](db::Tx& tx) {
            refuse_unknown_role(tx, draft.role);
            refuse_missing_channels(tx, draft.channels);
            refuse_beyond(tx, call, draft.role, "give it");
            store::insert(tx, id, draft);
            return require(store::find(tx, id));
        });
        return resource_response(call.request, present_user(user), user.version, 201).with("Location", "/v1/users/" + id.text());
    } catch (const db::DbError& error) {
        taken(error);
    }
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    const auto user = require(call.transact(backend, [&](db::Tx& tx) { return store::find(tx, id); }));
    return resource_response(call.request, present_user(user), user.version);
}

account::User change(db::Tx& tx, const Call& call, UserId id, const Json& body) {
    const account::AdminGuard guard(tx);
    auto before = require(store::lock(tx, id));
    check_if_match(call.request, before.version);
    json::Problems problems;
    const bool patch = call.endpoint.method == http::Method::patch;
    const auto draft = read_user(patch ? patched(write_user(before.draft), body) : body, "", problems);
    refuse_if_any(problems);
    if (draft == before.draft) return before;
    refuse_beyond(tx, call, before.draft.role, "change who has it");
    if (draft.role != before.draft.role) {
        refuse_unknown_role(tx, draft.role);
        refuse_beyond(tx, call, draft.role, "give it");
    }
    if (draft.channels != before.draft.channels) refuse_missing_channels(tx, draft.channels);
    store::update(tx, id, draft);
    refuse_lock_out(tx, guard);
    return require(store::find(tx, id));
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    const auto body = read_body(call);
    try {
        const auto user = call.transact(backend, [&](db::Tx& tx) { return change(tx, call, id, body); });
        return resource_response(call.request, present_user(user), user.version);
    } catch (const db::DbError& error) {
        taken(error);
    }
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    call.transact(backend, [&](db::Tx& tx) {
        const account::AdminGuard guard(tx);
        const auto user = require(store::lock(tx, id));
        check_if_match(call.request, user.version);
        refuse_beyond(tx, call, user.draft.role, "delete who has it");
        store::remove(tx, id);
        refuse_lock_out(tx, guard);
    });
    return http::Response::empty();
}

// Shown once. Until it is used the password from before is good: whoever is to be kept out is disabled.
http::Response make_password_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    const auto expires_at = wall_now() + backend.login.options.password_token_lifetime;
    const auto token = call.transact(backend, [&](db::Tx& tx) {
        const auto user = require(store::lock(tx, id));
        refuse_beyond(tx, call, user.draft.role, "set the password of who has it");
        if (user.draft.disabled) throw http::ProblemError{http::problem::conflict, "the user is disabled", {}};
        audit::record(tx, call.actor, {"password.token", "user:" + id.text(), call.address});
        return store::make_password_token(tx, id, expires_at, call.actor.name);
    });
    return http::Response::json({{"token", token.reveal()}, {"expires_at", to_rfc3339(expires_at)}}, 201).with("Cache-Control", "no-store");
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/users", Permission::access_read, list},
        {Method::post, "/v1/users", Permission::access_write, create},
        {Method::get, "/v1/users/{user_id}", Permission::access_read, read},
        {Method::put, "/v1/users/{user_id}", Permission::access_write, edit},
        {Method::patch, "/v1/users/{user_id}", Permission::access_write, edit},
        {Method::del, "/v1/users/{user_id}", Permission::access_write, remove},
        {Method::post, "/v1/users/{user_id}/password-token", Permission::access_write, make_password_token},
    };
}

}  // namespace sonde::controlplane::user_api

namespace sonde::controlplane {

account::UserDraft read_user(const Json& document, const std::string& pointer, json::Problems& problems) {
    account::UserDraft draft;
    json::Reader in(document, pointer, problems);
    in.require({"name"});
    refuse_read_only(in, {"id", "has_password", "has_second_factor", "last_login_at", "version", "created_at", "updated_at"});
    if (in.text("name", draft.name) && !account::is_user_name(draft.name)) in.refuse("name", std::string(account::kUserNameRule));
    if (const auto* email = in.value("email"); email != nullptr && !email->is_null()) {
        if (in.text("email", draft.email, {.max = 254}) && !account::is_email(draft.email)) in.refuse("email", "must be an e-mail address");
    }
    in.text("role", draft.role, {.min = 1});
    in.boolean("disabled", draft.disabled);
    read_ids(in, "channels", draft.channels, problems);
    in.finish();
    return draft;
}

Json write_user(const account::UserDraft& draft) {
    return {{"name", draft.name}, {"email", draft.email.empty() ? Json(nullptr) : Json(draft.email)}, {"role", draft.role}, {"disabled", draft.disabled},
            {"channels", texts_of(draft.channels)}};
}

void refuse_missing_channels(db::Tx& tx, const std::vector<ChannelId>& channels) {
    json::Problems problems;
    relation::refuse_missing(channels, relation::channels(tx, relation::numbers(channels)), "/channels", "there is no such channel", problems);
    refuse_if_any(problems);
}

void refuse_beyond(db::Tx& tx, const Call& call, const std::string& role, std::string_view what) {
    const auto theirs = role_store::permissions_of(tx, role).value_or(Permissions{});
    if (call.actor.permissions.with({Permission::account_own}).includes(theirs)) return;
    throw http::ProblemError{http::problem::forbidden, fmt::format("the role \"{}\" may do more than you: you cannot {}", role, what), {}};
}

Json present_user(const account::User& user) {
    Json document;
    document["id"] = user.id.text();
    json::add(document, write_user(user.draft));
    document["has_password"] = user.has_password;
    document["has_second_factor"] = user.has_second_factor;
    document["last_login_at"] = user.last_login_at ? Json(to_rfc3339(*user.last_login_at)) : Json(nullptr);
    document["version"] = user.version;
    document["created_at"] = to_rfc3339(user.created_at);
    document["updated_at"] = to_rfc3339(user.updated_at);
    return document;
}

}  // namespace sonde::controlplane
