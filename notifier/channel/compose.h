// From what the ledger holds to requests: opens the channel's secrets and asks its kind.
#pragma once

#include "lib/crypto/crypto.h"
#include "notifier/channel/kind.h"
#include "notifier/ledger/ledger.h"

namespace sonde::notifier {

// The place a channel's secrets are sealed for: `channel:<chn_…>`.
std::string secrets_context(ChannelId channel);

// What messages lead to.
struct Links {
    std::string base_url;                      // where people find Sonde; may be empty: then messages lead nowhere
    milliseconds acknowledge_for{86'400'000};  // since the event; 0: messages have no link to acknowledge by
};

// An error says why the delivery cannot be sent as its channel is set up now; it never holds a secret.
Result<Composed> compose(const Leased& leased, const crypto::SecretBox& box, TimePoint now, const Links& links);

}  // namespace sonde::notifier
