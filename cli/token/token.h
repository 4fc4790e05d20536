// API clients and their secrets, in the database directly, for whoever may read its password: `sonde token`. A token is the secret of a client.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::cli::token {

// What is written is in the audit as done by `cli`. Every transaction that writes begins with it.
void begin(db::Tx& tx);

struct Wanted {
    std::string name;  // names may repeat
    std::string role;  // one that there is
    std::optional<milliseconds> expires_in;
};
// A new client with one secret, of which the hash is kept. Nothing if there is no such role.
std::optional<Secret> create(db::Tx& tx, const Wanted& wanted);

struct Listed {
    ClientId id;
    std::string name;
    std::string role;
    TimePoint created_at;
    std::optional<TimePoint> last_used_at;
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
};
std::vector<Listed> list(db::Tx& tx);

// All clients of that name, or the one with that identifier, that are not revoked yet. Returns how many there were.
int revoke(db::Tx& tx, std::string_view name_or_id);

// Another secret for the one client of that name or identifier; those it has work for `overlap` at most from now on. Nothing if there is
// no such client, or several have the name.
std::optional<Secret> rotate(db::Tx& tx, std::string_view name_or_id, milliseconds overlap);

}  // namespace sonde::cli::token
