#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(drill_spec) {
    fuzz::round_trip(check::Kind::drill, fuzz::text(data, size));
    return 0;
}
