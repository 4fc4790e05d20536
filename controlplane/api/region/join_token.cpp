#include "controlplane/api/region/join_token.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "lib/crypto/crypto.h"
#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::controlplane::join_api {
namespace {

constexpr std::string_view kPrefix = "sonde_join_";
constexpr std::size_t kSecretCharacters = 43;
constexpr milliseconds kShortest{60'000};
constexpr milliseconds kLongest{std::chrono::hours{24 * 30}};
constexpr int kMostUses = 1000;
constexpr int kMostOfRegion = 1000;

constexpr std::string_view kSelect = R"(
    select id, region, note, max_uses, uses, created_by, created_at, expires_at, revoked_at, revoked_by,
           case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' when uses >= max_uses then 'used_up' else 'usable' end
    from join_token )";

constexpr db::Statement kRegion{"join_token_region", "select 1 from region where name = $1 for key share"};
constexpr db::Statement kCount{"join_token_count", "select count(*) from join_token where region = $1 and revoked_at is null and expires_at > now()"};
constexpr db::Statement kInsertToken{"join_token_insert", R"(
    insert into join_token (id, region, hash, note, max_uses, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms'))"};
constexpr db::Statement kRevoke{"join_token_revoke", R"(
    update join_token set revoked_at = now(), revoked_by = $3 where id = $1 and region = $2 and revoked_at is null)"};

Json present(const db::Row& row) {
    Json document;
    document["id"] = row.id<JoinTokenId>(0).text();
    document["region"] = row.text(1);
    document["state"] = row.text(10);
    document["note"] = row.text(2);
    document["max_uses"] = row.small(3);
    document["uses"] = row.small(4);
    document["created_by"] = row.text(5);
    document["created_at"] = to_rfc3339(row.time(6));
    document["expires_at"] = to_rfc3339(row.time(7));
    document["revoked_at"] = instant_or_null(row, 8);
    document["revoked_by"] = text_or_null(row, 9);
    return document;
}

std::string region_of(const Call& call) {
    const auto& name = call.request.parameters.at("region");
    if (!message::subject::is_region_name(name)) not_found("there is no such region");
    return name;
}

void require_region(db::Tx& tx, const std::string& region) {
    if (tx.run(kRegion, {region}).empty()) not_found("there is no such region");
}

Json find(db::Tx& tx, const std::string& region, JoinTokenId id) {
    const auto rows = tx.run_text(fmt::format("{} where id = $1 and region = $2", kSelect), {id, region});
    if (rows.empty()) not_found("there is no such join token");
    return present(rows[0]);
}

http::Response list_tokens(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("join_tokens", 1);
    query.finish();
    const auto region = region_of(call);
    Conditions conditions;
    conditions.add("region = ?", {region});
    if (page.after) conditions.add("id < ?", {page.after->whole(0)});
    const auto sql = fmt::format("{}{} order by id desc limit {}", kSelect, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        require_region(tx, region);
        return tx.run_text(sql, conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response create_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto region = region_of(call);
    std::string note;
    int max_uses = 1;
    milliseconds valid_for{std::chrono::hours{1}};
    json::Problems problems;
    const auto body = read_optional_body(call);
    json::Reader in(body, "", problems);
    in.text("note", note);
    in.whole("max_uses", max_uses, 1, kMostUses);
    in.duration_ms("valid_for_ms", valid_for, kShortest, kLongest);
    in.finish();
    refuse_if_any(problems);

    const auto id = new_id<JoinTokenId>();
    const auto secret = crypto::base64url(crypto::random_bytes(32));
    auto document = call.transact(backend, [&](db::Tx& tx) {
        require_region(tx, region);
        if (tx.run(kCount, {region})[0].whole(0) >= kMostOfRegion) {
            throw http::ProblemError{http::problem::conflict, fmt::format("the region has {} join tokens that are valid; revoke some", kMostOfRegion), {}};
        }
        tx.run(kInsertToken, {id, region, db::Param::bytes(crypto::sha256(secret)), note, max_uses, call.actor.name, valid_for.count()});
        return find(tx, region, id);
    });
    log::info("join_token_created", "id", id.text(), "region", region, "by", call.actor.name, "max_uses", max_uses);
    document["token"] = write_join_token(id, secret);
    return http::Response::json(document, 201)
        .with("Location", fmt::format("/v1/regions/{}/join-tokens/{}", region, id.text()))
        .with("Cache-Control", "no-store");
}

http::Response read_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto region = region_of(call);
    const auto id = path_id<JoinTokenId>(call, "token_id");
    return http::Response::json(call.transact(backend, [&](db::Tx& tx) { return find(tx, region, id); }));
}

http::Response revoke_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto region = region_of(call);
    const auto id = path_id<JoinTokenId>(call, "token_id");
    const auto document = call.transact(backend, [&](db::Tx& tx) {
        tx.run(kRevoke, {id, region, call.actor.name});
        return find(tx, region, id);
    });
    log::info("join_token_revoked", "id", id.text(), "region", region, "by", call.actor.name);
    return http::Response::json(document);
}

}  // namespace

std::optional<JoinTokenText> read_join_token(std::string_view text) {
    constexpr std::size_t kIdCharacters = 13;
    if (text.size() != kPrefix.size() + kIdCharacters + 1 + kSecretCharacters || !text.starts_with(kPrefix)) return std::nullopt;
    text.remove_prefix(kPrefix.size());
    const auto id = JoinTokenId::parse(fmt::format("{}_{}", id_tag::JoinToken::prefix, text.substr(0, kIdCharacters)));
    if (!id || text[kIdCharacters] != '_') return std::nullopt;
    return JoinTokenText{*id, text.substr(kIdCharacters + 1)};
}

std::string write_join_token(JoinTokenId id, std::string_view secret) {
    return fmt::format("{}{}_{}", kPrefix, std::string_view(id.text()).substr(id_tag::JoinToken::prefix.size() + 1), secret);
}

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/regions/{region}/join-tokens", Permission::regions_write, list_tokens},
        {Method::post, "/v1/regions/{region}/join-tokens", Permission::regions_write, create_token},
        {Method::get, "/v1/regions/{region}/join-tokens/{token_id}", Permission::regions_write, read_token},
        {Method::post, "/v1/regions/{region}/join-tokens/{token_id}/revoke", Permission::regions_write, revoke_token},
    };
}

}  // namespace sonde::controlplane::join_api
