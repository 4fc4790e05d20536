#include "lib/check/tls/authorities.h"

#include "lib/crypto/pem.h"

namespace sonde::check {

void read_authorities(json::Reader& in, std::string_view field, std::string& target) {
    std::string pem;
    if (!in.text(field, pem, {.max = kMaxAuthorityBytes, .multi_line = true}) || pem.empty()) return;
    if (const auto found = crypto::read_pem_certificates(pem, kMaxAuthorities); !found) return in.refuse(field, found.error().message);
    target = std::move(pem);
}

}  // namespace sonde::check
