// Webhooks by the Standard Webhooks specification 1.0: the event document, signed, with an identity to tell copies by. Pure.
//
// A receiver gets each event at least once; twice only if a notifier died, or lost the database for longer than its lease,
// between sending and putting the answer on record. A copy has the same webhook-id.
//
//     webhook-id: evt_…                     the event; the same for every attempt, so that a receiver can drop a second copy
//     webhook-timestamp: 1767225600         of the attempt, Unix seconds
//     webhook-signature: v1,<base64>        HMAC-SHA256 of `id.timestamp.body` under the channel's signing key; while that changes, one more by the key of before, after a space
//
// Channel config: {"url": …}. Secrets: {"signing_key": "whsec_<base64>", "previous_signing_key": …}, the latter if there is one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "notifier/channel/kind.h"

namespace sonde::notifier::webhook {

Result<HttpRequest> compose(const Message& message, const Json& config, const Json& secrets);

// A signed request of any document, by each of the keys, which are `whsec_` and base64. An error follows "the channel's".
Result<HttpRequest> signed_request(const std::string& url, const std::vector<std::string>& signing_keys, const std::string& id, TimePoint at, std::string body);

// The header's value. `key` is the raw key, after decoding.
std::string signature(std::string_view key, std::string_view id, std::int64_t unix_seconds, std::string_view body);

}  // namespace sonde::notifier::webhook
