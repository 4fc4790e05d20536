// Queries and their outcome as text, so that a test can be a table.
#pragma once

#include <string>
#include <string_view>

#include "lib/jsonpath/document.h"
#include "lib/jsonpath/location.h"
#include "lib/jsonpath/path.h"

namespace sonde::test {

// What the query selects, as a JSON array; or what is wrong, with the column: `7: a ] is missing`. Compiles the query's own text() as
// well, which must select the same.
inline std::string selected(std::string_view query, std::string_view document) {
    const auto path = jsonpath::Path::compile(query);
    if (!path) return std::to_string(path.error().column) + ": " + path.error().message;
    const auto parsed = jsonpath::read_document(document);
    if (!parsed) return parsed.error().message;
    const auto nodes = path->select(*parsed);
    if (!nodes) return nodes.error().message;
    const auto again = jsonpath::Path::compile(path->text());
    if (!again) return "its text does not compile: " + path->text();
    const auto same = again->select(*parsed);
    if (!same || *same != *nodes) return "its text selects something else: " + path->text();
    return *jsonpath::write_values(*nodes);
}

inline std::string paths(std::string_view query, std::string_view document) {
    const auto parsed = *jsonpath::read_document(document);
    const auto nodes = *jsonpath::Path::compile(query)->select(parsed);
    const auto found = *jsonpath::normalized_paths(parsed, nodes);
    std::string out;
    for (const auto& path : found) out += (out.empty() ? "" : " ") + path;
    return out;
}

// The column of what is wrong; 0 if nothing is.
inline int wrong_at(std::string_view query) {
    const auto path = jsonpath::Path::compile(query);
    return path ? 0 : path.error().column;
}

struct Selection {
    const char* query;
    const char* document;
    const char* values;
};

}  // namespace sonde::test
