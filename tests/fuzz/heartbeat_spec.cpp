#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(heartbeat_spec) {
    fuzz::round_trip(check::Kind::heartbeat, fuzz::text(data, size));
    return 0;
}
