// Connection strings: defaults for what the user left open, and texts of errors without the secrets of the string.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/secret.h"

namespace sonde::db {

using DsnDefaults = std::vector<std::pair<std::string_view, std::string>>;

// `dsn` (keywords or URI) with `defaults` put before the user's own settings, which therefore win. Values must not need quoting.
Secret with_defaults(const Secret& dsn, const DsnDefaults& defaults);

// `text`, a message of libpq about `dsn`, on one line, and without the password: a malformed connection string is quoted by libpq
// in its errors, in pieces.
std::string scrub(std::string_view text, const Secret& dsn);

}  // namespace sonde::db
