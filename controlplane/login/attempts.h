// Attempts to log in, counted by account and by address in the database, so that it does not matter which control plane is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/instant.h"
#include "lib/db/db.h"

namespace sonde::login {

// One attempt: what it counts against.
struct Attempt {
    // `account` as it was typed, whether it is one or not: those that are none are counted alike. Of `address` its net::client_key counts.
    Attempt(std::string_view account, std::string_view address);

    std::string account;  // SHA-256: nothing that somebody typed in the wrong field is kept
    std::string address;
};

namespace attempts {

// Counts the attempt as failed, before it is known: of many at once, no more get through than one after the other would. Or how long it has to wait, if it may not be made
// now; then it is not counted. Throws DbError.
std::optional<milliseconds> begin(db::Tx& tx, const Attempt& attempt);
// It was right: the account begins anew, and the address has this one less.
void succeeded(db::Tx& tx, const Attempt& attempt);
// Nothing was found out, as where nobody had time to look.
void withdraw(db::Tx& tx, const Attempt& attempt);

}  // namespace attempts
}  // namespace sonde::login
