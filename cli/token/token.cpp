#include "cli/token/token.h"

#include "lib/crypto/crypto.h"

namespace sonde::cli::token {
namespace {

constexpr db::Statement kBegin{"token_begin", "select set_config('sonde.actor', 'cli', true), set_config('sonde.operation', 'sonde token', true)"};
constexpr db::Statement kRole{"token_role", "select 1 where $1 in ('viewer', 'operator', 'admin') or exists (select from role where name = $1 for share)"};
constexpr db::Statement kCreate{"token_create", R"(
    insert into api_client (id, name, role, expires_at, created_by) values ($1, $2, $3, now() + $4::bigint * interval '1 ms', 'cli'))"};
constexpr db::Statement kList{"token_list", R"(
    select c.id, c.name, c.role, c.created_at, (select max(s.last_used_at) from client_secret s where s.client_id = c.id), c.expires_at, c.revoked_at
    from api_client c order by c.id)"};
constexpr db::Statement kRevoke{"token_revoke", R"(
    update api_client set revoked_at = now(), version = version + 1, updated_at = now() where revoked_at is null and (name = $1 or id = $2))"};
constexpr db::Statement kFind{"token_one", "select id from api_client where revoked_at is null and (name = $1 or id = $2) for no key update"};
constexpr db::Statement kForget{"token_forget", "delete from client_secret where client_id = $1 and expires_at <= now()"};
constexpr db::Statement kEnd{"token_end", "update client_secret set expires_at = least(expires_at, now() + $2 * interval '1 ms') where client_id = $1"};
constexpr db::Statement kAdd{"token_add", "insert into client_secret (client_id, hash) values ($1, $2)"};

Secret add(db::Tx& tx, ClientId client) {
    auto secret = crypto::random_token("sonde_");
    tx.run(kAdd, {client, db::Param::bytes(crypto::sha256(secret.reveal()))});
    return secret;
}

// Before there were clients, tokens were listed as `tok_…`, with the same number.
ClientId id_in(std::string_view text) {
    if (const auto id = ClientId::parse(text)) return *id;
    return ClientId{id_text::decode("tok", text).value_or(0)};
}

}  // namespace

void begin(db::Tx& tx) { tx.run(kBegin); }

std::optional<Secret> create(db::Tx& tx, const Wanted& wanted) {
    if (tx.run(kRole, {wanted.role}).empty()) return std::nullopt;
    const auto id = new_id<ClientId>();
    const auto expires = wanted.expires_in ? std::optional(static_cast<std::int64_t>(wanted.expires_in->count())) : std::nullopt;
    tx.run(kCreate, {id, wanted.name, wanted.role, expires});
    return add(tx, id);
}

std::vector<Listed> list(db::Tx& tx) {
    std::vector<Listed> tokens;
    for (const auto row : tx.run(kList)) {
        tokens.push_back({row.id<ClientId>(0), std::string{row.text(1)}, std::string{row.text(2)}, row.time(3), row.maybe(4, &db::Row::time),
                          row.maybe(5, &db::Row::time), row.maybe(6, &db::Row::time)});
    }
    return tokens;
}

int revoke(db::Tx& tx, std::string_view name_or_id) { return tx.run(kRevoke, {name_or_id, id_in(name_or_id)}).affected(); }

std::optional<Secret> rotate(db::Tx& tx, std::string_view name_or_id, milliseconds overlap) {
    const auto found = tx.run(kFind, {name_or_id, id_in(name_or_id)});
    if (found.size() != 1) return std::nullopt;
    const auto id = found[0].id<ClientId>(0);
    tx.run(kForget, {id});
    tx.run(kEnd, {id, static_cast<std::int64_t>(overlap.count())});
    return add(tx, id);
}

}  // namespace sonde::cli::token
