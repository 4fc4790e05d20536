// What a WebSocket handshake and what was said over it mean under a spec.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/websocket/spec.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const WebSocketSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check
