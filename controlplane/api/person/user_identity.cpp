#include "controlplane/api/person/user_identity.h"

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/person/user.h"
#include "controlplane/login/login.h"
#include "controlplane/oidc/identity_store.h"
#include "lib/account/store.h"
#include "lib/net/url.h"

namespace sonde::controlplane::user_identity_api {
namespace {

namespace identities = oidc::identity_store;
namespace store = account::store;

Json present(const identities::Identity& identity) {
    return {{"user_id", identity.user.text()},
            {"issuer", identity.issuer},
            {"subject", identity.subject},
            {"follows_groups", identity.follows},
            {"created_at", to_rfc3339(identity.created_at)}};
}

account::User lock(db::Tx& tx, const Call& call, UserId id) {
    auto user = store::lock(tx, id);
    if (!user) not_found("there is no such user");
    refuse_beyond(tx, call, user->draft.role, "say who he is elsewhere");
    return *std::move(user);
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    const auto identity = call.transact(backend, [&](db::Tx& tx) { return identities::of(tx, id); });
    if (!identity) not_found("there is no such user, or he is nobody at an OpenID provider");
    return http::Response::json(present(*identity));
}

struct Input {
    std::string issuer;
    std::string subject;
};

Input read_input(Backend& backend, const Call& call) {
    Input input{backend.login.options.oidc.issuer, {}};
    json::Problems problems;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({"subject"});
    refuse_read_only(in, {"user_id", "follows_groups", "created_at"});
    if (in.text("issuer", input.issuer, {.min = 1, .max = 1024}) && !net::parse_url(input.issuer)) in.refuse("issuer", "must be an http or https URL");
    if (!in.has("issuer") && input.issuer.empty()) in.refuse("issuer", "is required where no provider is configured");
    const auto is_visible = [](char c) { return c >= ' ' && c < 0x7f; };
    if (in.text("subject", input.subject, {.min = 1, .max = oidc::kMaxSubject}) && !std::all_of(input.subject.begin(), input.subject.end(), is_visible)) {
        in.refuse("subject", "must be printable ASCII");
    }
    in.finish();
    refuse_if_any(problems);
    return input;
}

// Sessions end: whoever had the user's identity until now has it no more.
http::Response set(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    const auto input = read_input(backend, call);
    try {
        const auto identity = call.transact(backend, [&](db::Tx& tx) {
            lock(tx, call, id);
            const auto before = identities::of(tx, id);
            if (before && before->issuer == input.issuer && before->subject == input.subject) return *before;
            identities::bind(tx, id, input.issuer, input.subject, false);
            if (before) store::end_sessions(tx, id);
            return *identities::of(tx, id);
        });
        return http::Response::json(present(identity));
    } catch (const db::DbError& error) {
        if (error.failure() != db::Failure::unique) throw;
        throw http::ProblemError{http::problem::conflict, "another user is this one at the provider", {}};
    }
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    call.transact(backend, [&](db::Tx& tx) {
        lock(tx, call, id);
        if (!identities::remove(tx, id)) not_found("he is nobody at an OpenID provider");
        store::end_sessions(tx, id);
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/users/{user_id}/identity", Permission::access_read, read},
        {Method::put, "/v1/users/{user_id}/identity", Permission::access_write, set, 16 << 10},
        {Method::del, "/v1/users/{user_id}/identity", Permission::access_write, remove},
    };
}

}  // namespace sonde::controlplane::user_identity_api
