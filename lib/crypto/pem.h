// Certificates and keys as PEM text, as people paste them.
#pragma once

#include <string_view>

#include "lib/base/result.h"

namespace sonde::crypto {

// Whether `text` is one certificate or several, and nothing else but comments.
Status check_certificates(std::string_view text);

// Whether `certificate` (its own first, then any intermediates) and `key`, which must not be encrypted, belong together.
Status check_key_pair(std::string_view certificate, std::string_view key);

}  // namespace sonde::crypto
