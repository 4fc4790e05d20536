// The certificate authorities that a check trusts instead of the system's.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/reader.h"

namespace sonde::check {

constexpr std::size_t kMaxAuthorityBytes = 64 * 1024;
constexpr std::size_t kMaxAuthorities = 32;

// PEM; empty is the system's. Refuses what OpenSSL cannot read.
void read_authorities(json::Reader& in, std::string_view field, std::string& target);

}  // namespace sonde::check
