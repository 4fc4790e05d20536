// Keeping secrets out of what is told of answers. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/json/json.h"

namespace sonde::notifier {

// The texts among `secrets` in every form a request carries them: as they are, percent-encoded, in JSON; of a URL its path and the last part of it, too.
// The longest come first.
std::vector<std::string> hidden_forms(const Json& secrets);

// `text` with `***` in their place. If it was `cut`, what could be the beginning of one is cut off its end, too.
std::string without(const std::vector<std::string>& hidden, std::string_view text, bool cut);

}  // namespace sonde::notifier
