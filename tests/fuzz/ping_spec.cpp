#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(ping_spec) {
    fuzz::round_trip(check::Kind::ping, fuzz::text(data, size));
    return 0;
}
