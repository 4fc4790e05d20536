#include "controlplane/api/person/own_password.h"

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/person/sign_in.h"
#include "controlplane/login/attempts.h"
#include "controlplane/login/login.h"
#include "lib/account/store.h"

namespace sonde::controlplane {

std::variant<OwnPassword, http::Response> check_own_password(Backend& backend, const Call& call, const std::string& password, std::string_view pointer) {
    if (!call.user) throw http::ProblemError{http::problem::forbidden, "a token has no password: log in", {}};
    const auto address = call.address;
    const login::Attempt attempt(call.actor.id, address);
    std::optional<milliseconds> wait;
    std::optional<account::User> user;
    std::optional<std::string> hash;
    call.transact(backend, [&](db::Tx& tx) {
        wait = login::attempts::begin(tx, attempt);
        user = account::store::find(tx, call.user);
        hash = account::store::password_hash(tx, call.user);
    });
    if (wait) return session_api::limited(backend, *wait);
    if (!user) not_found("there is no such user any more");
    bool right = false;
    try {
        right = backend.login.hasher.verify(hash, Secret(password));
    } catch (const login::Hasher::Busy&) {
        call.transact(backend, [&](db::Tx& tx) { login::attempts::withdraw(tx, attempt); });
        return session_api::hashing_is_busy(backend);
    }
    call.transact(backend, [&](db::Tx& tx) {
        if (right) return login::attempts::succeeded(tx, attempt);
        audit::record(tx, call.actor, {"password.refused", "user:" + call.user.text(), address});
    });
    if (!right) refuse_if_any({{std::string(pointer), "is not the password"}});
    return OwnPassword{std::move(*user), std::move(*hash)};
}

}  // namespace sonde::controlplane
