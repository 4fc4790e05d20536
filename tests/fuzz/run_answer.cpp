#include "lib/message/run.h"
#include "lib/json/json.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(run_answer) {
    const auto answer = message::read_run_answer(fuzz::text(data, size));
    if (!answer) return 0;
    const auto written = message::write_run_answer(*answer);
    const auto again = message::read_run_answer(written);
    fuzz::require(again.ok(), "what was read can be written and read again");
    fuzz::require(message::write_run_answer(*again) == written, "and is then the same");
    return 0;
}
