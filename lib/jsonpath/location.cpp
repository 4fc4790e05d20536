#include "lib/jsonpath/location.h"

#include <fmt/format.h>

#include <unordered_map>

#include "lib/jsonpath/print.h"

namespace sonde::jsonpath {
namespace {

// A structured node on the way down, and which of its children is next.
struct Level {
    const Json* node;
    Json::const_iterator next;
    std::size_t index = 0;
    std::size_t path_bytes;  // of the node's own path
};

}  // namespace

Result<std::vector<std::string>> normalized_paths(const Json& document, const Nodes& nodes, std::size_t max_bytes) {
    // Places in the answer, by node: one node may be there more than once.
    std::unordered_multimap<const Json*, std::size_t> wanted;
    for (std::size_t i = 0; i < nodes.size(); ++i) wanted.emplace(nodes[i], i);
    std::vector<std::string> out(nodes.size());
    std::string path = "$";
    std::size_t bytes = 0;
    const auto note = [&](const Json* node) {
        const auto [first, last] = wanted.equal_range(node);
        for (auto it = first; it != last; ++it) {
            bytes += path.size();
            if (bytes > max_bytes) return false;
            out[it->second] = path;
        }
        return true;
    };
    const auto too_long = [&] { return Error{fmt::format("the paths are longer than {} bytes together", max_bytes)}; };
    if (!note(&document)) return too_long();
    std::vector<Level> way;
    if (document.is_structured()) way.push_back({&document, document.begin(), 0, path.size()});
    while (!way.empty()) {
        auto& level = way.back();
        path.resize(level.path_bytes);
        if (level.next == level.node->end()) {
            way.pop_back();
            continue;
        }
        const Json& child = *level.next;
        path += level.node->is_object() ? "[" + quote_name(level.next.key()) + "]" : fmt::format("[{}]", level.index);
        ++level.next;
        ++level.index;
        if (!note(&child)) return too_long();
        if (child.is_structured()) way.push_back({&child, child.begin(), 0, path.size()});
    }
    return out;
}

}  // namespace sonde::jsonpath
