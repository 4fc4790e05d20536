#include "controlplane/login/factor_store.h"

#include <stdexcept>

#include "lib/account/totp.h"

namespace sonde::login::factor_store {
namespace {

constexpr db::Statement kIsOn{"totp_is_on", "select exists (select from totp where person_id = $1 and confirmed_at is not null)"};
constexpr db::Statement kBegin{"totp_begin", R"(
    insert into totp as t (person_id, secret) values ($1, $2)
    on conflict (person_id) do update set secret = excluded.secret, last_step = 0, created_at = now() where t.confirmed_at is null)"};
constexpr db::Statement kLock{"totp_lock", "select secret, last_step from totp where person_id = $1 and (confirmed_at is not null) = $2 for update"};
constexpr db::Statement kConfirm{"totp_confirm", "update totp set confirmed_at = now(), last_step = $2 where person_id = $1"};
constexpr db::Statement kUse{"totp_use", "update totp set last_step = $2 where person_id = $1"};
constexpr db::Statement kRemove{"totp_remove", "delete from totp where person_id = $1"};
constexpr db::Statement kDropCodes{"recovery_code_drop", "delete from recovery_code where person_id = $1"};
constexpr db::Statement kAddCode{"recovery_code_add", "insert into recovery_code (person_id, hash) values ($1, $2)"};
constexpr db::Statement kUseCode{"recovery_code_use", "delete from recovery_code where person_id = $1 and hash = $2"};

std::string context_of(UserId user) { return "totp:" + user.text(); }

std::string hash_of(UserId user, std::string_view code) { return crypto::sha256(user.text() + ":" + account::plain_recovery_code(code)); }

struct Factor {
    Secret secret;
    std::int64_t last_step;
};

std::optional<Factor> lock(db::Tx& tx, const crypto::SecretBox& box, UserId user, bool confirmed) {
    const auto rows = tx.run(kLock, {user, confirmed});
    if (rows.empty()) return std::nullopt;
    auto secret = box.open(rows[0].bytes(0), context_of(user));
    if (!secret) throw std::runtime_error("the secret of a second factor: " + secret.error().message);
    return Factor{*std::move(secret), rows[0].whole(1)};
}

}  // namespace

bool is_on(db::Tx& tx, UserId user) { return tx.run(kIsOn, {user})[0].boolean(0); }

bool begin(db::Tx& tx, const crypto::SecretBox& box, UserId user, const Secret& secret) {
    return tx.run(kBegin, {user, db::Param::bytes(box.seal(secret, context_of(user)))}).affected() == 1;
}

bool confirm(db::Tx& tx, const crypto::SecretBox& box, UserId user, std::string_view code, TimePoint now) {
    const auto factor = lock(tx, box, user, false);
    if (!factor) return false;
    const auto step = account::totp_step(factor->secret, code, now, factor->last_step);
    if (step) tx.run(kConfirm, {user, *step});
    return step.has_value();
}

bool remove(db::Tx& tx, UserId user) {
    tx.run(kDropCodes, {user});
    return tx.run(kRemove, {user}).affected() == 1;
}

void set_recovery_codes(db::Tx& tx, UserId user, const std::vector<std::string>& codes) {
    tx.run(kDropCodes, {user});
    for (const auto& code : codes) tx.run(kAddCode, {user, db::Param::bytes(hash_of(user, code))});
}

Used use(db::Tx& tx, const crypto::SecretBox& box, UserId user, std::string_view code, TimePoint now) {
    const auto factor = lock(tx, box, user, true);
    if (!factor) return Used::none;
    if (const auto step = account::totp_step(factor->secret, code, now, factor->last_step)) {
        tx.run(kUse, {user, *step});
        return Used::code;
    }
    return tx.run(kUseCode, {user, db::Param::bytes(hash_of(user, code))}).affected() == 1 ? Used::recovery_code : Used::none;
}

}  // namespace sonde::login::factor_store
