// The request of a backtest, from a policy in a file. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::cli::backtest {

// One document in YAML (lib/config/tree.h), of which JSON is a part, at most 64 KiB and 16 deep. Mistakes are told as `name:line: what`.
Result<Json> read_document(std::string_view text, const std::string& name);

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
