#include "controlplane/login/sessions.h"

#include "controlplane/api/endpoint/role_store.h"
#include "lib/crypto/crypto.h"
#include "lib/json/json.h"

namespace sonde::login {
namespace {

using controlplane::Actor;
using controlplane::Permission;
using controlplane::Permissions;

constexpr std::size_t kMaxSecretBytes = 256;
constexpr std::size_t kMaxUserAgent = 200;

constexpr db::Statement kFind{"session_find", R"(
    select s.id, p.id, p.name, p.role, s.seen_at < now() - $2 * interval '1 ms' / 20
    from session s join person p on p.id = s.person_id
    where s.hash = $1 and s.expires_at > now() and s.seen_at > now() - $2 * interval '1 ms' and not p.disabled)"};
constexpr db::Statement kTouch{"session_touch", "update session set seen_at = now() where id = $1"};
constexpr db::Statement kEnd{"session_end_by_hash", "delete from session where hash = $1"};
// Those that are over go when their person comes again.
constexpr db::Statement kSweep{"session_sweep", R"(
    delete from session where person_id = $1 and (expires_at < now() or seen_at < now() - $2 * interval '1 ms'))"};
// Who logs in again and again without logging out has the newest hundred.
constexpr db::Statement kBound{"session_bound", R"(
    delete from session where id = any(array(select id from session where person_id = $1 order by id desc offset 99)))"};
constexpr db::Statement kBegin{"session_begin", R"(
    insert into session (id, person_id, hash, method, address, user_agent, expires_at)
    values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms') returning expires_at)"};
constexpr db::Statement kList{"session_list", R"(
    select id, person_id, method, address, user_agent, created_at, seen_at, least(expires_at, seen_at + $2 * interval '1 ms') from session
    where person_id = $1 and expires_at > now() and seen_at > now() - $2 * interval '1 ms' and id < $3 order by id desc limit $4)"};
constexpr db::Statement kRead{"session_read", R"(
    select id, person_id, method, address, user_agent, created_at, seen_at, least(expires_at, seen_at + $2 * interval '1 ms') from session
    where id = $1 and expires_at > now() and seen_at > now() - $2 * interval '1 ms')"};

Sessions::Listed read_row(const db::Row& row) {
    return {row.id<SessionId>(0), row.id<UserId>(1), std::string(row.text(2)), std::string(row.text(3)),
            std::string(row.text(4)), row.time(5), row.time(6), row.time(7)};
}

std::string shortened(std::string_view text) {
    auto clean = json::clean_utf8(text.substr(0, kMaxUserAgent));
    for (auto& c : clean) {
        if (c >= 0 && c < ' ') c = ' ';
    }
    return clean;
}

}  // namespace

std::optional<Session> Sessions::find(std::string_view secret, Use use) {
    if (secret.empty() || secret.size() > kMaxSecretBytes) return std::nullopt;
    const auto hash = crypto::sha256(secret);
    const auto now = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(hash);
        if (found != known_.end() && found->second.until > now && (use == Use::stream || found->second.touched)) return found->second.session;
    }
    auto session = pool_.transact([&](db::Tx& tx) -> std::optional<Session> {
        const auto rows = tx.run(kFind, {db::Param::bytes(hash), idle_.count()});
        if (rows.empty()) return std::nullopt;
        Session found{rows[0].id<SessionId>(0), rows[0].id<UserId>(1), {}};
        if (use == Use::person && rows[0].boolean(4)) tx.run(kTouch, {found.id});
        const auto permissions = controlplane::role_store::permissions_of(tx, rows[0].text(3)).value_or(Permissions{});
        found.actor = Actor{"user:" + std::string(rows[0].text(2)), permissions.with({Permission::account_own}), "user:" + std::to_string(found.user.value())};
        return found;
    });
    const std::lock_guard lock(mutex_);
    if (!session) {
        known_.erase(hash);
        return session;
    }
    if (known_.size() >= kMaxRemembered) known_.clear();
    known_[hash] = {*session, use == Use::person, now + kRemember};
    return session;
}

Sessions::Begun Sessions::begin(db::Tx& tx, UserId user, Method method, std::string_view address, std::string_view user_agent,
                                std::optional<std::string_view> replaces) const {
    if (replaces) tx.run(kEnd, {db::Param::bytes(crypto::sha256(*replaces))});
    tx.run(kSweep, {user, idle_.count()});
    tx.run(kBound, {user});
    Begun begun{new_id<SessionId>(), crypto::random_token("sondesess_"), {}};
    const auto rows = tx.run(kBegin, {begun.id, user, db::Param::bytes(crypto::sha256(begun.secret.reveal())), name_of(method), address, shortened(user_agent),
                                      lifetime_.count()});
    begun.expires_at = rows[0].time(0);
    return begun;
}

std::vector<Sessions::Listed> Sessions::list(db::Tx& tx, UserId user, std::optional<SessionId> before, int limit) const {
    std::vector<Listed> all;
    for (const auto row : tx.run(kList, {user, idle_.count(), before.value_or(SessionId{INT64_MAX}), limit})) all.push_back(read_row(row));
    return all;
}

std::optional<Sessions::Listed> Sessions::read(db::Tx& tx, SessionId id) const {
    const auto rows = tx.run(kRead, {id, idle_.count()});
    if (rows.empty()) return std::nullopt;
    return read_row(rows[0]);
}

}  // namespace sonde::login
