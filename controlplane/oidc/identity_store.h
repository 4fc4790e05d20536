// Who people are at the provider, in the database. All of it throws DbError.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/oidc/ticket.h"
#include "lib/account/user_id.h"
#include "lib/db/db.h"

namespace sonde::oidc::identity_store {

struct Identity {
    UserId user;
    std::string issuer;
    std::string subject;
    bool follows;  // the role follows the provider's groups
    TimePoint created_at;
};

std::optional<Identity> find(db::Tx& tx, std::string_view issuer, std::string_view subject);
std::optional<Identity> of(db::Tx& tx, UserId user);
// In place of one from before. Throws DbError(unique) if it is another's.
void bind(db::Tx& tx, UserId user, std::string_view issuer, std::string_view subject, bool follows);
// False if there was none.
bool remove(db::Tx& tx, UserId user);

// False if it was used before.
bool use(db::Tx& tx, const Ticket& ticket);

}  // namespace sonde::oidc::identity_store
