// The streams and consumers Sonde uses, as data. Whoever needs one ensures it; all ensure the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/bus/bus.h"

namespace sonde::bus::topology {

struct Place {
    StreamSpec stream;
    std::vector<ConsumerSpec> consumers;
};

Place jobs(std::string_view region, int replicas);
Place urgent(std::string_view region, int replicas);
Place results(int replicas);  // one consumer a shard
Place events(int replicas);
Place parked(int replicas);

// Creates or updates the stream, then its consumers. Blocking.
Status ensure(Bus& bus, const Place& place);

}  // namespace sonde::bus::topology
