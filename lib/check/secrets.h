// The secrets of a monitor: named values that its spec refers to as `{{secrets.NAME}}`. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/secret.h"
#include "lib/json/reader.h"

namespace sonde::check {

inline constexpr std::size_t kMaxSecrets = 20;
inline constexpr std::size_t kMaxSecretBytes = 8 * 1024;
inline constexpr std::size_t kMaxSecretBytesTogether = 64 * 1024;  // so that a job stays far below the bus's limit

using Secrets = std::map<std::string, Secret>;

// 1 to 64 of A-Z, a-z, 0-9 and `_`.
bool is_secret_name(std::string_view name);
// Nothing if `value` may be one: not empty, within the bound, no control characters but line breaks and tabs. Else what is wrong with it.
std::string wrong_with_secret(std::string_view value);

// Those of `secrets` that `text`, a spec's JSON, names.
Secrets named_in(std::string_view text, const Secrets& secrets);

// Whether any string in `document` names a secret.
bool names_secrets(const Json& document);

// Puts the values in, in every string value of `document`. Each name that is not there is a problem; keys of objects are left alone.
Json substitute(const Json& document, const Secrets& secrets, std::string_view pointer, json::Problems& problems);

// Puts names back: `written` is the canonical form of what `substitute` made of `document`. Every string that named a secret must be in
// `written` where it was and as it was; where a kind writes it otherwise, that is a problem, since the value would be kept in the clear.
Json restore(Json written, const Json& document, const Secrets& secrets, std::string_view pointer, json::Problems& problems);

}  // namespace sonde::check
