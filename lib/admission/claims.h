// What is signed, and shown to the servers: tokens (JWT) as NATS 2 reads them, https://docs.nats.io/using-nats/developer/security. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/admission/grant.h"
#include "lib/admission/keys.h"
#include "lib/base/instant.h"

namespace sonde::admission {

// The most keys that may ever have been admitted: what is revoked has to go into one message of a megabyte.
inline constexpr int kMostKeys = 10'000;

// For the servers' configuration; they never change.
std::string operator_token(const BusKeys& keys);
std::string system_account_token(const BusKeys& keys);

// Our account: what users of each role may do, and which keys (`U…`) are refused, for ever. Servers that have been told of one cut off at once who is
// connected with such a key, or with permissions that changed. Of two of them servers keep the one that was issued later.
std::string account_token(const BusKeys& keys, TimePoint issued_at, const std::vector<std::string>& revoked);

// Admits an agent. `id` becomes the user's name.
std::string agent_token(const BusKeys& keys, std::string_view id, std::string_view region, std::string_view public_key, TimePoint issued_at);
// The user that all of a role share: one of `kSharedRoles`.
std::string shared_token(const BusKeys& keys, Role role);
// A user of the servers' own account who may tell them what `account_token` says, and nothing else. It hears the answers below `inbox`.
std::string gatekeeper_token(const BusKeys& keys, std::string_view public_key, std::string_view inbox, TimePoint issued_at);
// Where that is told; the answer is as `was_taken` reads it.
std::string update_subject(const BusKeys& keys);
bool was_taken(std::string_view answer);

// A credentials file (`.creds`) as clients of NATS read it.
Secret credentials(std::string_view token, const Secret& seed);
Secret shared_credentials(const BusKeys& keys, Role role);

// What a credentials file says of its holder, unverified. Nothing if it is none.
struct Holder {
    std::string name;
    std::string region;  // empty if it is no agent's
};
std::optional<Holder> holder_of(std::string_view credentials);

}  // namespace sonde::admission
