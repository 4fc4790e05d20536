#include "controlplane/api/person/oidc.h"

#include <algorithm>
#include <string>
#include <variant>

#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/person/sign_in.h"
#include "controlplane/login/attempts.h"
#include "controlplane/login/login.h"
#include "controlplane/oidc/admission.h"
#include "controlplane/oidc/identity_store.h"
#include "lib/account/store.h"
#include "lib/log/log.h"
#include "lib/net/client_key.h"

namespace sonde::controlplane::oidc_api {
namespace {

using login::Login;
using oidc::Provider;
using oidc::Ticket;

constexpr std::size_t kMaxCode = 4096;
constexpr std::string_view kBeginAgain = "begin again, at /v1/sessions/oidc";

constexpr db::Statement kActAs{"oidc_act_as", R"(
    select set_config('sonde.actor', 'oidc', true), set_config('sonde.address', $1, true), set_config('sonde.operation', $2, true))"};
constexpr db::Statement kDone{"oidc_done", "update person set last_login_at = now() where id = $1"};

Provider& provider(Backend& backend) {
    if (!backend.login.provider) not_found("nobody logs in by an OpenID provider here: it is not configured");
    return *backend.login.provider;
}

http::Response methods(Backend& backend, const Call& call) {
    Query(call.request).finish();
    Json document{{"password", backend.login.options.passwords}, {"oidc", nullptr}};
    if (backend.login.provider) document["oidc"] = {{"name", backend.login.provider->options.name}, {"href", "/v1/sessions/oidc"}};
    return http::Response::json(document).with("Cache-Control", "no-store");
}

http::Response untrusted(std::string_view detail) {
    return http::problem_response(http::problem::unauthenticated, detail).with("WWW-Authenticate", R"(Session realm="sonde")");
}

// What the provider did wrong is said to people in general terms: what exactly is in the log and the audit.
http::Response unavailable(Backend& backend, const Provider::Failure& failure) {
    backend.login.count(failure.why == Provider::Why::busy ? Login::Outcome::busy : Login::Outcome::provider);
    if (failure.why != Provider::Why::busy) log::warning("oidc_provider_failed", "why", failure.detail);
    const auto* detail = failure.why == Provider::Why::busy ? "too many log in at once; try again" : "the provider by which people log in does not answer as it should; try again";
    return http::problem_response(http::problem::unavailable, detail).with("Retry-After", failure.why == Provider::Why::busy ? "1" : "5");
}

http::Response begin(Backend& backend, const Call& call) {
    auto& at = provider(backend);
    Query query(call.request);
    auto return_to = query.text("return_to", oidc::kMaxReturnTo).value_or("/");
    if (!oidc::is_path_of_ours(return_to)) query.refuse("return_to", "must be a path on this host, such as /docs");
    query.finish();
    const auto ticket = Ticket::begin(std::move(return_to), wall_now());
    const auto url = at.begin(ticket);
    if (!url) return unavailable(backend, url.error());
    return http::Response::empty(302)
        .with("Location", *url)
        .with("Set-Cookie", login::begin_ticket(call.request, ticket.seal(backend.secrets), oidc::kTicketLifetime))
        .with("Cache-Control", "no-store");
}

// One login that has come back.
class Return {
public:
    Return(Backend& backend, const Call& call)
        : backend_(backend), call_(call), provider_(provider(backend)), attempt_("oidc:" + net::client_key(call.address), call.address) {}

    http::Response answer() {
        // Whoever has no ticket has tried nothing: there is nothing to guess here, and a page of anybody's may have sent the browser. Neither does it count, nor is it written down.
        const auto ticket = own_ticket();
        if (!ticket) {
            backend_.login.count(Login::Outcome::refused);
            return untrusted("this login was not begun in this browser, or too long ago: " + std::string(kBeginAgain));
        }
        std::optional<milliseconds> wait;
        bool fresh = false;
        call_.transact(backend_, [&](db::Tx& tx) {
            wait = login::attempts::begin(tx, attempt_);
            fresh = !wait && oidc::identity_store::use(tx, *ticket);
        });
        if (wait) return session_api::limited(backend_, *wait);
        if (!fresh) return refuse("replay", untrusted("this login is over: " + std::string(kBeginAgain)));
        return come_back(*ticket).with("Set-Cookie", login::end_ticket(call_.request));
    }

private:
    // The first value, of one that is there once; the provider may send more than we know.
    [[nodiscard]] const std::string* value(std::string_view name) const {
        const auto& query = call_.request.query;
        const auto is_it = [name](const auto& pair) { return pair.first == name; };
        return std::count_if(query.begin(), query.end(), is_it) == 1 ? &std::find_if(query.begin(), query.end(), is_it)->second : nullptr;
    }

    [[nodiscard]] std::optional<Ticket> own_ticket() const {
        const auto cookie = login::ticket_cookie(call_.request);
        const auto* state = value("state");
        if (!cookie || state == nullptr) return std::nullopt;
        auto ticket = Ticket::open(backend_.secrets, *cookie, wall_now());
        if (!ticket || !crypto::equal(ticket->state(), *state)) return std::nullopt;
        return ticket;
    }

    http::Response come_back(const Ticket& ticket) {
        const auto right = provider_.is_it(value("iss"));
        if (!right) return give_up(right.error());
        if (!*right) return refuse("issuer", untrusted("another provider has answered: " + std::string(kBeginAgain)));
        if (call_.request.query_value("error") != nullptr) return denied();
        const auto* code = value("code");
        if (code == nullptr || code->empty() || code->size() > kMaxCode) {
            return refuse("code", http::problem_response(http::problem::malformed, "the provider sent no code: " + std::string(kBeginAgain)));
        }
        auto claims = provider_.redeem(*code, ticket, wall_now());
        if (claims) return let_in(ticket, *claims);
        if (claims.error().why == Provider::Why::refused) return refuse("code", untrusted("the provider does not know this login any more: " + std::string(kBeginAgain)));
        if (claims.error().why != Provider::Why::untrusted) return give_up(claims.error());
        log::warning("oidc_untrusted", "why", claims.error().detail);
        return refuse(claims.error().detail, untrusted("what the provider says of you cannot be trusted: tell an administrator"));
    }

    http::Response let_in(const Ticket& ticket, const Json& claims) {
        const auto* agent = call_.request.header("user-agent");
        std::optional<login::Sessions::Begun> session;
        try {
            call_.transact(backend_, [&](db::Tx& tx) {
                session.reset();
                tx.run(kActAs, {call_.address, "GET " + std::string(call_.endpoint.pattern)});
                const auto id = oidc::admit(tx, provider_.options, claims);
                login::attempts::succeeded(tx, attempt_);
                tx.run(kDone, {id});
                session = backend_.login.sessions.begin(tx, id, login::Method::oidc, call_.address, agent == nullptr ? "" : *agent, login::session_cookie(call_.request));
                const auto user = *account::store::find(tx, id);
                audit::record(tx, {"user:" + user.draft.name, {}, "user:" + std::to_string(id.value())},
                              {"session.create", "session:" + session->id.text(), call_.address, {}, {{"method", "oidc"}}});
            });
        } catch (const oidc::Refusal refusal) {
            return refuse(name_of(refusal), http::problem_response(http::problem::forbidden, "the provider knows you, but you may not log in here: ask an administrator"));
        }
        backend_.login.count(Login::Outcome::done);
        return http::Response::empty(303)
            .with("Location", ticket.return_to)
            .with("Set-Cookie", login::begin_cookie(call_.request, session->secret, backend_.login.sessions.lifetime()))
            .with("Cache-Control", "no-store")
            .with("Referrer-Policy", "no-referrer");
    }

    // What the provider has found wrong (RFC 6749, section 4.1.2.1). Its words are not repeated: anybody could have made them up.
    http::Response denied() {
        const auto* error = value("error");
        if (error != nullptr && (*error == "temporarily_unavailable" || *error == "server_error")) return give_up({Provider::Why::unavailable, *error});
        const bool by_choice = error != nullptr && *error == "access_denied";
        withdraw();
        backend_.login.count(Login::Outcome::refused);
        record(by_choice ? "denied" : "error");
        return http::problem_response(http::problem::forbidden, by_choice ? "the login was called off at the provider, or it lets you in nowhere"
                                                                          : "the provider refuses this login: tell an administrator");
    }

    http::Response give_up(const Provider::Failure& failure) {
        withdraw();
        return unavailable(backend_, failure);
    }

    void withdraw() {
        call_.transact(backend_, [&](db::Tx& tx) { login::attempts::withdraw(tx, attempt_); });
    }

    void record(std::string_view why) {
        call_.transact(backend_, [&](db::Tx& tx) { audit::record(tx, call_.actor, {"session.refused", "", call_.address, {}, {{"method", "oidc"}, {"why", why}}}); });
    }

    http::Response refuse(std::string_view why, http::Response response) {
        backend_.login.count(Login::Outcome::refused);
        record(why);
        return response;
    }

    Backend& backend_;
    const Call& call_;
    Provider& provider_;
    const login::Attempt attempt_;
};

http::Response callback(Backend& backend, const Call& call) { return Return(backend, call).answer(); }

}  // namespace

Endpoints open_endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/sessions/methods", Permission::account_own, methods},
        {Method::get, "/v1/sessions/oidc", Permission::account_own, begin},
        {Method::get, "/v1/sessions/oidc/callback", Permission::account_own, callback},
    };
}

}  // namespace sonde::controlplane::oidc_api
