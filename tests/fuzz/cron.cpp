#include "tests/fuzz/calendar.h"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::schedule(calendar::Kind::cron, fuzz::text(data, size));
    return 0;
}
