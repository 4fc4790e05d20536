// Reading result messages, and putting aside those that cannot be read: counted, logged once a minute at most, kept for people.
#pragma once

#include <optional>
#include <string_view>

#include "incident-engine/batch.h"
#include "incident-engine/metrics.h"

namespace sonde::engine {

// Not thread-safe.
class Parking {
public:
    Parking(bus::Bus& bus, Metrics& metrics) : bus_(bus), metrics_(metrics) {}

    // The message read; or nothing, and it was put aside.
    std::optional<Opened> open(Parcel parcel);

    // Copies the message to the parked stream and ends its delivery.
    void park(const bus::Delivery& delivery, std::string_view why);

private:
    bus::Bus& bus_;
    Metrics& metrics_;
    MonotonicPoint quiet_until_{};
    std::uint64_t unsaid_ = 0;
};

}  // namespace sonde::engine
