// The request of a backtest, from a policy in a file. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::cli::backtest {

// A document in YAML, of which JSON is a part, as JSON has it. Plain scalars are numbers, booleans or nothing where they read as such; quoted ones are text.
// Anchors, tags and keys that are not text are refused, and so is what is nested deeper than 16 or longer than 64 KiB.
Result<Json> read_document(std::string_view text);

struct Asked {
    std::string monitor;  // one of the two
    std::string site;
    std::string from;
    std::string to;
    std::string interval;  // a duration as `5m`; empty: as it is
    std::vector<std::string> regions;
    bool strict = false;
};

// The body of POST /v1/policies/backtest. `document` is a policy, or a monitor with one in `policy`.
Result<Json> request(const Asked& asked, const Json& document);

// What the answer comes to: the difference in sentences, and a table of the incidents there would have been and of those there were.
std::string present(const Json& answer);

}  // namespace sonde::cli::backtest
