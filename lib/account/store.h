// People in the database. All of it throws DbError.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/account/user.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::account {

// Keeps somebody who may do everything and can log in, where there was one. To be made at the beginning of every transaction that may take that
// from a person: until its end it is the only such. `locked_out` afterwards tells whether the last one is gone; then the transaction must not commit.
class AdminGuard {
public:
    explicit AdminGuard(db::Tx& tx);
    [[nodiscard]] bool locked_out(db::Tx& tx) const;

private:
    bool had_one_ = false;
};

namespace store {

// For lists in an order of their own: what of `person` makes a user, in the order of `read`.
extern const std::string_view kColumns;
inline constexpr int kColumnCount = 12;
User read(const db::Row& row);

std::optional<User> find(db::Tx& tx, UserId id);
std::optional<User> lock(db::Tx& tx, UserId id);
std::optional<User> find_by_name(db::Tx& tx, std::string_view name_or_email);  // upper and lower case are the same
// By id, from after one; at most `limit`.
std::vector<User> list(db::Tx& tx, UserId after, int limit);
bool role_exists(db::Tx& tx, std::string_view role);

// Throw DbError(unique) if name or address is another's: the constraint is `person_name` or `person_email`.
void insert(db::Tx& tx, UserId id, const UserDraft& draft);
void set_channels(db::Tx& tx, UserId id, const std::vector<ChannelId>& channels);
// Also ends the sessions of who is disabled now, and takes his password token.
void update(db::Tx& tx, UserId id, const UserDraft& draft);
void remove(db::Tx& tx, UserId id);

std::optional<std::string> password_hash(db::Tx& tx, UserId id);
// Ends all of the person's sessions, and takes the password token.
void set_password(db::Tx& tx, UserId id, const std::string& hash);
// The same password, at another cost: nothing ends. Nothing happens if it is not `old` any more.
void rehash_password(db::Tx& tx, UserId id, const std::string& old, const std::string& hash);

// Who has it may set the person's password, once, until then. One from before is worth nothing any more.
Secret make_password_token(db::Tx& tx, UserId id, TimePoint expires_at, std::string_view by);
// Whose it is, if it is valid; nobody else gets past here with it until the transaction ends.
std::optional<UserId> lock_password_token(db::Tx& tx, std::string_view token);

// Of one person; returns how many there were.
int end_sessions(db::Tx& tx, UserId id, SessionId but = {});

}  // namespace store
}  // namespace sonde::account
