// From what the ledger holds of a subscriber to a message or a request, and what their answers mean for him. Pure but for the secrets' keys.
#pragma once

#include "lib/crypto/crypto.h"
#include "notifier/channel/kind.h"
#include "notifier/subscriber/telling.h"

namespace sonde::notifier::subscriber {

struct Prepared {
    Composed composed;
    std::string challenge{};  // that a webhook is to say back; empty if it is not asked for one
};

// `base_url`: where people find Sonde, for pages without a host of their own. An error says why nothing can be sent as things are set up now; it holds neither secret nor address.
Result<Prepared> prepare(const Telling& telling, const crypto::SecretBox& box, TimePoint now, const std::string& base_url);

struct Verdict {
    Outcome outcome = Outcome::unreachable;
    std::string error;               // fit to be stored; without the address
    std::optional<milliseconds> wait;
    bool receiver_refused = false;   // it was he who refused, for good; not the server in between
    bool server_fails = false;       // nobody is told by this server at the moment
    bool proven = false;             // the webhook said the challenge back
};

// A mail server that refuses to work for us is one that may be repaired: only what it says of the recipient is final for him, only what it says of the message is final for that.
Verdict judge_mail(const Prepared& prepared, const MailReply& reply);
Verdict judge_webhook(const Prepared& prepared, const HttpReply& reply, TimePoint now);

}  // namespace sonde::notifier::subscriber
