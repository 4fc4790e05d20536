// What a provider of OpenID Connect says: of itself, its keys, and its tokens.
#include "controlplane/oidc/id_token.h"
#include "controlplane/oidc/metadata.h"
#include "tests/fuzz/target.h"

using namespace sonde;

namespace {

// Of no use but to have a key to hold tokens to: the example of RFC 7515, appendix A.3.
constexpr std::string_view kKeys = R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

}  // namespace

SONDE_FUZZ_TARGET(id_token) {
    const auto text = fuzz::text(data, size);
    static const auto known = *oidc::read_key_set(kKeys);
    const oidc::Expected expected{"https://id.example", "sonde", "n", from_unix_ms(1'767'225'600'000)};
    fuzz::require(!oidc::verify(text, known, expected), "what nobody signed is refused");
    if (const auto keys = oidc::read_key_set(text)) {
        fuzz::require(keys->size() <= oidc::kMaxKeys, "keys are bounded");
        for (const auto& key : *keys) fuzz::require(key.type == "RSA" || key.type == "EC", "no key that both sides know signs anything");
    }
    if (const auto metadata = oidc::read_metadata(text, "https://id.example")) {
        fuzz::require(oidc::check_provider_url(metadata->token_endpoint).ok(), "a secret goes by https, or stays on this machine");
    }
    return 0;
}
