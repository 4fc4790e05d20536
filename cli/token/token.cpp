#include "cli/token/token.h"

#include "lib/crypto/crypto.h"

namespace sonde::cli::token {
namespace {

constexpr db::Statement kCreate{"token_create", "insert into api_token (id, name, hash, role) values ($1, $2, $3, $4)"};
constexpr db::Statement kList{"token_list", "select id, name, role, created_at, last_used_at, revoked_at from api_token order by id"};
constexpr db::Statement kRevoke{"token_revoke", "update api_token set revoked_at = now() where revoked_at is null and (name = $1 or id = $2)"};

}  // namespace

Secret create(db::Tx& tx, std::string_view name, Role role) {
    auto token = crypto::random_token("sonde_");
    tx.run(kCreate, {new_id<TokenId>(), name, db::Param::bytes(crypto::sha256(token.reveal())), name_of(role)});
    return token;
}

std::vector<Listed> list(db::Tx& tx) {
    std::vector<Listed> tokens;
    for (const auto row : tx.run(kList)) {
        tokens.push_back({row.id<TokenId>(0), std::string{row.text(1)}, std::string{row.text(2)}, row.time(3), row.maybe(4, &db::Row::time),
                          row.maybe(5, &db::Row::time)});
    }
    return tokens;
}

int revoke(db::Tx& tx, std::string_view name_or_id) {
    return tx.run(kRevoke, {name_or_id, TokenId::parse(name_or_id).value_or(TokenId{})}).affected();
}

}  // namespace sonde::cli::token
