// People, as administrators see them.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/account/user.h"

namespace sonde::controlplane {

account::UserDraft read_user(const Json& document, const std::string& pointer, json::Problems& problems);
// The canonical document: `read_user` reads it back equal.
Json write_user(const account::UserDraft& draft);
// Nobody gives more than he has, nor takes it from who has more: else whoever may manage users could make himself anything. Throws ProblemError(forbidden): `you cannot <what>`.
void refuse_beyond(db::Tx& tx, const Call& call, const std::string& role, std::string_view what);

// Throws ProblemError with those at `/channels/<index>` that are not there.
void refuse_missing_channels(db::Tx& tx, const std::vector<ChannelId>& channels);

// As it is shown.
Json present_user(const account::User& user);

}  // namespace sonde::controlplane

namespace sonde::controlplane::user_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::user_api
