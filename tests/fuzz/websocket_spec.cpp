#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

SONDE_FUZZ_TARGET(websocket_spec) {
    fuzz::round_trip(check::Kind::websocket, fuzz::text(data, size));
    return 0;
}
