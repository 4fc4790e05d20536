// The first line is the query, the rest the document.
#include "lib/jsonpath/document.h"
#include "lib/jsonpath/location.h"
#include "lib/jsonpath/path.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

constexpr jsonpath::Limits kLimits{.steps = 20'000, .nodes = 2000};
// Each node is looked up by its path, so few must do.
constexpr std::size_t kNodesLookedUp = 50;

}  // namespace

SONDE_FUZZ_TARGET(jsonpath_eval) {
    const auto text = fuzz::text(data, size);
    const auto line = text.find('\n');
    if (line == std::string_view::npos) return 0;
    const auto path = jsonpath::Path::compile(text.substr(0, line));
    const auto document = jsonpath::read_document(text.substr(line + 1), {.bytes = 1 << 16, .depth = 500});
    if (!path || !document) return 0;
    const auto nodes = path->select(*document, kLimits);
    if (!nodes) return 0;
    fuzz::require(!path->singular() || nodes->size() <= 1, "a singular query yields one node at most");
    const auto locations = jsonpath::normalized_paths(*document, *nodes);
    fuzz::require(locations.ok() || nodes->size() > 1, "few nodes can be located");
    if (!locations) return 0;
    for (std::size_t i = 0; i < nodes->size() && i < kNodesLookedUp; ++i) {
        const auto& location = (*locations)[i];
        if (location.size() > jsonpath::kMaxQueryBytes) continue;
        const auto one = jsonpath::Path::compile(location);
        fuzz::require(one.ok() && one->singular(), "a normalized path is a singular query");
        fuzz::require(one->text() == location, "written in the one way");
        const auto found = one->select(*document);
        fuzz::require(found.ok() && *found == jsonpath::Nodes{(*nodes)[i]}, "which selects its node");
    }
    const auto written = jsonpath::write_values({&*document});
    if (!written) return 0;
    const auto again = jsonpath::read_document(*written, {.bytes = written->size(), .depth = 501});
    fuzz::require(again.ok() && *jsonpath::write_values({&(*again)[0]}) == *written, "a document that was written reads as the same");
    return 0;
}
