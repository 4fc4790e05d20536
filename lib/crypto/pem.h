// Certificates and keys as PEM text, as people paste them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace sonde::crypto {

// The certificates of `pem` in DER, in order; text between them is passed over, as everywhere. The error may follow the name of a
// field: `must hold a certificate in PEM`. Refuses other things than certificates, private keys above all, and what cannot be read.
Result<std::vector<std::string>> read_pem_certificates(std::string_view pem, std::size_t most);

// Whether `text` is one certificate or several, and nothing else but comments.
Status check_certificates(std::string_view text);

// Whether `certificate` (its own first, then any intermediates) and `key`, which must not be encrypted, belong together.
Status check_key_pair(std::string_view certificate, std::string_view key);

}  // namespace sonde::crypto
