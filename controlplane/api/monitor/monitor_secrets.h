// The field `secrets` of a monitor's document: written, and never read but for the names. Pure.
#pragma once

#include "lib/check/secrets.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

// What the field means: all there are to be, where a null keeps the value there is (as in what we send); or a merge patch, where a null
// removes it. Without the field everything stays.
enum class SecretsField : unsigned char { whole, patch };

// The secrets after a request with `in`; `before` are those there were.
check::Secrets read_secrets(json::Reader& in, SecretsField means, const check::Secrets& before, json::Problems& problems);

// `{"NAME": null, …}`
Json write_secret_names(const std::vector<std::string>& names);

}  // namespace sonde::controlplane
