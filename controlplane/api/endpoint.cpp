#include "controlplane/api/endpoint.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::controlplane {
namespace {

constexpr std::size_t kMaxErrors = 100;

http::Response unauthenticated(std::string_view detail, std::string_view challenge) {
    return http::problem_response(http::problem::unauthenticated, detail).with("WWW-Authenticate", std::string(challenge));
}

// What is refused is rolled back with its key, and may be asked for again with it.
struct Refused {
    http::Response response;
};

http::Response write_once(Backend& backend, Call call, const RequestKey& key) {
    try {
        return backend.pool.transact([&](db::Tx& tx) {
            if (auto earlier = repeat::claim(tx, backend.secrets, key)) {
                if (earlier->answer) return std::move(*earlier->answer);
                throw http::ProblemError{http::problem::conflict, "it was done, but its answer can be read no more; use a new Idempotency-Key", {}};
            }
            call.tx = &tx;
            auto response = call.endpoint.operation(backend, call);
            if (response.status >= 400) throw Refused{std::move(response)};
            repeat::set_answer(tx, backend.secrets, key, response);
            return response;
        });
    } catch (Refused& refused) {
        return std::move(refused.response);
    }
}

http::Response command_once(Backend& backend, Call call, const RequestKey& key) {
    const auto earlier = backend.pool.transact([&](db::Tx& tx) { return repeat::find(tx, backend.secrets, key); });
    if (earlier && earlier->answer) return *earlier->answer;
    call.key = &key;
    auto response = call.endpoint.operation(backend, call);
    if (response.status < 400) backend.pool.transact([&](db::Tx& tx) { repeat::set_answer(tx, backend.secrets, key, response); });
    return response;
}

http::Response call(const Endpoint& endpoint, Backend& backend, const http::Request& request) {
    const auto* authorization = request.header("authorization");
    if (authorization == nullptr) {
        return unauthenticated("send a token in the header `Authorization: Bearer <token>`", R"(Bearer realm="sonde")");
    }
    const auto token = bearer_token(*authorization);
    const auto actor = token ? backend.tokens.find(*token) : std::nullopt;
    if (!actor) {
        return unauthenticated("the token is malformed, unknown or revoked", R"(Bearer realm="sonde", error="invalid_token")");
    }
    if (actor->role < endpoint.role) {
        throw http::ProblemError{
            http::problem::forbidden,
            fmt::format("this needs the role {}; the token has the role {}", name_of(endpoint.role), name_of(actor->role)),
            {}};
    }
    if (request.body.size() > endpoint.max_body) {
        throw http::ProblemError{
            http::problem::too_large, fmt::format("the body is larger than {} bytes", endpoint.max_body), {}};
    }
    const Call call{endpoint, request, *actor};
    const bool reads = request.method == http::Method::get || request.method == http::Method::head;
    const auto key = reads || endpoint.once == Once::harmless ? std::nullopt : request_key(request, *actor);
    if (!key) return endpoint.operation(backend, call);
    return endpoint.once == Once::by_command ? command_once(backend, call, *key) : write_once(backend, call, *key);
}

}  // namespace

http::Response serve(const Endpoint& endpoint, Backend& backend, const http::Request& request) {
    try {
        auto response = call(endpoint, backend, request);
        const auto has_caching = std::any_of(response.headers.begin(), response.headers.end(),
                                             [](const auto& header) { return header.first == "Cache-Control"; });
        // Answers depend on the token and may be kept only to be asked for again with their tag.
        return has_caching ? std::move(response) : std::move(response).with("Cache-Control", "private, no-cache");
    } catch (const db::DbError& error) {
        return database_problem(error);
    }
}

http::Response database_problem(const db::DbError& error) {
    switch (error.failure()) {
        case db::Failure::unavailable:
            return http::problem_response(http::problem::unavailable,
                                          "the database cannot be reached; what was asked for may or may not have been done")
                .with("Retry-After", "2");
        case db::Failure::timeout:
            return http::problem_response(http::problem::unavailable, "the database is too busy; try again")
                .with("Retry-After", "2");
        case db::Failure::conflict:
            return http::problem_response(http::problem::unavailable, "others changed the same at the same time; try again")
                .with("Retry-After", "1");
        case db::Failure::unique:
            return http::problem_response(http::problem::conflict, "there is one like this already");
        case db::Failure::foreign_key:
            return http::problem_response(http::problem::conflict, "something this refers to is gone, or something refers to it");
        case db::Failure::check:
            return http::problem_response(http::problem::invalid, fmt::format("the rule {} refuses it", error.constraint()));
        case db::Failure::broken:
            break;
    }
    throw error;
}

void refuse_if_any(const json::Problems& problems) {
    if (problems.empty()) return;
    if (problems.size() <= kMaxErrors) {
        throw http::ProblemError{http::problem::invalid,
                                 problems.size() == 1 ? "one mistake" : fmt::format("{} mistakes", problems.size()), problems};
    }
    throw http::ProblemError{http::problem::invalid,
                             fmt::format("{} mistakes, of which these are the first {}", problems.size(), kMaxErrors),
                             json::Problems(problems.begin(), problems.begin() + kMaxErrors)};
}

void not_found(std::string_view what) { throw http::ProblemError{http::problem::not_found, std::string(what), {}}; }

}  // namespace sonde::controlplane
