#include "tests/fuzz/calendar.h"

using namespace sonde;

SONDE_FUZZ_TARGET(rrule) {
    fuzz::schedule(calendar::Kind::rrule, fuzz::text(data, size));
    return 0;
}
