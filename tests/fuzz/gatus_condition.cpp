// Conditions of Gatus: what is taken over is what the validator takes.
#include "cli/import/findings.h"
#include "cli/import/gatus_condition.h"
#include "lib/check/spec.h"
#include "tests/fuzz/target.h"

using namespace sonde;
using namespace sonde::cli::import_from;

SONDE_FUZZ_TARGET(gatus_condition) {
    const auto text = std::string(fuzz::text(data, size));
    const auto condition = parse_condition(text);
    if (!condition) return 0;
    fuzz::require(!condition->values.empty(), "a condition compares with something");
    Statuses statuses;
    statuses.fill(true);
    Json assertions = Json::array();
    std::vector<std::string> notes;
    assert_http(*condition, text, statuses, assertions, notes);
    fuzz::require(notes.size() <= 1 && (notes.empty() || assertions.empty()), "a condition is taken over or told");
    if (const auto path = json_path(condition->path)) fuzz::require(path->starts_with("$"), "a path begins at the root");
    for (const auto& value : condition->values) fuzz::require(matches_pattern("*", value), "a star matches anything");
    return 0;
}
