#include "lib/message/result.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(result_batch) {
    const auto batch = message::read_result_batch(fuzz::text(data, size));
    if (!batch) return 0;
    const auto written = message::write_result_batch(*batch);
    const auto again = message::read_result_batch(written);
    fuzz::require(again.ok(), "what was read can be written and read again");
    fuzz::require(message::write_result_batch(*again) == written, "and is then the same");
    return 0;
}
