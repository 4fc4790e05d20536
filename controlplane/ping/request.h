// A ping as it is spelled in HTTP: what it says, or why it says nothing. Pure.
#pragma once

#include "lib/base/result.h"
#include "lib/check/observation.h"
#include "lib/http/message.h"

namespace sonde::ping {

struct Call {
    check::HeartbeatFacts facts;
    microseconds took{0};  // as the job measured itself
};

struct Mistake {
    int status = 404;
    std::string message;
};

// `/ping/<token>` and `/ping/<token>/<action>`, the action in the parameter `action`: `start`, `fail`, `log`, or an exit code from 0 to 255.
// The query may have `rid`; others are not looked at: a ping that is lost for them would page somebody.
Result<Call, Mistake> read_ping(const http::Request& request);

// `/api/push/<token>` with `status` (`up` or `down`), `msg` and `ping` (milliseconds), all of which may be absent or empty.
Result<Call, Mistake> read_push(const http::Request& request);

}  // namespace sonde::ping
