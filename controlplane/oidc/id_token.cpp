#include "controlplane/oidc/id_token.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "lib/crypto/crypto.h"

namespace sonde::oidc {
namespace {

struct Parts {
    Json header;
    Json claims;
};

std::optional<Json> object_of(std::string_view encoded) {
    const auto text = crypto::from_base64url(encoded);
    if (!text) return std::nullopt;
    auto document = json::parse(*text, {.bytes = kMaxTokenBytes, .depth = 16, .duplicates = json::Duplicates::refuse});
    if (!document || !document->is_object()) return std::nullopt;
    return *std::move(document);
}

// RFC 7515, section 3.1.
std::optional<Parts> split(std::string_view token) {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
    const auto signature = crypto::from_base64url(token.substr(second + 1));
    auto header = object_of(token.substr(0, first));
    auto claims = object_of(token.substr(first + 1, second - first - 1));
    if (!signature || !header || !claims) return std::nullopt;
    if (header->contains("crit")) return std::nullopt;  // what has to be understood and is not (section 4.1.11)
    return Parts{*std::move(header), *std::move(claims)};
}

bool is_text(const Json& document, std::string_view field, std::string_view value) {
    const auto found = document.find(field);
    return found != document.end() && found->is_string() && found->get_ref<const std::string&>() == value;
}

bool fits(const Key& key, const Algorithm& algorithm) {
    return key.type == algorithm.type && key.curve == algorithm.curve && (key.algorithm.empty() || key.algorithm == algorithm.name);
}

Result<const Key*, TokenFault> key_for(const Json& header, const Algorithm& algorithm, const std::vector<Key>& keys) {
    const auto kid = header.find("kid");
    const Key* found = nullptr;
    if (kid == header.end()) {
        for (const auto& key : keys) {
            if (!fits(key, algorithm)) continue;
            if (found != nullptr) return TokenFault::unknown_key;
            found = &key;
        }
    } else {
        if (!kid->is_string()) return TokenFault::malformed;
        bool named = false;
        for (const auto& key : keys) {
            if (key.id != kid->get_ref<const std::string&>()) continue;
            named = true;
            if (found == nullptr && fits(key, algorithm)) found = &key;
        }
        if (named && found == nullptr) return TokenFault::wrong_key;
    }
    if (found == nullptr) return TokenFault::unknown_key;
    return found;
}

bool signature_is_right(std::string_view token, const Key& key) {
    const std::unique_ptr<cjose_jwk_t, decltype(&cjose_jwk_release)> jwk(cjose_jwk_import(key.document.data(), key.document.size(), nullptr), &cjose_jwk_release);
    if (!jwk) return false;
    const std::unique_ptr<cjose_jws_t, decltype(&cjose_jws_release)> jws(cjose_jws_import(token.data(), token.size(), nullptr), &cjose_jws_release);
    return jws && cjose_jws_verify(jws.get(), jwk.get(), nullptr);
}

// A NumericDate (RFC 7519, section 2).
std::optional<double> seconds_in(const Json& claims, std::string_view field) {
    const auto found = claims.find(field);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

bool is_for(const Json& claims, std::string_view client_id) {
    const auto audience = claims.find("aud");
    if (audience == claims.end()) return false;
    const bool has_party = claims.contains("azp");
    if (has_party && !is_text(claims, "azp", client_id)) return false;
    if (audience->is_string()) return audience->get_ref<const std::string&>() == client_id;
    if (!audience->is_array()) return false;
    const bool all_texts = std::all_of(audience->begin(), audience->end(), [](const auto& item) { return item.is_string(); });
    const bool ours = std::find(audience->begin(), audience->end(), Json(client_id)) != audience->end();
    return all_texts && ours && (audience->size() == 1 || has_party);
}

std::optional<TokenFault> fault_in_time(const Json& claims, TimePoint now) {
    const auto expires = seconds_in(claims, "exp");
    const auto issued = seconds_in(claims, "iat");
    if (!expires || !issued || (claims.contains("nbf") && !seconds_in(claims, "nbf"))) return TokenFault::malformed;
    const auto at = static_cast<double>(to_unix_ms(now)) / 1000;
    const auto leeway = static_cast<double>(kLeeway.count()) / 1000;
    if (*expires + leeway <= at) return TokenFault::expired;
    if (std::max(*issued, seconds_in(claims, "nbf").value_or(*issued)) - leeway > at) return TokenFault::not_yet;
    return std::nullopt;
}

bool has_subject(const Json& claims) {
    const auto subject = claims.find("sub");
    if (subject == claims.end() || !subject->is_string()) return false;
    const auto& text = subject->get_ref<const std::string&>();
    return !text.empty() && text.size() <= kMaxSubject && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

}  // namespace

Result<Json, TokenFault> verify(std::string_view token, const std::vector<Key>& keys, const Expected& expected) {
    if (token.size() > kMaxTokenBytes) return TokenFault::too_large;
    auto parts = split(token);
    if (!parts) return TokenFault::malformed;
    const auto named = parts->header.find("alg");
    if (named == parts->header.end() || !named->is_string()) return TokenFault::malformed;
    const auto* algorithm = algorithm_of(named->get_ref<const std::string&>());
    if (algorithm == nullptr) return TokenFault::algorithm;
    const auto key = key_for(parts->header, *algorithm, keys);
    if (!key) return key.error();
    if (!signature_is_right(token, **key)) return TokenFault::signature;

    const auto& claims = parts->claims;
    if (!is_text(claims, "iss", expected.issuer)) return TokenFault::issuer;
    if (!is_for(claims, expected.client_id)) return TokenFault::audience;
    if (const auto fault = fault_in_time(claims, expected.now)) return *fault;
    if (!is_text(claims, "nonce", expected.nonce)) return TokenFault::nonce;
    if (!has_subject(claims)) return TokenFault::subject;
    return std::move(parts->claims);
}

}  // namespace sonde::oidc
