// ID tokens and the keys they are signed with: what is right is taken, and every way of being wrong has its name.
#include <doctest/doctest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>

#include "controlplane/oidc/id_token.h"
#include "controlplane/oidc/ticket.h"
#include "lib/crypto/crypto.h"

namespace oidc_token_test {

using namespace sonde;
using namespace sonde::oidc;

const TimePoint kNow = from_unix_ms(1'800'000'000'000);

std::string number(EVP_PKEY* key, const char* name, int bytes) {
    BIGNUM* value = nullptr;
    REQUIRE(EVP_PKEY_get_bn_param(key, name, &value) == 1);
    std::string raw(static_cast<std::size_t>(bytes == 0 ? BN_num_bytes(value) : bytes), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size()));
    BN_free(value);
    return crypto::base64url(raw);
}

// Two numbers in DER as RFC 7518, section 3.4, wants them.
std::string raw_signature(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    REQUIRE(pair != nullptr);
    std::string raw(64, '\0');
    auto* to = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + 32, 32);
    ECDSA_SIG_free(pair);
    return raw;
}

struct Signer {
    std::shared_ptr<EVP_PKEY> key;
    Json jwk;
    bool is_rsa;

    static Signer rsa(const std::string& id, unsigned int bits = 2048) {
        const std::shared_ptr<EVP_PKEY> key(EVP_RSA_gen(bits), &EVP_PKEY_free);
        return {key, {{"kty", "RSA"}, {"kid", id}, {"n", number(key.get(), OSSL_PKEY_PARAM_RSA_N, 0)}, {"e", number(key.get(), OSSL_PKEY_PARAM_RSA_E, 0)}}, true};
    }
    static Signer ec(const std::string& id) {
        const std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
        return {key, {{"kty", "EC"}, {"kid", id}, {"crv", "P-256"}, {"x", number(key.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32)}, {"y", number(key.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32)}}, false};
    }

    [[nodiscard]] std::string sign(const Json& header, const Json& claims) const {
        const auto text = crypto::base64url(json::dump(header)) + "." + crypto::base64url(json::dump(claims));
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
        std::string signature(1024, '\0');
        auto size = signature.size();
        REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
        REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
        signature.resize(size);
        return text + "." + crypto::base64url(is_rsa ? signature : raw_signature(signature));
    }
};

const Signer& rsa() {
    static const auto one = Signer::rsa("r");
    return one;
}
const Signer& ec() {
    static const auto one = Signer::ec("e");
    return one;
}

std::vector<Key> keys_of(const Json& list) {
    auto keys = read_key_set(json::dump({{"keys", list}}));
    REQUIRE(keys.ok());
    return *keys;
}

std::vector<Key> both() { return keys_of({rsa().jwk, ec().jwk}); }

Json claims(const Json& other = Json::object()) {
    Json all{{"iss", "https://id.example"}, {"sub", "248289761001"}, {"aud", "sonde"}, {"exp", 1'800'000'300}, {"iat", 1'800'000'000}, {"nonce", "n"}};
    all.merge_patch(other);
    return all;
}

std::string outcome(const std::string& token, const std::vector<Key>& keys = both()) {
    const auto verified = verify(token, keys, {"https://id.example", "sonde", "n", kNow});
    return verified ? "good" : std::string(name_of(verified.error()));
}

std::string with(const Json& other) { return outcome(ec().sign({{"alg", "ES256"}, {"kid", "e"}}, claims(other))); }

TEST_CASE("a token that is signed by a key of the provider is taken") {
    CHECK(outcome(rsa().sign({{"alg", "RS256"}, {"kid", "r"}}, claims())) == "good");
    CHECK(outcome(ec().sign({{"alg", "ES256"}, {"kid", "e"}}, claims())) == "good");
    CHECK(outcome(ec().sign({{"alg", "ES256"}}, claims())) == "good");  // the one key that fits
}

TEST_CASE("what it is signed with is not the token's to choose") {
    const auto good = rsa().sign({{"alg", "RS256"}, {"kid", "r"}}, claims());
    const auto body = good.substr(good.find('.') + 1, good.rfind('.') - good.find('.') - 1);
    const auto none = crypto::base64url(R"({"alg":"none"})") + "." + body + ".";
    CHECK(outcome(none) == "algorithm");
    // The public key, taken for a shared one.
    const auto head = crypto::base64url(R"({"alg":"HS256","kid":"r"})") + "." + body;
    CHECK(outcome(head + "." + crypto::base64url(crypto::hmac_sha256(json::dump(rsa().jwk), head))) == "algorithm");
    CHECK(outcome(rsa().sign({{"alg", "RS256"}, {"kid", "e"}}, claims())) == "wrong_key");
    CHECK(outcome(ec().sign({{"alg", "ES256"}, {"kid", "r"}}, claims())) == "wrong_key");
    CHECK(outcome(ec().sign({{"alg", "ES256"}, {"kid", "unknown"}}, claims())) == "unknown_key");
    CHECK(outcome(Signer::ec("e").sign({{"alg", "ES256"}, {"kid", "e"}}, claims())) == "signature");
    CHECK(outcome(Signer::rsa("r").sign({{"alg", "RS256"}, {"kid", "r"}}, claims())) == "signature");
    CHECK(outcome(ec().sign({{"alg", "ES256"}}, claims()), keys_of({ec().jwk, Signer::ec("other").jwk})) == "unknown_key");
    auto named = rsa().jwk;
    named["alg"] = "PS256";
    CHECK(outcome(good, keys_of(Json::array({named}))) == "wrong_key");
    CHECK(outcome(ec().sign({{"alg", "ES256"}, {"kid", "e"}, {"crit", {"exp"}}}, claims())) == "malformed");
    CHECK(outcome(ec().sign({{"alg", "ES256"}, {"kid", "e"}, {"jwk", Signer::ec("x").jwk}}, claims())) == "good");  // passed over
}

TEST_CASE("a token for somebody else, of another time or another login is refused") {
    CHECK(with({{"iss", "https://id.example/"}}) == "issuer");
    CHECK(with({{"aud", "other"}}) == "audience");
    CHECK(with({{"aud", Json::array()}}) == "audience");
    CHECK(with({{"aud", {"sonde", "other"}}}) == "audience");
    CHECK(with({{"aud", {"sonde", "other"}}, {"azp", "sonde"}}) == "good");
    CHECK(with({{"aud", {"sonde"}}}) == "good");
    CHECK(with({{"azp", "other"}}) == "audience");
    CHECK(with({{"exp", 1'799'999'941}}) == "good");
    CHECK(with({{"exp", 1'799'999'940}}) == "expired");
    CHECK(with({{"exp", nullptr}}) == "malformed");
    CHECK(with({{"exp", "1800000300"}}) == "malformed");
    CHECK(with({{"iat", 1'800'000'060}}) == "good");
    CHECK(with({{"iat", 1'800'000'061}}) == "not_yet");
    CHECK(with({{"nbf", 1'800'000'061}}) == "not_yet");
    CHECK(with({{"nonce", "m"}}) == "nonce");
    CHECK(with({{"nonce", nullptr}}) == "nonce");
    CHECK(with({{"sub", nullptr}}) == "subject");
    CHECK(with({{"sub", ""}}) == "subject");
    CHECK(with({{"sub", 1}}) == "subject");
    CHECK(with({{"sub", "a\nb"}}) == "subject");
    CHECK(with({{"sub", std::string(256, 'a')}}) == "subject");
}

TEST_CASE("what is no token is refused") {
    const auto good = ec().sign({{"alg", "ES256"}, {"kid", "e"}}, claims());
    for (const auto& text : {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b"}, good + ".", good + "=", " " + good, "{}." + good, good.substr(1)}) {
        CAPTURE(text);
        CHECK(outcome(text) == "malformed");
    }
    CHECK(outcome(std::string(kMaxTokenBytes + 1, 'a')) == "too_large");
    auto changed = good;
    changed[changed.rfind('.') + 3] = changed[changed.rfind('.') + 3] == 'A' ? 'B' : 'A';
    CHECK(outcome(changed) == "signature");
    CHECK(outcome(good.substr(0, good.rfind('.') + 1)) == "signature");
}

TEST_CASE("keys that are weak, broken or for something else are passed over") {
    const auto small = Signer::rsa("s", 1024).jwk;
    auto for_encryption = rsa().jwk;
    for_encryption["use"] = "enc";
    auto shared = Json{{"kty", "oct"}, {"kid", "o"}, {"k", "AAAA"}};
    auto exponent = rsa().jwk;
    exponent["e"] = rsa().jwk["n"];
    auto short_point = ec().jwk;
    short_point["x"] = "AAAA";
    CHECK(keys_of({small, for_encryption, shared, exponent, short_point, 1, Json::array()}).empty());
    auto off_curve = ec().jwk;
    off_curve["y"] = ec().jwk["x"];
    CHECK(outcome(ec().sign({{"alg", "ES256"}, {"kid", "e"}}, claims()), keys_of(Json::array({off_curve}))) == "signature");
    CHECK(!read_key_set("[]").ok());
    CHECK(!read_key_set(R"({"keys":{}})").ok());
    CHECK(!read_key_set(json::dump({{"keys", Json(kMaxKeys + 1, Json::object())}})).ok());
}

TEST_CASE("a ticket opens for who has it, for a while, and its state tells nothing of the rest") {
    const crypto::SecretBox box(std::string(32, 'k'));
    const auto ticket = Ticket::begin("/docs", kNow);
    const auto sealed = ticket.seal(box);
    const auto again = Ticket::open(box, sealed, kNow + kTicketLifetime - milliseconds{1});
    REQUIRE(again);
    CHECK(again->return_to == "/docs");
    CHECK(again->state() == ticket.state());
    CHECK(ticket.challenge() == crypto::base64url(crypto::sha256(ticket.verifier().reveal())));
    CHECK(ticket.state() != ticket.nonce());
    CHECK(!Ticket::open(box, sealed, kNow + kTicketLifetime));
    CHECK(!Ticket::open(crypto::SecretBox(std::string(32, 'x')), sealed, kNow));
    CHECK(!Ticket::open(box, "AAAA", kNow));
}

TEST_CASE("only a path of ours is one to go back to") {
    for (const auto* good : {"/", "/docs", "/a?b=c&d=//e", "/a#b"}) CHECK(is_path_of_ours(good));
    for (const auto* bad : {"", "docs", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/\t/evil.example", "/ b", "/\xc3\xa4"}) CHECK(!is_path_of_ours(bad));
    CHECK(!is_path_of_ours("/" + std::string(kMaxReturnTo, 'a')));
}

}  // namespace oidc_token_test
