#include "tests/fuzz/calendar.h"

using namespace sonde;

SONDE_FUZZ_TARGET(cron) {
    fuzz::schedule(calendar::Kind::cron, fuzz::text(data, size));
    return 0;
}
