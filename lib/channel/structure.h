// Structures of declarations: what is sent, with templates for texts (lib/channel/declaration.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/channel/escape.h"
#include "lib/json/json.h"

namespace sonde::channel {

// Broken templates and words that mean nothing here, each with its pointer.
std::vector<std::pair<std::string, std::string>> mistakes_of(const Json& structure);

// Values for templates and conditions: `plain` as they are; `escaped`, the same for texts that the receiver takes for markup.
struct Context {
    Json plain;
    Json escaped;
};

// The structure filled in; nothing if all of it is left out. However odd the values are, what comes out has the shape the structure says:
// values are members and items of it, never syntax.
Result<std::optional<Json>> filled(const Json& structure, const Context& context);

// The value that `name` (`a.b`) stands for; a null if there is none.
const Json& value_of(const Json& values, std::string_view name);
// Neither null, false, an empty text nor an empty list.
bool is_there(const Json& value);

// At most `max` characters once it is escaped, the last of them an ellipsis if it was longer; never cut inside what one character became.
std::string shortened(std::string_view text, std::size_t max, Escape escape);

}  // namespace sonde::channel
