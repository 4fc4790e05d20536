#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(tls_spec) {
    fuzz::round_trip(check::Kind::tls, fuzz::text(data, size));
    return 0;
}
