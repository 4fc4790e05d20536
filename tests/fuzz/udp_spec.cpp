#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(udp_spec) {
    fuzz::round_trip(check::Kind::udp, fuzz::text(data, size));
    return 0;
}
