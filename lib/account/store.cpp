#include "lib/account/store.h"

#include "lib/crypto/crypto.h"

namespace sonde::account {
namespace {

// The lock of all who may take from an administrator what he may; the number means nothing.
constexpr std::int64_t kAdminLock = 6'204'118'377'045;

constexpr db::Statement kLockAdmins{"person_lock_admins", "select pg_advisory_xact_lock($1)"};
constexpr db::Statement kAdmins{"person_admins", "select exists (select from person where role = 'admin' and not disabled and password is not null)"};

#define SONDE_PERSON_COLUMNS                                                                                           \
    "id, name, coalesce(email, ''), role, disabled, password is not null, last_login_at, version, created_at, updated_at, " \
    "exists (select from totp where person_id = person.id and confirmed_at is not null), channels"
#define SONDE_PERSON "select " SONDE_PERSON_COLUMNS " from person "
constexpr db::Statement kFind{"person_find", SONDE_PERSON "where id = $1"};
constexpr db::Statement kLock{"person_lock", SONDE_PERSON "where id = $1 for update"};
constexpr db::Statement kByName{"person_by_name", SONDE_PERSON "where lower(name) = lower($1) or lower(email) = lower($1)"};
constexpr db::Statement kList{"person_list", SONDE_PERSON "where id > $1 order by id limit $2"};
constexpr db::Statement kRole{"person_role", "select $1 in ('viewer', 'operator', 'admin') or exists (select from role where name = $1)"};
constexpr db::Statement kInsert{"person_insert", "insert into person (id, name, email, role, disabled, channels) values ($1, $2, nullif($3, ''), $4, $5, $6)"};
constexpr db::Statement kUpdate{"person_update", R"(
    update person set name = $2, email = nullif($3, ''), role = $4, disabled = $5, channels = $6, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kChannels{"person_channels", "update person set channels = $2, version = version + 1, updated_at = now() where id = $1 and channels <> $2"};
constexpr db::Statement kRemove{"person_remove", "delete from person where id = $1"};
constexpr db::Statement kPassword{"person_password", "select password from person where id = $1 and password is not null"};
constexpr db::Statement kSetPassword{"person_set_password", R"(
    update person set password = $2, password_set_at = now(), version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRehash{"person_rehash", "update person set password = $3 where id = $1 and password = $2"};
constexpr db::Statement kDropToken{"password_token_drop", "delete from password_token where person_id = $1"};
constexpr db::Statement kMakeToken{"password_token_make", R"(
    insert into password_token (person_id, hash, expires_at, created_by) values ($1, $2, $3, $4)
    on conflict (person_id) do update set hash = excluded.hash, expires_at = excluded.expires_at, created_by = excluded.created_by)"};
constexpr db::Statement kFindToken{"password_token_find", R"(
    select p.id from password_token t join person p on p.id = t.person_id
    where t.hash = $1 and t.expires_at > now() and not p.disabled for update of t, p)"};
constexpr db::Statement kEndSessions{"session_end_of_person", "delete from session where person_id = $1 and id <> $2"};

std::vector<std::int64_t> numbers(const std::vector<ChannelId>& channels) {
    std::vector<std::int64_t> all;
    for (const auto channel : channels) all.push_back(channel.value());
    return all;
}

std::optional<User> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return store::read(rows[0]);
}

}  // namespace

AdminGuard::AdminGuard(db::Tx& tx) {
    tx.run(kLockAdmins, {kAdminLock});
    had_one_ = tx.run(kAdmins)[0].boolean(0);
}

bool AdminGuard::locked_out(db::Tx& tx) const { return had_one_ && !tx.run(kAdmins)[0].boolean(0); }

namespace store {

const std::string_view kColumns = SONDE_PERSON_COLUMNS;
#undef SONDE_PERSON
#undef SONDE_PERSON_COLUMNS

User read(const db::Row& row) {
    User user;
    user.id = row.id<UserId>(0);
    user.draft = {std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)), row.boolean(4), {}};
    user.has_password = row.boolean(5);
    user.last_login_at = row.maybe(6, &db::Row::time);
    user.version = row.small(7);
    user.created_at = row.time(8);
    user.updated_at = row.time(9);
    user.has_second_factor = row.boolean(10);
    for (const auto channel : row.wholes(11)) user.draft.channels.push_back(ChannelId{channel});
    return user;
}

std::optional<User> find(db::Tx& tx, UserId id) { return first(tx.run(kFind, {id})); }

std::optional<User> lock(db::Tx& tx, UserId id) { return first(tx.run(kLock, {id})); }

std::optional<User> find_by_name(db::Tx& tx, std::string_view name_or_email) { return first(tx.run(kByName, {name_or_email})); }

std::vector<User> list(db::Tx& tx, UserId after, int limit) {
    std::vector<User> users;
    for (const auto row : tx.run(kList, {after, limit})) users.push_back(read(row));
    return users;
}

bool role_exists(db::Tx& tx, std::string_view role) { return tx.run(kRole, {role})[0].boolean(0); }

void insert(db::Tx& tx, UserId id, const UserDraft& draft) { tx.run(kInsert, {id, draft.name, draft.email, draft.role, draft.disabled, numbers(draft.channels)}); }

void set_channels(db::Tx& tx, UserId id, const std::vector<ChannelId>& channels) { tx.run(kChannels, {id, numbers(channels)}); }

void update(db::Tx& tx, UserId id, const UserDraft& draft) {
    tx.run(kUpdate, {id, draft.name, draft.email, draft.role, draft.disabled, numbers(draft.channels)});
    if (!draft.disabled) return;
    end_sessions(tx, id);
    tx.run(kDropToken, {id});
}

void remove(db::Tx& tx, UserId id) { tx.run(kRemove, {id}); }

std::optional<std::string> password_hash(db::Tx& tx, UserId id) {
    const auto rows = tx.run(kPassword, {id});
    if (rows.empty()) return std::nullopt;
    return std::string(rows[0].text(0));
}

void set_password(db::Tx& tx, UserId id, const std::string& hash) {
    tx.run(kSetPassword, {id, hash});
    end_sessions(tx, id);
    tx.run(kDropToken, {id});
}

void rehash_password(db::Tx& tx, UserId id, const std::string& old, const std::string& hash) { tx.run(kRehash, {id, old, hash}); }

Secret make_password_token(db::Tx& tx, UserId id, TimePoint expires_at, std::string_view by) {
    auto token = crypto::random_token("sondepw_");
    tx.run(kMakeToken, {id, db::Param::bytes(crypto::sha256(token.reveal())), expires_at, by});
    return token;
}

std::optional<UserId> lock_password_token(db::Tx& tx, std::string_view token) {
    const auto rows = tx.run(kFindToken, {db::Param::bytes(crypto::sha256(token))});
    if (rows.empty()) return std::nullopt;
    return rows[0].id<UserId>(0);
}

int end_sessions(db::Tx& tx, UserId id, SessionId but) { return tx.run(kEndSessions, {id, but}).affected(); }

}  // namespace store
}  // namespace sonde::account
