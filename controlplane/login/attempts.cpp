#include "controlplane/login/attempts.h"

#include <algorithm>

#include "controlplane/login/backoff.h"
#include "lib/crypto/crypto.h"
#include "lib/net/client_key.h"

namespace sonde::login {
namespace {

// A few old ones go with each that comes, so that the table does not grow beyond what was tried within the last hours.
constexpr db::Statement kSweepAttempts{"login_attempt_sweep", R"(
    delete from login_attempt where subject = any(array(
        select subject from login_attempt where last_at < now() - $1 * interval '1 ms' order by last_at limit 10 for update skip locked)))"};
// Both rows in the order of their keys, so that no two attempts wait for each other.
constexpr db::Statement kLock{"login_attempt_lock", R"(
    insert into login_attempt as a (subject, failures, last_at, blocked_until) values ($1, 0, now(), now())
    on conflict (subject) do update set failures = case when a.last_at < now() - $2 * interval '1 ms' then 0 else a.failures end
    returning failures, ceil(extract(epoch from blocked_until - clock_timestamp()) * 1000)::bigint)"};
constexpr db::Statement kCount{"login_attempt_count", R"(
    update login_attempt set failures = failures + 1, last_at = now(), blocked_until = now() + $2 * interval '1 ms' where subject = $1)"};
constexpr db::Statement kForgetOne{"login_attempt_forget", "delete from login_attempt where subject = $1"};
constexpr db::Statement kTakeBack{"login_attempt_take_back", R"(
    update login_attempt set failures = greatest(failures - 1, 0), blocked_until = last_at where subject = $1)"};

std::string folded(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return result;
}

struct Counted {
    std::int64_t failures;
    milliseconds blocked;
};

Counted lock(db::Tx& tx, const std::string& subject) {
    const auto rows = tx.run(kLock, {db::Param::bytes(subject), kForget.count()});
    return {rows[0].whole(0), milliseconds{rows[0].whole(1)}};
}

void count(db::Tx& tx, const std::string& subject, const Backoff& backoff, std::int64_t failures) {
    tx.run(kCount, {db::Param::bytes(subject), backoff.after(static_cast<int>(failures + 1)).count()});
}

}  // namespace

Attempt::Attempt(std::string_view typed, std::string_view from)
    : account(crypto::sha256("account:" + folded(typed))), address(crypto::sha256("address:" + net::client_key(from))) {}

namespace attempts {

std::optional<milliseconds> begin(db::Tx& tx, const Attempt& attempt) {
    tx.run(kSweepAttempts, {kForget.count()});
    const bool account_first = attempt.account < attempt.address;
    const auto first = lock(tx, account_first ? attempt.account : attempt.address);
    const auto second = lock(tx, account_first ? attempt.address : attempt.account);
    const auto& of_account = account_first ? first : second;
    const auto& of_address = account_first ? second : first;
    const auto wait = std::max(of_account.blocked, of_address.blocked);
    if (wait.count() > 0) return wait;
    count(tx, attempt.account, kOfAccount, of_account.failures);
    count(tx, attempt.address, kOfAddress, of_address.failures);
    return std::nullopt;
}

void succeeded(db::Tx& tx, const Attempt& attempt) {
    const bool account_first = attempt.account < attempt.address;
    if (account_first) tx.run(kForgetOne, {db::Param::bytes(attempt.account)});
    tx.run(kTakeBack, {db::Param::bytes(attempt.address)});
    if (!account_first) tx.run(kForgetOne, {db::Param::bytes(attempt.account)});
}

void withdraw(db::Tx& tx, const Attempt& attempt) {
    const bool account_first = attempt.account < attempt.address;
    tx.run(kTakeBack, {db::Param::bytes(account_first ? attempt.account : attempt.address)});
    tx.run(kTakeBack, {db::Param::bytes(account_first ? attempt.address : attempt.account)});
}

}  // namespace attempts
}  // namespace sonde::login
