// The kinds of channels: how each turns an event into a request, and reads the answer. Pure.
#pragma once

#include <array>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/result.h"
#include "lib/json/json.h"
#include "notifier/send/exchange.h"

namespace sonde::notifier {

enum class ChannelKind : unsigned char { webhook };

// What is to be told.
struct Message {
    EventId event;
    std::string_view document;  // outbox.payload: schema/messages/event.schema.json
    TimePoint at;               // of this attempt, wall clock
};

struct KindRow {
    ChannelKind kind;
    // The same message gives a request with the same identity for the receiver, whatever the attempt. An error says which setting
    // or secret cannot be used, without its value. `config` and `secrets` are objects (table channel).
    Result<HttpRequest> (*compose)(const Message& message, const Json& config, const Json& secrets);
    Outcome (*judge)(const HttpReply& reply);
};

// The row of a kind, by its name in the table `channel`; nullptr if this program does not know it.
const KindRow* find_kind(std::string_view name);

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::ChannelKind> {
    static constexpr std::array<std::string_view, 1> names{"webhook"};
};
