#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(tcp_spec) {
    fuzz::round_trip(check::Kind::tcp, fuzz::text(data, size));
    return 0;
}
