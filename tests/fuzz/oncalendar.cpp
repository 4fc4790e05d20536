#include "tests/fuzz/calendar.h"

using namespace sonde;

SONDE_FUZZ_TARGET(oncalendar) {
    fuzz::schedule(calendar::Kind::oncalendar, fuzz::text(data, size));
    return 0;
}
