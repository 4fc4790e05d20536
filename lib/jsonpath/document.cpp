#include "lib/jsonpath/document.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace sonde::jsonpath {
namespace {

std::string scalar(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// A structured value that is being written.
struct Open {
    const Json* node;
    Json::const_iterator next;
};

// False once `out` is longer than `max_bytes`.
bool write(const Json& value, std::string& out, std::size_t max_bytes) {
    std::vector<Open> way;
    const auto begin = [&](const Json& node) {
        if (!node.is_structured()) {
            out += scalar(node);
            return;
        }
        out += node.is_array() ? '[' : '{';
        way.push_back({&node, node.begin()});
    };
    begin(value);
    while (!way.empty() && out.size() <= max_bytes) {
        auto& [node, next] = way.back();
        if (next == node->end()) {
            out += node->is_array() ? ']' : '}';
            way.pop_back();
            continue;
        }
        if (next != node->begin()) out += ',';
        if (node->is_object()) out += scalar(Json(next.key())) + ':';
        const Json& child = *next;
        ++next;
        begin(child);
    }
    return out.size() <= max_bytes;
}

}  // namespace

Result<std::string> write_values(const std::vector<const Json*>& values, std::size_t max_bytes) {
    std::string out = "[";
    for (const auto* value : values) {
        if (out.size() > 1) out += ',';
        if (!write(*value, out, max_bytes)) return Error{fmt::format("the values are longer than {} bytes together", max_bytes)};
    }
    return out + ']';
}

}  // namespace sonde::jsonpath
