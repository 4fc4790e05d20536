// Which keys the bus is to refuse, and what the servers are told of it, in the database.
#pragma once

#include <string>
#include <vector>

#include "lib/admission/keys.h"
#include "lib/db/db.h"

namespace sonde::admission {

struct Claims {
    std::string token;                 // `account_token` for the present state
    std::vector<std::string> untold;   // revoked keys in it of which no server has confirmed that it was told
};

// The same token for the same state, whoever asks; one issued later when anything changed, be it by a new version of ours. Waits for whoever
// else does this in a transaction under way.
Claims settle(db::Tx& tx, const BusKeys& keys);

// A server has taken a token with these in it.
void note_told(db::Tx& tx, const std::vector<std::string>& revoked);

}  // namespace sonde::admission
