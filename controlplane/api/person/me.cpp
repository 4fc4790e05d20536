#include "controlplane/api/person/me.h"

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/id_list.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/person/own_password.h"
#include "controlplane/api/person/session.h"
#include "controlplane/api/person/sign_in.h"
#include "controlplane/api/person/user.h"
#include "controlplane/login/login.h"
#include "lib/account/password.h"
#include "lib/account/store.h"

namespace sonde::controlplane::me_api {
namespace {

namespace store = account::store;

Json names_of(Permissions permissions) {
    Json names = Json::array();
    for (std::size_t i = 0; i < EnumNames<Permission>::names.size(); ++i) {
        if (permissions.has(static_cast<Permission>(i))) names.push_back(EnumNames<Permission>::names[i]);
    }
    return names;
}

// Also of a token, which is nobody's: then without a user.
http::Response who_am_i(Backend& backend, const Call& call) {
    Query(call.request).finish();
    Json document{{"actor", call.actor.name}, {"permissions", names_of(call.actor.permissions)}, {"user", nullptr}};
    if (call.user) {
        const auto user = call.transact(backend, [&](db::Tx& tx) { return store::find(tx, call.user); });
        if (user) document["user"] = present_user(*user);
    }
    return http::Response::json(document);
}

// It ends all sessions, this one included, and begins a new one: a secret that somebody else has got hold of is worth nothing any more.
http::Response change_password(Backend& backend, const Call& call) {
    Query(call.request).finish();
    std::string old;
    std::string next;
    json::Problems problems;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({"old_password", "password"});
    in.text("old_password", old, {.min = 1, .max = account::kMaxPassword});
    in.text("password", next, {.max = account::kMaxPassword});
    in.finish();
    refuse_if_any(problems);

    auto checked = check_own_password(backend, call, old, "/old_password");
    if (auto* instead = std::get_if<http::Response>(&checked)) return std::move(*instead);
    const auto& user = std::get<OwnPassword>(checked).user;
    const auto& before = std::get<OwnPassword>(checked).hash;
    if (const auto mistake = account::password_mistake(next, user.draft.name, user.draft.email, backend.login.options.min_password)) {
        refuse_if_any({{"/password", *mistake}});
    }
    std::string hash;
    try {
        hash = backend.login.hasher.hash(Secret(next));
    } catch (const login::Hasher::Busy&) {
        return session_api::hashing_is_busy(backend);
    }
    const auto address = call.address;
    const auto* agent = call.request.header("user-agent");
    const auto session = call.transact(backend, [&](db::Tx& tx) {
        store::lock(tx, call.user);
        if (store::password_hash(tx, call.user) != before) throw http::ProblemError{http::problem::conflict, "the password was changed meanwhile", {}};
        store::set_password(tx, call.user, hash);
        audit::record(tx, call.actor, {"password.change", "user:" + call.user.text(), address});
        return backend.login.sessions.begin(tx, call.user, login::Method::password, address, agent == nullptr ? "" : *agent, std::nullopt);
    });
    return session_api::begun(backend, call.request, session, present_user(user));
}

// How one is reached is one's own to say.
http::Response set_channels(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto body = read_body(call);
    std::vector<ChannelId> channels;
    json::Reader in(body, "", problems);
    in.require({"channels"});
    read_ids(in, "channels", channels, problems);
    in.finish();
    refuse_if_any(problems);
    if (!call.user) throw http::ProblemError{http::problem::forbidden, "a token is nobody's: this is for users who are logged in", {}};
    const auto user = call.transact(backend, [&](db::Tx& tx) {
        store::lock(tx, call.user);
        refuse_missing_channels(tx, channels);
        store::set_channels(tx, call.user, channels);
        return store::find(tx, call.user);
    });
    if (!user) not_found("there is no such user");
    return resource_response(call.request, present_user(*user), user->version);
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/users/me", Permission::account_own, who_am_i},
        {Method::put, "/v1/users/me/password", Permission::account_own, change_password, 16 << 10, Once::harmless},
        {Method::put, "/v1/users/me/channels", Permission::account_own, set_channels},
    };
}

}  // namespace sonde::controlplane::me_api
