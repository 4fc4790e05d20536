#include "tests/fuzz/spec_round_trip.h"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::round_trip(check::Kind::drill, fuzz::text(data, size));
    return 0;
}
