#include "lib/config/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sonde::config {
namespace {

bool is_variable_name(std::string_view name) {
    const auto word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') && std::all_of(name.begin(), name.end(), word);
}

// The inside of one `${…}`.
Replaced variable(std::string_view inside) {
    const auto colon = inside.find(":-");
    const auto name = std::string(inside.substr(0, colon));
    if (!is_variable_name(name)) return {{}, fmt::format("\"${{{}}}\" does not name an environment variable", inside)};
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing of ours changes the environment
    if (value != nullptr && (*value != '\0' || colon == std::string_view::npos)) return {value, {}};
    if (colon == std::string_view::npos) return {{}, fmt::format("the environment variable {} is not set", name)};
    return {std::string(inside.substr(colon + 2)), {}};
}

}  // namespace

Replaced replace_variables(std::string_view source) {
    std::string text;
    while (!source.empty()) {
        if (source.starts_with("$${")) {
            text += "${";
            source.remove_prefix(3);
        } else if (source.starts_with("${")) {
            const auto end = source.find('}');
            if (end == std::string_view::npos) return {{}, "\"${\" has no closing \"}\"; a literal \"${\" is written \"$${\""};
            auto one = variable(source.substr(2, end - 2));
            if (!one.wrong.empty()) return one;
            text += one.text;
            source.remove_prefix(end + 1);
        } else {
            text += source.front();
            source.remove_prefix(1);
        }
    }
    return {std::move(text), {}};
}

}  // namespace sonde::config
