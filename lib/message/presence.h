// Presence: an agent says every few seconds that it lives and how it is. schema/messages/presence.schema.json is the contract.
// Sent as a NATS request; the answer carries the control plane's time, from which the agent estimates its clock's offset.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/instant.h"

namespace sonde::message {

struct Presence {
    std::string region;
    std::string agent;
    std::string version;
    TimePoint started_at;
    TimePoint sent_at;          // the agent's own clock, not corrected
    bool draining = false;      // last words: no jobs are being fetched
    milliseconds clock_offset{0};  // the agent's clock minus the control plane's, as estimated; positive is ahead
    int in_flight = 0;          // checks under way
    int queued = 0;             // checks fetched and not yet started
    int capacity = 0;           // the bound on in_flight
    std::int64_t checks = 0;    // executed since the start
    double checks_per_second = 0;  // over the last interval
    std::int64_t spooled_bytes = 0;
    std::int64_t dropped = 0;   // results lost because the spool was full, jobs dropped because they were too old
};

struct PresenceAnswer {
    TimePoint now;
};

std::string write_presence(const Presence& presence);
Result<Presence> read_presence(std::string_view text);
std::string write_presence_answer(const PresenceAnswer& answer);
Result<PresenceAnswer> read_presence_answer(std::string_view text);

}  // namespace sonde::message
