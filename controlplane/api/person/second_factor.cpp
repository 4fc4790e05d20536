#include "controlplane/api/person/second_factor.h"

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/person/own_password.h"
#include "controlplane/api/person/user.h"
#include "controlplane/login/factor_store.h"
#include "controlplane/login/login.h"
#include "lib/account/store.h"
#include "lib/account/totp.h"

namespace sonde::controlplane::second_factor_api {
namespace {

namespace factors = login::factor_store;

constexpr std::size_t kMaxBody = 16 << 10;

// The only field of the body.
std::string read_text(const Call& call, std::string_view field) {
    std::string text;
    json::Problems problems;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({field});
    in.text(field, text, {.min = 1, .max = account::kMaxPassword});
    in.finish();
    refuse_if_any(problems);
    return text;
}

void record(const Call& call, db::Tx& tx, std::string_view action, UserId user) {
    audit::record(tx, call.actor, {action, "user:" + user.text(), call.address});
}

http::Response shown_once(const Json& document) { return http::Response::json(document, 201).with("Cache-Control", "no-store"); }

// Asks for the password, and does the rest only with it.
template <class Rest>
http::Response with_own_password(Backend& backend, const Call& call, Rest rest) {
    Query(call.request).finish();
    auto checked = check_own_password(backend, call, read_text(call, "password"), "/password");
    if (auto* instead = std::get_if<http::Response>(&checked)) return std::move(*instead);
    return rest(std::get<OwnPassword>(checked).user);
}

http::Response begin(Backend& backend, const Call& call) {
    return with_own_password(backend, call, [&](const account::User& user) {
        const auto secret = account::new_totp_secret();
        const bool begun = call.transact(backend, [&](db::Tx& tx) { return factors::begin(tx, backend.secrets, user.id, secret); });
        if (!begun) throw http::ProblemError{http::problem::conflict, "codes are asked for already: take them away first", {}};
        return shown_once({{"secret", account::base32(secret.reveal())}, {"uri", account::totp_uri(secret, "Sonde", user.draft.name)}});
    });
}

http::Response confirm(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto code = read_text(call, "code");
    if (!call.user) throw http::ProblemError{http::problem::forbidden, "a token has no second factor: log in", {}};
    const auto codes = account::new_recovery_codes();
    call.transact(backend, [&](db::Tx& tx) {
        if (!factors::confirm(tx, backend.secrets, call.user, code, wall_now())) {
            refuse_if_any({{"/code", "is not a code of a secret that is to be confirmed; the clocks must be right to half a minute"}});
        }
        factors::set_recovery_codes(tx, call.user, codes);
        record(call, tx, "totp.set", call.user);
    });
    return shown_once({{"recovery_codes", codes}});
}

http::Response renew_codes(Backend& backend, const Call& call) {
    return with_own_password(backend, call, [&](const account::User& user) {
        const auto codes = account::new_recovery_codes();
        call.transact(backend, [&](db::Tx& tx) {
            if (!factors::is_on(tx, user.id)) throw http::ProblemError{http::problem::conflict, "no codes are asked for", {}};
            factors::set_recovery_codes(tx, user.id, codes);
            record(call, tx, "totp.recovery_codes", user.id);
        });
        return shown_once({{"recovery_codes", codes}});
    });
}

http::Response remove_own(Backend& backend, const Call& call) {
    return with_own_password(backend, call, [&](const account::User& user) {
        call.transact(backend, [&](db::Tx& tx) {
            if (factors::remove(tx, user.id)) record(call, tx, "totp.remove", user.id);
        });
        return http::Response::empty();
    });
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<UserId>(call, "user_id");
    call.transact(backend, [&](db::Tx& tx) {
        const auto user = account::store::lock(tx, id);
        if (!user) not_found("there is no such user");
        refuse_beyond(tx, call, user->draft.role, "take the second factor of who has it");
        if (factors::remove(tx, id)) record(call, tx, "totp.remove", id);
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::post, "/v1/users/me/totp", Permission::account_own, begin, kMaxBody, Once::harmless},
        {Method::post, "/v1/users/me/totp/confirm", Permission::account_own, confirm, kMaxBody, Once::harmless},
        {Method::post, "/v1/users/me/totp/remove", Permission::account_own, remove_own, kMaxBody, Once::harmless},
        {Method::post, "/v1/users/me/recovery-codes", Permission::account_own, renew_codes, kMaxBody, Once::harmless},
        {Method::del, "/v1/users/{user_id}/totp", Permission::access_write, remove},
    };
}

}  // namespace sonde::controlplane::second_factor_api
