// Time-based one-time passwords (RFC 6238, of six digits, each for 30 seconds, by HMAC-SHA-1, as every app takes them). Pure but for new secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/instant.h"
#include "lib/base/secret.h"

namespace sonde::account {

Secret new_totp_secret();  // 20 raw bytes

// RFC 4648 section 6, without padding.
std::string base32(std::string_view bytes);

// The six digits of a step, which is the number of half minutes since the epoch.
std::string totp_code(const Secret& secret, std::int64_t step);

// The step that the code is of: the present one, or the one before or behind it, for clocks differ; and later than `last`, as none counts twice. Takes as long for a wrong one.
std::optional<std::int64_t> totp_step(const Secret& secret, std::string_view code, TimePoint now, std::int64_t last);

// For the app, usually as a QR code: `otpauth://totp/Sonde:marie?secret=…&issuer=Sonde`.
std::string totp_uri(const Secret& secret, std::string_view issuer, std::string_view user);

// Ten codes of 80 random bits, `xxxx-xxxx-xxxx-xxxx`.
std::vector<std::string> new_recovery_codes();
// As it is compared and hashed: lower case, without hyphens and spaces; the letters o, i and l, which there are not, are the digits they look like.
std::string plain_recovery_code(std::string_view typed);

}  // namespace sonde::account
