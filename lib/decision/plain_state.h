// Reading states that say nothing but that all is well, as nearly all do: without a document in between.
#pragma once

#include <optional>
#include <string_view>

#include "lib/decision/monitor_state.h"

namespace sonde::decision {

// Nothing if the text has anything else than what `write_state` writes of a monitor with good votes only; then `read_state` has the word.
std::optional<MonitorState> read_plain_state(std::string_view text);

}  // namespace sonde::decision
