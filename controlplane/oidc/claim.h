// Reading what others wrote, leniently.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace sonde::oidc {

// The text of that name in an object; empty if there is none.
inline std::string text_in(const Json& document, std::string_view name) {
    const auto found = document.find(name);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace sonde::oidc
