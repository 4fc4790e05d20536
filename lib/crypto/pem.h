// Certificates as people paste them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace sonde::crypto {

// The certificates of `pem` in DER, in order; text between them is passed over, as everywhere. The error may follow the name of a
// field: `must hold a certificate in PEM`. Refuses other things than certificates, private keys above all, and what cannot be read.
Result<std::vector<std::string>> read_pem_certificates(std::string_view pem, std::size_t most);

}  // namespace sonde::crypto
