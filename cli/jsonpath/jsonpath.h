// What `sonde jsonpath` does with its texts.
#pragma once

#include <string>
#include <string_view>

namespace sonde::cli::jsonpath_command {

// The values that `query` selects from `document` as a JSON array, or their normalized paths as one of strings. Throws Failure: for a query that is
// not valid with the column, for a document, called `name`, with the reason.
std::string answer(std::string_view query, std::string_view document, const std::string& name, bool paths);

}  // namespace sonde::cli::jsonpath_command
