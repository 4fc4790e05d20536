// Random values, digests, encodings and sealed secrets; a thin layer over libsodium and OpenSSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace sonde::crypto {

std::string random_bytes(std::size_t count);
// `prefix` and 43 characters of base64url: 256 random bits.
Secret random_token(std::string_view prefix);

std::string sha256(std::string_view data);                         // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view data);  // 32 raw bytes
std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);                        // RFC 4648 section 4, padded
std::string base64url(std::string_view bytes);                     // section 5, unpadded
std::optional<std::string> from_base64(std::string_view text);     // strict
std::optional<std::string> from_base64url(std::string_view text);  // strict, unpadded
bool equal(std::string_view a, std::string_view b);                // constant time for equal lengths

// Secrets at rest: XChaCha20-Poly1305 under the keys of a file (lib/crypto/key_file.h), bound to the place they are stored in. Copies share
// their keys. Thread-safe.
class SecretBox {
public:
    // Follows the file: other keys in it are in use at most a second later. If it becomes unreadable, those there were go on.
    static Result<SecretBox> from_key_file(const std::string& file);
    // Makes such a file if there is none.
    static Status make_key_file(const std::string& file);

    explicit SecretBox(std::string key);
    // `context` names the place (`channel:<id>`): a sealed value moved elsewhere does not open.
    [[nodiscard]] std::string seal(const Secret& secret, std::string_view context) const;
    [[nodiscard]] Result<Secret> open(std::string_view sealed, std::string_view context) const;

    struct Opened {
        Secret secret;
        bool newest;  // sealed with the key that seals now
    };
    [[nodiscard]] Result<Opened> look_into(std::string_view sealed, std::string_view context) const;

private:
    class Ring;
    explicit SecretBox(std::shared_ptr<Ring> ring);
    std::shared_ptr<Ring> ring_;
};

}  // namespace sonde::crypto
