// Server-sent events as text: the format of the WHATWG HTML standard, section 9.2. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/http/message.h"

namespace sonde::http {

struct Event {
    std::string type;  // none is read as `message`
    std::string data;  // any text; a line break of any sort is told as one
    std::string id{};  // what a client gives as `Last-Event-ID` when it comes again; none leaves the one before
    milliseconds retry{0};  // how long a client is to wait before it comes again; 0 leaves that as it is
};

// Encoded once, to be sent to any number of streams.
using Frame = std::shared_ptr<const std::string>;

// One that has nothing but `retry` sets that alone: no client sees an event. Throws std::logic_error if type or id have a line break or a NUL: they could not be sent as they are.
Frame encode(const Event& event);

// One that no client sees.
Frame comment();

// Whether the request's `Accept` names text/event-stream; `*/*` does not ask for it.
bool accepts_events(const Request& request);

// The id of the last event that a client which comes again has seen; null if there is none.
const std::string* last_event_id(const Request& request);

}  // namespace sonde::http
