#include "controlplane/oidc/key_set.h"

#include <algorithm>
#include <array>
#include <optional>

#include "controlplane/oidc/claim.h"
#include "lib/crypto/crypto.h"
#include "lib/json/json.h"

namespace sonde::oidc {
namespace {

constexpr std::array kAlgorithms{
    Algorithm{"RS256", "RSA", ""}, Algorithm{"RS384", "RSA", ""}, Algorithm{"RS512", "RSA", ""}, Algorithm{"PS256", "RSA", ""},     Algorithm{"PS384", "RSA", ""},
    Algorithm{"PS512", "RSA", ""}, Algorithm{"ES256", "EC", "P-256"}, Algorithm{"ES384", "EC", "P-384"}, Algorithm{"ES512", "EC", "P-521"},
};

constexpr std::size_t kMinModulus = 256;
constexpr std::size_t kMaxModulus = 1024;
constexpr std::size_t kMaxExponent = 4;  // a larger one takes long and is nobody's

std::optional<std::size_t> coordinate_bytes(std::string_view curve) {
    if (curve == "P-256") return 32;
    if (curve == "P-384") return 48;
    if (curve == "P-521") return 66;
    return std::nullopt;
}

// The number's bytes, without zeros in front; 0 for what is none.
std::size_t number_bytes(const std::string& encoded) {
    const auto bytes = crypto::from_base64url(encoded);
    if (!bytes) return 0;
    const auto first = bytes->find_first_not_of('\0');
    return first == std::string::npos ? 0 : bytes->size() - first;
}

bool is_for_signatures(const Json& jwk) {
    const auto use = jwk.find("use");
    if (use != jwk.end() && *use != "sig") return false;
    const auto operations = jwk.find("key_ops");
    if (operations == jwk.end()) return true;
    return operations->is_array() && std::find(operations->begin(), operations->end(), Json("verify")) != operations->end();
}

std::optional<Json> public_part(const Json& jwk) {
    const auto type = text_in(jwk, "kty");
    if (type == "RSA") {
        const auto modulus = text_in(jwk, "n");
        const auto exponent = text_in(jwk, "e");
        const auto size = number_bytes(modulus);
        const auto exponent_size = number_bytes(exponent);
        if (size < kMinModulus || size > kMaxModulus || exponent_size == 0 || exponent_size > kMaxExponent) return std::nullopt;
        return Json{{"kty", type}, {"n", modulus}, {"e", exponent}};
    }
    if (type != "EC") return std::nullopt;
    const auto curve = text_in(jwk, "crv");
    const auto x = text_in(jwk, "x");
    const auto y = text_in(jwk, "y");
    const auto wanted = coordinate_bytes(curve);
    const auto fits = [&](const std::string& encoded) {
        const auto bytes = crypto::from_base64url(encoded);
        return bytes && bytes->size() == *wanted;
    };
    if (!wanted || !fits(x) || !fits(y)) return std::nullopt;
    return Json{{"kty", type}, {"crv", curve}, {"x", x}, {"y", y}};
}

}  // namespace

const Algorithm* algorithm_of(std::string_view name) {
    const auto* found = std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [name](const auto& algorithm) { return algorithm.name == name; });
    return found == kAlgorithms.end() ? nullptr : found;
}

Result<std::vector<Key>> read_key_set(std::string_view text) {
    auto document = json::parse(text, {.bytes = kMaxKeySetBytes, .depth = 16, .duplicates = json::Duplicates::refuse});
    if (!document) return Error{document.error().message};
    const auto list = document->is_object() ? document->find("keys") : document->end();
    if (!document->is_object() || list == document->end() || !list->is_array()) return Error{"has no list of keys"};
    if (list->size() > kMaxKeys) return Error{"has too many keys"};
    std::vector<Key> keys;
    for (const auto& jwk : *list) {
        if (!jwk.is_object() || !is_for_signatures(jwk)) continue;
        if (const auto part = public_part(jwk)) keys.push_back({text_in(jwk, "kid"), text_in(jwk, "kty"), text_in(jwk, "crv"), text_in(jwk, "alg"), json::dump(*part)});
    }
    return keys;
}

}  // namespace sonde::oidc
