#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(domain_spec) {
    fuzz::round_trip(check::Kind::domain, fuzz::text(data, size));
    return 0;
}
