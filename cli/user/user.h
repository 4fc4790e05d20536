// Users: made, listed, disabled, and given passwords in the database directly, for whoever may read its password.
#pragma once

#include <string>
#include <vector>

#include "lib/account/user.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::cli::user {

struct NewUser {
    std::string name;
    std::string email;
    std::string role = "admin";
};

// All of them throw Failure, with what is wrong, and DbError.

// A token to set the password with.
Secret create_with_token(db::Pool& pool, const NewUser& user);
void create_with_password(db::Pool& pool, const NewUser& user, const Secret& password);
Secret make_token(db::Pool& pool, const std::string& name);
// Ends his sessions.
void set_password(db::Pool& pool, const std::string& name, const Secret& password);
std::vector<account::User> list(db::Pool& pool);
// Refuses to disable the last administrator who can log in.
void set_disabled(db::Pool& pool, const std::string& name, bool disabled);

}  // namespace sonde::cli::user
