#include "controlplane/api/person/session.h"

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/person/sign_in.h"
#include "controlplane/login/login.h"
#include "lib/account/store.h"

namespace sonde::controlplane::session_api {
namespace {

using login::Sessions;

constexpr db::Statement kEnd{"session_end", "delete from session where id = $1 and person_id = $2"};

Json present(const Call& call, const Sessions::Listed& session) {
    return {{"id", session.id.text()},
            {"user_id", session.user.text()},
            {"current", session.id == call.session},
            {"method", session.method},
            {"address", session.address},
            {"user_agent", session.user_agent},
            {"created_at", to_rfc3339(session.created_at)},
            {"seen_at", to_rfc3339(session.seen_at)},
            {"ends_at", to_rfc3339(session.ends_at)}};
}

// Whose sessions are asked for: one's own, or with the permission another's.
UserId whose(const Call& call, std::optional<UserId> asked, Permission needed) {
    if (asked && *asked != call.user && !call.actor.permissions.has(needed)) {
        throw http::ProblemError{http::problem::forbidden, "sessions of others need the permission " + std::string(name_of(needed)), {}};
    }
    if (!asked && !call.user) throw http::ProblemError{http::problem::invalid, "a token has no sessions: say whose", {{"?user_id", "is required with a token"}}};
    return asked.value_or(call.user);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("sessions", 1);
    const auto asked = query.id<UserId>("user_id");
    query.finish();
    const auto user = whose(call, asked, Permission::access_read);
    const auto before = page.after ? std::optional(SessionId{page.after->whole(0)}) : std::nullopt;
    const auto sessions = call.transact(backend, [&](db::Tx& tx) { return backend.login.sessions.list(tx, user, before, page.fetch()); });
    std::vector<Json> items;
    for (const auto& session : sessions) items.push_back(present(call, session));
    return page_response(call.request, page, std::move(items), [&](std::size_t i) { return std::vector<Cursor::Value>{sessions[i].id.value()}; });
}

// What is not one's own and may not be seen is not there.
Sessions::Listed require(Backend& backend, const Call& call, db::Tx& tx, SessionId id, Permission needed) {
    auto session = backend.login.sessions.read(tx, id);
    if (!session || (session->user != call.user && !call.actor.permissions.has(needed))) not_found("there is no such session");
    return std::move(*session);
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SessionId>(call, "session_id");
    return http::Response::json(present(call, call.transact(backend, [&](db::Tx& tx) { return require(backend, call, tx, id, Permission::access_read); })));
}

void end(Backend& backend, const Call& call, SessionId id) {
    call.transact(backend, [&](db::Tx& tx) {
        const auto session = require(backend, call, tx, id, Permission::access_write);
        tx.run(kEnd, {id, session.user});
        audit::record(tx, call.actor, {"session.delete", "session:" + id.text(), call.address, {{"user_id", session.user.text()}}});
    });
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<SessionId>(call, "session_id");
    end(backend, call, id);
    auto response = http::Response::empty();
    return id == call.session ? std::move(response).with("Set-Cookie", login::end_cookie(call.request)) : response;
}

SessionId current(const Call& call) {
    if (!call.session) not_found("a token is no session");
    return call.session;
}

http::Response read_current(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = current(call);
    auto document = present(call, call.transact(backend, [&](db::Tx& tx) { return require(backend, call, tx, id, Permission::access_read); }));
    document["csrf_token"] = login::csrf_token(login::session_cookie(call.request).value_or(""));
    return http::Response::json(document).with("Cache-Control", "no-store");
}

http::Response end_current(Backend& backend, const Call& call) {
    Query(call.request).finish();
    end(backend, call, current(call));
    return http::Response::empty().with("Set-Cookie", login::end_cookie(call.request));
}

// One's own others; all of another's.
http::Response remove_all(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto asked = query.id<UserId>("user_id");
    query.finish();
    const auto user = whose(call, asked, Permission::access_write);
    call.transact(backend, [&](db::Tx& tx) {
        const auto count = account::store::end_sessions(tx, user, call.session);
        audit::record(tx, call.actor, {"session.delete", "user:" + user.text(), call.address, {{"sessions", count}}});
    });
    return http::Response::empty();
}

}  // namespace

http::Response begun(Backend& backend, const http::Request& request, const Sessions::Begun& session, Json user) {
    const Json document{{"id", session.id.text()},
                        {"user", std::move(user)},
                        {"csrf_token", login::csrf_token(session.secret.reveal())},
                        {"expires_at", to_rfc3339(session.expires_at)}};
    return http::Response::json(document, 201)
        .with("Set-Cookie", login::begin_cookie(request, session.secret, backend.login.sessions.lifetime()))
        .with("Cache-Control", "no-store");
}

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/sessions", Permission::account_own, list},
        {Method::del, "/v1/sessions", Permission::account_own, remove_all},
        {Method::get, "/v1/sessions/current", Permission::account_own, read_current},
        {Method::del, "/v1/sessions/current", Permission::account_own, end_current},
        {Method::get, "/v1/sessions/{session_id}", Permission::account_own, read},
        {Method::del, "/v1/sessions/{session_id}", Permission::account_own, remove},
    };
}

Endpoints open_endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/sessions", Permission::account_own, sign_in, 16 << 10},
        {Method::post, "/v1/password", Permission::account_own, redeem_password_token, 16 << 10},
    };
}

}  // namespace sonde::controlplane::session_api
