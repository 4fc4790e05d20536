#include "controlplane/api/endpoint/identity.h"

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/login/login.h"

namespace sonde::controlplane {
namespace {

http::Response unauthenticated(std::string_view detail, std::string_view challenge) {
    return http::problem_response(http::problem::unauthenticated, detail).with("WWW-Authenticate", std::string(challenge));
}

bool changes(http::Method method) { return method != http::Method::get && method != http::Method::head && method != http::Method::options; }

void refuse_foreign(Backend& backend, const http::Request& request, std::string_view session) {
    if (backend.login.is_foreign(request)) throw http::ProblemError{http::problem::forbidden, "a page of another origin sent this", {}};
    const auto* token = request.header("x-sonde-csrf");
    if (token == nullptr || !crypto::equal(*token, login::csrf_token(session))) {
        throw http::ProblemError{http::problem::forbidden, "with a session's cookie, send its `csrf_token` in the header `X-Sonde-CSRF`", {}};
    }
}

}  // namespace

std::variant<Identity, http::Response> identify(Backend& backend, const http::Request& request) {
    if (const auto* authorization = request.header("authorization")) {
        const auto token = bearer_token(*authorization);
        auto actor = token ? backend.tokens.find(*token) : std::nullopt;
        if (!actor) return unauthenticated("the token is malformed, unknown or revoked", R"(Bearer realm="sonde", error="invalid_token")");
        return Identity{std::move(*actor)};
    }
    const auto cookie = login::session_cookie(request);
    if (!cookie) return unauthenticated("log in, or send a token in the header `Authorization: Bearer <token>`", R"(Bearer realm="sonde")");
    auto session = backend.login.sessions.find(*cookie, login::Sessions::Use::person);
    if (!session) return unauthenticated("the session is over: log in", R"(Bearer realm="sonde")");
    if (changes(request.method)) refuse_foreign(backend, request, *cookie);
    return Identity{std::move(session->actor), session->id, session->user};
}

std::function<std::optional<Actor>()> asks_again(Backend& backend, const http::Request& request) {
    if (const auto* authorization = request.header("authorization")) {
        return [&backend, token = std::string(bearer_token(*authorization).value_or(""))] { return backend.tokens.find(token); };
    }
    return [&backend, cookie = std::string(login::session_cookie(request).value_or(""))]() -> std::optional<Actor> {
        auto session = backend.login.sessions.find(cookie, login::Sessions::Use::stream);
        if (!session) return std::nullopt;
        return std::move(session->actor);
    };
}

std::function<bool()> may_still(Backend& backend, const Call& call) {
    return [needed = call.endpoint.permission, again = asks_again(backend, call.request), restriction = call.actor.restriction] {
        const auto actor = again();
        return actor && actor->permissions.has(needed) && actor->restriction == restriction;
    };
}

}  // namespace sonde::controlplane
