// How an event becomes requests to a receiver or a message to a mail server, and what their answers mean. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/result.h"
#include "lib/channel/declaration.h"
#include "lib/channel/templates.h"
#include "lib/json/json.h"
#include "notifier/send/exchange.h"

namespace sonde::notifier {

// What is to be told.
struct Message {
    EventId event;
    std::string_view document;  // outbox.payload: schema/messages/event.schema.json
    TimePoint at;               // of this attempt, wall clock
    DeliveryId delivery;
    std::string_view remembered;  // JSON, of earlier messages of the thread; empty if there were none
    std::string_view base_url;    // where people find Sonde, or empty
    std::string ack_url{};        // by which whoever is told acknowledges; empty where there is nothing to acknowledge
    std::vector<std::string> reached{};  // addresses that have it already
    ChannelId channel{};
    channel::Templates templates{};
};

// One request of an attempt, and what is to be kept of its answer: names and pointers.
struct Step {
    HttpRequest request;
    std::vector<std::pair<std::string, std::string>> remember;
    bool optional = false;  // if it is refused for good, the attempt goes on
};

// An attempt: its steps, one after the other, each only if those before it were accepted. Those that come before the last may be repeated without harm.
struct Composed {
    const channel::Declaration* declaration = nullptr;
    std::vector<Step> steps;
    std::vector<std::string> hidden;  // what must not be told of answers: secrets, in every form they are sent in
    std::optional<MailRequest> mail{};  // instead of steps
    bool some_have_it = false;          // of a message to several: earlier attempts have reached somebody
};

struct Judged {
    Outcome outcome = Outcome::unreachable;
    int status = 0;        // of the answer that decided; 0 without one
    std::string error;     // fit to be stored; without secrets
    std::string response;  // likewise: the answer's first bytes
    std::optional<milliseconds> wait;
    Json remembered;  // an object, or null
    std::vector<std::string> reached{};  // of several addresses, those that were told
};

// A channel may be older than its declaration.
Status check_settings(const channel::Declaration& declaration, const Json& config, const Json& secrets);

// What an answer to `step` means, at `now`.
Judged judge(const Composed& composed, const Step& step, const HttpReply& reply, TimePoint now);

}  // namespace sonde::notifier
