#include "controlplane/api/region/join.h"

#include <fmt/format.h>

#include "controlplane/access/caller_address.h"
#include "controlplane/api/endpoint/audit.h"
#include "controlplane/api/region/agent.h"
#include "controlplane/api/region/join_token.h"
#include "controlplane/api/region/joining.h"
#include "lib/admission/claims.h"
#include "lib/log/log.h"
#include "lib/net/client_key.h"

namespace sonde::controlplane::join_api {
namespace {

constexpr std::size_t kLongestName = 64;

struct Wish {
    std::string token;
    std::string name;
    std::string public_key;
};

struct Admitted {
    AgentId id;
    std::string region;
    bool again = false;  // it had joined with this key
};

// Why a token is refused: for the log, never for the caller.
struct BadToken {
    std::string_view why;
};

constexpr db::Statement kToken{"join_token_use", R"(
    select region, hash, revoked_at is null and expires_at > now(), uses < max_uses from join_token where id = $1 for update)"};
constexpr db::Statement kUse{"join_token_used", "update join_token set uses = uses + 1 where id = $1"};
constexpr db::Statement kOfName{"join_of_name", R"(
    select id, public_key, revoked_at is not null, join_token, last_seen_at > now() - interval '15 seconds' from agent where region = $1 and name = $2 for update)"};
constexpr db::Statement kKnownKey{"join_known_key", R"(
    select 1 from agent where public_key = $1 union all select 1 from agent_key_revocation where public_key = $1)"};
constexpr db::Statement kKeys{"join_keys", "select (select count(*) from agent where public_key is not null and revoked_at is null) + (select count(*) from agent_key_revocation)"};
constexpr db::Statement kInsert{"join_insert", R"(
    insert into agent (id, region, name, public_key, join_token, joined_at, joined_from) values ($1, $2, $3, $4, $5, now(), $6))"};
constexpr db::Statement kReplace{"join_replace", R"(
    update agent set public_key = $2, join_token = $3, joined_at = now(), joined_from = $4, revoked_at = null, revoked_by = null, edition = edition + 1 where id = $1)"};

[[noreturn]] void conflict(std::string detail) { throw http::ProblemError{http::problem::conflict, std::move(detail), {}}; }

Wish read_wish(const http::Request& request) {
    if (request.body.size() > kMaxJoinBody) throw http::ProblemError{http::problem::too_large, fmt::format("the body is larger than {} bytes", kMaxJoinBody), {}};
    auto document = json::parse(request.body, {.bytes = kMaxJoinBody, .depth = 4});
    if (!document) throw http::ProblemError{http::problem::malformed, "the body " + document.error().message, {{"", document.error().message}}};
    Wish wish;
    json::Problems problems;
    json::Reader in(*document, "", problems);
    in.require({"token", "name", "public_key"});
    in.text("token", wish.token, {.min = 1, .max = 256});
    if (in.text("name", wish.name, {.min = 1, .max = kLongestName}) && !agent_api::is_agent_name(wish.name)) in.refuse("name", "must be of letters, digits, -, _ and .");
    if (in.text("public_key", wish.public_key, {.min = 1, .max = 64}) && !admission::read_public(admission::KeyKind::user, wish.public_key)) {
        in.refuse("public_key", "must be the public key of a NATS user: U and 55 characters more");
    }
    in.finish();
    refuse_if_any(problems);
    return wish;
}

// Its region and whether it has a use left.
std::pair<std::string, bool> check_token(db::Tx& tx, const JoinTokenText& token) {
    const auto rows = tx.run(kToken, {token.id});
    // As much work for a token that there is not.
    const auto expected = rows.empty() ? std::string(32, '\0') : rows[0].bytes(1);
    const bool right = crypto::equal(crypto::sha256(token.secret), expected);
    if (rows.empty()) throw BadToken{"unknown"};
    if (!right) throw BadToken{"wrong secret"};
    if (!rows[0].boolean(2)) throw BadToken{"expired or revoked"};
    return {std::string(rows[0].text(0)), rows[0].boolean(3)};
}

Admitted admit(db::Tx& tx, const Wish& wish, const std::string& address) {
    const auto token = read_join_token(wish.token);
    if (!token) throw BadToken{"malformed"};
    const auto [region, has_use] = check_token(tx, *token);
    const auto rows = tx.run(kOfName, {region, wish.name});
    const bool there = !rows.empty();
    const bool joined = there && !rows[0].is_null(1);
    const bool revoked = there && rows[0].boolean(2);
    const bool same_key = joined && rows[0].text(1) == wish.public_key;
    // The answer may have been lost: who joined with a token may ask for it again, with the key that he has.
    if (same_key && !revoked && !rows[0].is_null(3) && rows[0].id<JoinTokenId>(3) == token->id) return {rows[0].id<AgentId>(0), region, true};
    if (!has_use) throw BadToken{"used up"};
    if (same_key && revoked) conflict("this key was revoked; join with a new one");
    if (joined && !same_key && !revoked) conflict(fmt::format("the region has an agent \"{}\" already; revoke it first, or take another name", wish.name));
    if (there && !joined && !rows[0].is_null(4) && rows[0].boolean(4)) conflict(fmt::format("an agent \"{}\" works in the region already; stop it first, or take another name", wish.name));
    if (!same_key && !tx.run(kKnownKey, {wish.public_key}).empty()) conflict("this key was used before; join with a new one");
    if (tx.run(kKeys)[0].whole(0) >= admission::kMostKeys) conflict("as many keys as the bus can be told of have been admitted");
    tx.run(kUse, {token->id});
    const auto id = there ? rows[0].id<AgentId>(0) : new_id<AgentId>();
    if (there) {
        tx.run(kReplace, {id, wish.public_key, token->id, address});
    } else {
        tx.run(kInsert, {id, region, wish.name, wish.public_key, token->id, address});
    }
    const Actor joiner{"join:" + token->id.text(), {}, "join:" + token->id.text(), {}};
    audit::record(tx, joiner, {.action = "agent.join", .object = "agent:" + std::to_string(id.value()), .address = address,
                               .after = {{"region", region}, {"name", wish.name}, {"public_key", wish.public_key}}});
    return {id, region, same_key};
}

Json welcome(const Joining& joining, const Wish& wish, const Admitted& admitted) {
    const auto id = admitted.id.text();
    Json document;
    document["agent"] = {{"id", id}, {"name", wish.name}, {"region", admitted.region}};
    document["nats"] = {{"urls", joining.urls}, {"ca", joining.authorities.empty() ? Json(nullptr) : Json(joining.authorities)}};
    document["credential"] = admission::agent_token(joining.keys, id, admitted.region, wish.public_key, wall_now());
    return document;
}

http::Response join(Backend& backend, const http::Request& request) {
    const auto address = caller_address(request, backend.proxies);
    if (backend.joining == nullptr) conflict("agents cannot join here: admission.key_file is not configured");
    if (const auto wait = backend.joining->attempts.take(net::client_key(address), std::chrono::steady_clock::now()); wait > milliseconds{0}) {
        return http::problem_response(http::problem::too_many_requests, "too many attempts to join; try again later")
            .with("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
    }
    const auto wish = read_wish(request);
    try {
        const auto admitted = backend.pool.transact([&](db::Tx& tx) { return admit(tx, wish, address); });
        log::info("agent_joined", "id", admitted.id.text(), "region", admitted.region, "name", wish.name, "public_key", wish.public_key, "from", address,
                  "again", admitted.again);
        return http::Response::json(welcome(*backend.joining, wish, admitted), 201).with("Cache-Control", "no-store");
    } catch (const BadToken& bad) {
        log::warning("agent_join_refused", "reason", bad.why, "name", wish.name, "from", address);
        return http::problem_response(http::problem::forbidden, "the join token is not valid").with("Cache-Control", "no-store");
    }
}

}  // namespace

http::Response serve_join(Backend& backend, const http::Request& request) {
    try {
        return join(backend, request);
    } catch (const db::DbError& error) {
        return database_problem(error);
    }
}

}  // namespace sonde::controlplane::join_api
