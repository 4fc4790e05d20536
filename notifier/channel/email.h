// E-mail: an event as a message with a text and a page, and what mail servers' answers mean. Pure.
//
//     Message-ID: <dlv_…@domain>         the same for every attempt; the domain is the sender's
//     In-Reply-To, References: <…@domain>  of the thread, from its name alone: no message has that identifier, and all that belongs together names it
//     Auto-Submitted: auto-generated     RFC 3834: nobody's holiday answers
//
// Channel config and secrets: schema/channels/email.yaml.
#pragma once

#include <string_view>

#include "notifier/channel/kind.h"
#include "notifier/core/wording.h"

namespace sonde::notifier::email {

inline constexpr std::string_view kKind = "email";

Result<Composed> compose(const channel::Declaration& declaration, const Message& message, const Json& config, const Json& secrets);

// A message to be written: server, login and sender are those of the channel, and what must not be told of answers is hidden. Recipients, fields and texts are the caller's.
Result<Composed> begin(const channel::Declaration& declaration, const Json& config, const Json& secrets);

// Text as it travels: line by line, each ended by CRLF; whatever else could move a cursor becomes a space.
std::string lines(std::string_view text);

// By RFC 5321, section 4.2.1: 4yz is tried again, 5yz is not; but for 552, which a mailbox that is full says, and some servers of too many recipients.
Outcome outcome_of_code(int code);

// Of a message that was taken, those recipients that may be told later make the attempt one that is repeated, for them alone; those that are refused for good are told of in `error`.
Judged judge(const Composed& composed, const MailReply& reply);

// The message as a page: nothing in it is loaded from anywhere, and it leaves colours to whoever shows it, in the dark too.
std::string page(const Notice& notice);

}  // namespace sonde::notifier::email
