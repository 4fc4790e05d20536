#include "lib/jsonpath/path.h"

#include <fmt/format.h>

#include "lib/jsonpath/evaluation.h"
#include "lib/jsonpath/parser.h"
#include "lib/jsonpath/print.h"

namespace sonde::jsonpath {

Result<Path, SyntaxError> Path::compile(std::string_view query) {
    if (query.size() > kMaxQueryBytes) return SyntaxError{1, fmt::format("the query is longer than {} bytes", kMaxQueryBytes)};
    try {
        Parser parser(query);
        auto parsed = std::make_shared<const Query>(parser.run());
        return Path{std::move(parsed), std::make_shared<const std::vector<SyntaxError>>(parser.take_unmatchable())};
    } catch (const SyntaxError& error) {
        return error;
    }
}

Result<Nodes, EvaluationError> Path::select(const Json& document, Limits limits) const {
    try {
        return Evaluation{document, limits}.select(*query_, document);
    } catch (const EvaluationError& error) {
        return error;
    }
}

bool Path::singular() const { return query_->singular(); }

const std::vector<SyntaxError>& Path::unmatchable() const { return *unmatchable_; }

std::string Path::text() const { return print(*query_); }

}  // namespace sonde::jsonpath
