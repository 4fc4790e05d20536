// Whether somebody whom the provider knows may log in, and as whom: found, linked or made.
#pragma once

#include "controlplane/oidc/options.h"
#include "lib/account/user_id.h"
#include "lib/base/enum_name.h"
#include "lib/db/db.h"
#include "lib/json/json.h"

namespace sonde::oidc {

enum class Refusal : unsigned char { unknown, disabled, email_domain, no_role, no_such_role, last_administrator };

// The user is locked until the transaction ends. Throws Refusal, after which it must not commit, and DbError.
UserId admit(db::Tx& tx, const Options& options, const Json& claims);

}  // namespace sonde::oidc

template <>
struct sonde::EnumNames<sonde::oidc::Refusal> {
    static constexpr std::array<std::string_view, 6> names{"unknown", "disabled", "email_domain", "no_role", "no_such_role", "last_administrator"};
};
