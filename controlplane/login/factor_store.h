// Second factors in the database: what makes the codes, sealed, and hashes of recovery codes. All of it throws DbError.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/account/user_id.h"
#include "lib/base/instant.h"
#include "lib/base/secret.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"

namespace sonde::login::factor_store {

// Codes are asked for.
bool is_on(db::Tx& tx, UserId user);

// A secret that is not asked for until one of its codes was given. Takes the place of one that was not confirmed; false if one is on.
bool begin(db::Tx& tx, const crypto::SecretBox& box, UserId user, const Secret& secret);
// From now on codes are asked for; false if there is no secret to be confirmed, or this is not its code. Throws std::runtime_error if the key file is another.
bool confirm(db::Tx& tx, const crypto::SecretBox& box, UserId user, std::string_view code, TimePoint now);
// False if there was none.
bool remove(db::Tx& tx, UserId user);

// In place of those from before.
void set_recovery_codes(db::Tx& tx, UserId user, const std::vector<std::string>& codes);

enum class Used : unsigned char { none, code, recovery_code };
// A code of the app, or a recovery code, of somebody who has it on: from now on it is used. Throws std::runtime_error if the key file is another.
Used use(db::Tx& tx, const crypto::SecretBox& box, UserId user, std::string_view code, TimePoint now);

}  // namespace sonde::login::factor_store
