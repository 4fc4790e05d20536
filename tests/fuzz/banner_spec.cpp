#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(banner_spec) {
    fuzz::round_trip(check::Kind::banner, fuzz::text(data, size));
    return 0;
}
