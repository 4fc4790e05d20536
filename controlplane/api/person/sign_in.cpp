#include "controlplane/api/person/sign_in.h"

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/person/session.h"
#include "controlplane/api/person/user.h"
#include "controlplane/login/attempts.h"
#include "controlplane/login/factor_store.h"
#include "controlplane/login/login.h"
#include "lib/account/password.h"
#include "lib/account/store.h"

namespace sonde::controlplane::session_api {
namespace {

namespace factors = login::factor_store;
namespace store = account::store;
using login::Login;

constexpr db::Statement kFind{"sign_in_find", R"(
    select id, case when disabled then null else password end from person where lower(name) = lower($1) or lower(email) = lower($1))"};
// Nobody changes the password, or disables the user, until the session is there.
constexpr db::Statement kConfirm{"sign_in_confirm", "select from person where id = $1 and password = $2 and not disabled for update"};
constexpr db::Statement kDone{"sign_in_done", "update person set last_login_at = now() where id = $1"};

// RFC 9110, section 15.5.2, asks for one; of a scheme that no browser answers with a window of its own.
constexpr std::string_view kChallenge = R"(Session realm="sonde")";

struct Credentials {
    std::string login;
    std::string password;
    std::string code;  // empty: none
};

Credentials read_credentials(const Call& call) {
    Credentials given;
    json::Problems problems;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({"login", "password"});
    in.text("login", given.login, {.min = 1, .max = 254});
    in.text("password", given.password, {.min = 1, .max = account::kMaxPassword});
    in.text("code", given.code, {.min = 1, .max = 64});
    in.finish();
    refuse_if_any(problems);
    return given;
}

// Whom the login may be of, and what his password has to match.
struct Candidate {
    UserId id;
    std::optional<std::string> hash;
};

std::optional<Candidate> find(db::Tx& tx, const std::string& name_or_email) {
    const auto rows = tx.run(kFind, {name_or_email});
    if (rows.empty()) return std::nullopt;
    return Candidate{rows[0].id<UserId>(0), rows[0].is_null(1) ? std::nullopt : std::optional(std::string(rows[0].text(1)))};
}

// What was typed as a name is not written down: now and then it is a password.
http::Response refuse(Backend& backend, const Call& call, const std::optional<Candidate>& who) {
    backend.login.count(Login::Outcome::refused);
    call.transact(backend, [&](db::Tx& tx) {
        audit::record(tx, call.actor, {"session.refused", who ? "user:" + who->id.text() : "", call.address});
    });
    return http::problem_response(http::problem::unauthenticated, "these are no name and password that go together").with("WWW-Authenticate", std::string(kChallenge));
}

enum class Shown : unsigned char { nothing, password_alone, password, code, recovery_code };

// What of all that is asked for he has shown, his password being right.
Shown look_at(Backend& backend, db::Tx& tx, const Candidate& who, const std::string& code) {
    if (tx.run(kConfirm, {who.id, *who.hash}).empty()) return Shown::nothing;
    if (!factors::is_on(tx, who.id)) return Shown::password;
    if (code.empty()) return Shown::password_alone;
    switch (factors::use(tx, backend.secrets, who.id, code, wall_now())) {
        case factors::Used::code: return Shown::code;
        case factors::Used::recovery_code: return Shown::recovery_code;
        case factors::Used::none: break;
    }
    return Shown::nothing;
}

login::Method method_of(Shown shown) {
    if (shown == Shown::code) return login::Method::totp;
    return shown == Shown::recovery_code ? login::Method::recovery_code : login::Method::password;
}

http::Response let_in(Backend& backend, const Call& call, const login::Attempt& attempt, const Candidate& who, const Credentials& given) {
    const Secret password(given.password);
    std::optional<std::string> rehashed;
    if (backend.login.hasher.needs_rehash(*who.hash)) {
        try {
            rehashed = backend.login.hasher.hash(password);
        } catch (const login::Hasher::Busy&) {
            // The next time, then.
        }
    }
    const auto address = call.address;
    const auto* agent = call.request.header("user-agent");
    std::optional<login::Sessions::Begun> session;
    Json user;
    auto shown = Shown::nothing;
    call.transact(backend, [&](db::Tx& tx) {
        session.reset();
        shown = look_at(backend, tx, who, given.code);
        if (shown == Shown::password_alone) login::attempts::withdraw(tx, attempt);
        if (shown == Shown::nothing || shown == Shown::password_alone) return;
        login::attempts::succeeded(tx, attempt);
        tx.run(kDone, {who.id});
        session = backend.login.sessions.begin(tx, who.id, method_of(shown), address, agent == nullptr ? "" : *agent, login::session_cookie(call.request));
        if (rehashed) store::rehash_password(tx, who.id, *who.hash, *rehashed);
        const auto found = *store::find(tx, who.id);
        user = present_user(found);
        audit::record(tx, {"user:" + found.draft.name, {}, "user:" + std::to_string(who.id.value())}, {"session.create", "session:" + session->id.text(), address});
    });
    if (shown == Shown::password_alone) {
        backend.login.count(Login::Outcome::second_factor);
        return http::problem_response(http::problem::second_factor, "send the `code` of the app as well, or a recovery code").with("WWW-Authenticate", std::string(kChallenge));
    }
    if (!session) return refuse(backend, call, who);
    backend.login.count(Login::Outcome::done);
    return begun(backend, call.request, *session, std::move(user));
}

}  // namespace

http::Response limited(Backend& backend, milliseconds wait) {
    backend.login.count(Login::Outcome::limited);
    return http::problem_response(http::problem::too_many_requests, "too many attempts failed: wait before the next")
        .with("Retry-After", std::to_string((wait.count() + 999) / 1000));
}

http::Response hashing_is_busy(Backend& backend) {
    backend.login.count(Login::Outcome::busy);
    return http::problem_response(http::problem::unavailable, "too many passwords are being looked at; try again").with("Retry-After", "1");
}

http::Response sign_in(Backend& backend, const Call& call) {
    Query(call.request).finish();
    if (backend.login.is_foreign(call.request)) throw http::ProblemError{http::problem::forbidden, "a page of another origin sent this", {}};
    if (!backend.login.options.passwords) {
        throw http::ProblemError{http::problem::forbidden, "nobody logs in by password here: log in with " + backend.login.options.oidc.name + ", at /v1/sessions/oidc", {}};
    }
    const auto given = read_credentials(call);
    const login::Attempt attempt(given.login, call.address);
    std::optional<milliseconds> wait;
    std::optional<Candidate> who;
    call.transact(backend, [&](db::Tx& tx) {
        wait = login::attempts::begin(tx, attempt);
        who = find(tx, given.login);
    });
    if (wait) return limited(backend, *wait);
    try {
        if (!backend.login.hasher.verify(who ? who->hash : std::nullopt, Secret(given.password))) return refuse(backend, call, who);
    } catch (const login::Hasher::Busy&) {
        call.transact(backend, [&](db::Tx& tx) { login::attempts::withdraw(tx, attempt); });
        return hashing_is_busy(backend);
    }
    return let_in(backend, call, attempt, *who, given);
}

http::Response redeem_password_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    if (backend.login.is_foreign(call.request)) throw http::ProblemError{http::problem::forbidden, "a page of another origin sent this", {}};
    std::string token;
    std::string password;
    json::Problems problems;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({"token", "password"});
    in.text("token", token, {.min = 1});
    in.text("password", password, {.max = account::kMaxPassword});
    in.finish();
    refuse_if_any(problems);
    const auto unknown = [] { return http::problem_response(http::problem::not_found, "the token is unknown, used or too old: have another one made"); };
    const auto owner = call.transact(backend, [&](db::Tx& tx) -> std::optional<account::User> {
        const auto id = store::lock_password_token(tx, token);
        return id ? store::find(tx, *id) : std::nullopt;
    });
    if (!owner) return unknown();
    if (const auto mistake = account::password_mistake(password, owner->draft.name, owner->draft.email, backend.login.options.min_password)) {
        refuse_if_any({{"/password", *mistake}});
    }
    std::string hash;
    try {
        hash = backend.login.hasher.hash(Secret(password));
    } catch (const login::Hasher::Busy&) {
        return hashing_is_busy(backend);
    }
    const bool set = call.transact(backend, [&](db::Tx& tx) {
        if (store::lock_password_token(tx, token) != owner->id) return false;
        store::set_password(tx, owner->id, hash);
        audit::record(tx, {"user:" + owner->draft.name, {}, "user:" + std::to_string(owner->id.value())},
                      {"password.set", "user:" + owner->id.text(), call.address});
        return true;
    });
    return set ? http::Response::empty() : unknown();
}

}  // namespace sonde::controlplane::session_api
