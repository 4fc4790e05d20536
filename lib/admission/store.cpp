#include "lib/admission/store.h"

#include "lib/admission/claims.h"
#include "lib/crypto/crypto.h"

namespace sonde::admission {
namespace {

constexpr db::Statement kLock{"admission_lock", "select shape, issued_at from bus_claims for update"};
constexpr db::Statement kRevoked{"admission_revoked", "select public_key, told_at is null from agent_key_revocation order by at, public_key"};
// Never the same second twice: servers tell two of them apart by it.
constexpr db::Statement kReissue{"admission_reissue", R"(
    update bus_claims set shape = $1, issued_at = greatest(date_trunc('second', clock_timestamp()), issued_at + interval '1 second') returning issued_at)"};
constexpr db::Statement kTold{"admission_told", R"(
    update agent_key_revocation set told_at = clock_timestamp() where told_at is null and public_key = any($1::text[]))"};

}  // namespace

Claims settle(db::Tx& tx, const BusKeys& keys) {
    const auto before = tx.run(kLock);
    Claims claims;
    std::vector<std::string> revoked;
    for (const auto row : tx.run(kRevoked)) {
        revoked.emplace_back(row.text(0));
        if (row.boolean(1)) claims.untold.emplace_back(row.text(0));
    }
    const auto shape = crypto::sha256(account_token(keys, TimePoint{}, revoked));
    auto issued_at = before[0].time(1);
    if (before[0].bytes(0) != shape) issued_at = tx.run(kReissue, {db::Param::bytes(shape)})[0].time(0);
    claims.token = account_token(keys, issued_at, revoked);
    return claims;
}

void note_told(db::Tx& tx, const std::vector<std::string>& revoked) { tx.run(kTold, {revoked}); }

}  // namespace sonde::admission
