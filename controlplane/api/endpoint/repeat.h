// Requests that come again with the same `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-06): what they ask for is done once, and
// they are told what was told the first time.
#pragma once

#include <optional>
#include <string>

#include "controlplane/api/endpoint/access.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/http/message.h"

namespace sonde::controlplane {

// A key is its caller's: others may use the same for something else.
struct RequestKey {
    std::string owner;        // Actor::id
    std::string key;
    std::string fingerprint;  // of all that the request asks for: SHA-256 of method, path, query, If-Match and body
};

// Nothing without the header. Throws ProblemError(malformed).
std::optional<RequestKey> request_key(const http::Request& request, const Actor& actor);

// What is known of a request that came before.
struct Earlier {
    std::optional<http::Response> answer;  // nothing: it is under way, or who worked on it died
    std::int64_t command = 0;              // what it has the incident engine do; 0 for nothing
};

namespace repeat {

// Nothing if the key is new: from now on it is this request's, if the transaction commits. Waits for another transaction that does the same.
// Throws ProblemError(invalid) if the key was used for something else.
std::optional<Earlier> claim(db::Tx& tx, const crypto::SecretBox& box, const RequestKey& key);
// As `claim`, without claiming.
std::optional<Earlier> find(db::Tx& tx, const crypto::SecretBox& box, const RequestKey& key);
void set_command(db::Tx& tx, const RequestKey& key, std::int64_t command);
// The first one stays. Sealed: some answers show a secret, which they do only once.
void set_answer(db::Tx& tx, const crypto::SecretBox& box, const RequestKey& key, const http::Response& response);

}  // namespace repeat
}  // namespace sonde::controlplane
