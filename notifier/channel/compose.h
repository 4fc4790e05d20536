// From what the ledger holds to a request: opens the channel's secrets and asks its kind.
#pragma once

#include "lib/crypto/crypto.h"
#include "notifier/channel/kind.h"
#include "notifier/ledger/ledger.h"

namespace sonde::notifier {

struct Composed {
    HttpRequest request;
    const KindRow* kind = nullptr;
};

// The place a channel's secrets are sealed for: `channel:<chn_…>`.
std::string secrets_context(ChannelId channel);

// An error says why the delivery cannot be sent as its channel is set up now; it never holds a secret.
Result<Composed> compose(const Leased& leased, const crypto::SecretBox& box, TimePoint now);

}  // namespace sonde::notifier
