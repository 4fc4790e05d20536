#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(grpc_spec) {
    fuzz::round_trip(check::Kind::grpc, fuzz::text(data, size));
    return 0;
}
