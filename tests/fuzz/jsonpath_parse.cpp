#include "lib/jsonpath/path.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(jsonpath_parse) {
    const auto path = jsonpath::Path::compile(fuzz::text(data, size));
    if (!path) {
        fuzz::require(path.error().column >= 1 && static_cast<std::size_t>(path.error().column) <= size + 1, "a mistake is somewhere in the query");
        return 0;
    }
    const auto text = path->text();
    if (text.size() > jsonpath::kMaxQueryBytes) return 0;
    const auto again = jsonpath::Path::compile(text);
    if (!again) {
        // Parentheses that the text adds for clearness may be one level too many.
        fuzz::require(again.error().message.find("nested deeper") != std::string::npos, "the text of a query is a query");
        return 0;
    }
    fuzz::require(again->text() == text, "and its text is the same");
    fuzz::require(again->singular() == path->singular(), "and it is singular if the first was");
    return 0;
}
