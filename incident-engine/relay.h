// Hands the outbox to the events stream, at least once, in the order of the events' numbers.
#pragma once

#include <cstdint>

#include "incident-engine/metrics.h"
#include "lib/bus/bus.h"
#include "lib/db/db.h"
#include "lib/db/lease.h"
#include "lib/db/queue_cursor.h"

namespace sonde::engine {

class Relay {
public:
    Relay(db::Pool& pool, bus::Bus& bus, Metrics& metrics) : pool_(pool), bus_(bus), metrics_(metrics) {}

    // Publishes what is not relayed, waits for the stream's answers, at most some seconds, and marks what it has. Without a
    // connection it only looks how old the oldest is. Returns true if there may be more at once. Throws db::DbError.
    bool step();

private:
    db::Pool& pool_;
    bus::Bus& bus_;
    Metrics& metrics_;
    bool failing_ = false;  // said so
    db::QueueCursor cursor_;
};

}  // namespace sonde::engine
