#include "cli/jsonpath/jsonpath.h"

#include <fmt/format.h>

#include "cli/failure.h"
#include "lib/jsonpath/document.h"
#include "lib/jsonpath/location.h"
#include "lib/jsonpath/path.h"

namespace sonde::cli::jsonpath_command {
namespace {

// A person waits at a terminal, on their own documents: all of it may be a thousand times what a probe may spend.
constexpr json::Limits kDocument{.bytes = std::size_t{1} << 30, .depth = 1'000'000};
constexpr jsonpath::Limits kEvaluation{.steps = 2'000'000'000, .nodes = 50'000'000};
constexpr std::size_t kMaxAnswerBytes = std::size_t{1} << 30;

}  // namespace

std::string answer(std::string_view query, std::string_view document, const std::string& name, bool paths) {
    const auto path = jsonpath::Path::compile(query);
    if (!path) throw Failure{fmt::format("the query is not valid at column {}: {}", path.error().column, path.error().message), kUsage};
    const auto parsed = jsonpath::read_document(document, kDocument);
    if (!parsed) throw Failure{name + " " + parsed.error().message};
    const auto nodes = path->select(*parsed, kEvaluation);
    if (!nodes) throw Failure{nodes.error().message};
    if (!paths) {
        auto values = jsonpath::write_values(*nodes, kMaxAnswerBytes);
        if (!values) throw Failure{values.error().message};
        return *std::move(values);
    }
    const auto found = jsonpath::normalized_paths(*parsed, *nodes, kMaxAnswerBytes);
    if (!found) throw Failure{found.error().message};
    return json::dump(Json(*found));
}

}  // namespace sonde::cli::jsonpath_command
