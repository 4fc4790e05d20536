#include "controlplane/api/endpoint/endpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/access/reach.h"
#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/endpoint/identity.h"
#include "lib/net/client_key.h"

namespace sonde::controlplane {
namespace {

// What is refused is rolled back with its key, and may be asked for again with it.
struct Refused {
    http::Response response;
};

http::Response write_once(Backend& backend, Call call, const RequestKey& key) {
    try {
        return backend.pool.transact([&](db::Tx& tx) {
            call.enter(tx);
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

Cost cost_of(const Endpoint& endpoint) {
    if (endpoint.method == http::Method::get) return Cost::read;
    return endpoint.once == Once::harmless || endpoint.max_body > kMaxBodyBytes ? Cost::costly : Cost::write;
}

Taken take(Backend& backend, Cost cost, const std::string& client) {
    return backend.limits == nullptr ? Taken{} : backend.limits->take(cost, client, std::chrono::steady_clock::now());
}

void check_permitted(const Call& call) {
    const auto needed = call.endpoint.permission;
    if (!call.actor.permissions.has(needed)) {
        throw http::ProblemError{http::problem::forbidden, fmt::format("this needs the permission {}", name_of(needed)), {}};
    }
    if (call.actor.restriction && !is_about_sites(call.endpoint)) {
        throw http::ProblemError{http::problem::forbidden, "this is about the whole installation, and your access is restricted to some sites", {}};
    }
    if (call.request.body.size() > call.endpoint.max_body) {
        throw http::ProblemError{http::problem::too_large, fmt::format("the body is larger than {} bytes", call.endpoint.max_body), {}};
    }
}

http::Response operate(Backend& backend, const Call& call) {
    check_permitted(call);
    const auto key = writes(call.endpoint) ? request_key(call.request, call.actor) : std::nullopt;
    if (!key) return call.endpoint.operation(backend, call);
    if (const auto taken = take(backend, Cost::key, call.actor.id); !taken.allowed) return too_many(Cost::key, taken);
    return call.endpoint.once == Once::by_command ? command_once(backend, call, *key) : write_once(backend, call, *key);
}

// Of whoever may not write and tries, again and again perhaps. The write's own transaction is gone.
void record_refusal(Backend& backend, const Call& call, const std::string& why) {
    if (!take(backend, Cost::recorded, call.actor.id).allowed) return;
    backend.pool.transact([&](db::Tx& tx) {
        call.enter(tx);
        audit::record(tx, call.actor, {.action = "access.refused", .address = call.address, .after = {{"path", call.request.path}, {"why", why}}});
    });
}

http::Response call(const Endpoint& endpoint, Backend& backend, const http::Request& request) {
    const auto address = caller_address(request, backend.proxies);
    auto identified = identify(backend, request);
    if (auto* refusal = std::get_if<http::Response>(&identified)) {
        const auto taken = take(backend, Cost::refused, net::client_key(address));
        return taken.allowed ? std::move(*refusal) : too_many(Cost::refused, taken);
    }
    const auto& [actor, session, user] = std::get<Identity>(identified);
    const auto cost = cost_of(endpoint);
    const auto taken = take(backend, cost, actor.id);
    if (!taken.allowed) return too_many(cost, taken);
    const Call call{endpoint, request, actor, nullptr, nullptr, address, session, user};
    const auto refuse = [&](const std::string& why) {
        if (writes(endpoint)) record_refusal(backend, call, why);
    };
    try {
        return with_rate(operate(backend, call), taken);
    } catch (const http::ProblemError& problem) {
        if (problem.kind.status == http::problem::forbidden.status) refuse(problem.detail);
        return with_rate(http::problem_response(problem), taken);
    } catch (const db::DbError& error) {
        if (error.failure() == db::Failure::outside) refuse("outside of the restriction");
        throw;
    }
}

constexpr db::Statement kActAs{"call_act_as", R"(
    select set_config('sonde.actor', $1, true), set_config('sonde.actor_id', $2, true), set_config('sonde.address', $3, true),
           set_config('sonde.operation', $4, true))"};

}  // namespace

void Call::enter(db::Tx& own) const {
    if (writes(endpoint)) {
        own.run(kActAs, {actor.name, actor.id, address, fmt::format("{} {}", name_of(endpoint.method), endpoint.pattern)});
    }
    if (actor.restriction) restriction::enter(own, *actor.restriction);
}

http::Response serve_anybody(const Endpoint& endpoint, Backend& backend, const http::Request& request) {
    static const Actor nobody{"nobody", {}, "", {}};
    try {
        return endpoint.operation(backend, Call{endpoint, request, nobody, nullptr, nullptr, caller_address(request, backend.proxies)});
    } catch (const db::DbError& error) {
        return database_problem(error);
    }
}

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
        case db::Failure::outside:
            return http::problem_response(http::problem::forbidden, "it would belong to a site that your access does not cover");
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
