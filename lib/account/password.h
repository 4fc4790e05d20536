// Passwords: what is good enough, and how they are kept. Pure but for the time and memory that hashing takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/secret.h"

namespace sonde::account {

inline constexpr int kMinPassword = 12;           // characters, unless configured otherwise
inline constexpr std::size_t kMaxPassword = 512;  // bytes

// What is wrong with a password for somebody of this name and e-mail address, in words that may follow "password": `must have at least 12 characters`.
// Nothing is asked of its kinds of characters: length is what counts. `least` is in characters.
std::optional<std::string> password_mistake(std::string_view password, std::string_view name, std::string_view email, int least = kMinPassword);

// What a hash costs. More is slower for who guesses, and for us.
struct HashingCost {
    int memory_mib = 64;
    int passes = 2;
    friend bool operator==(const HashingCost&, const HashingCost&) = default;
};

// Argon2id (RFC 9106) with a salt of its own, as text with its parameters. Throws std::runtime_error if there is no memory for it.
std::string hash_password(const Secret& password, HashingCost cost);

// Takes as long as the hash's own parameters say. False for what is no hash, at once.
bool verify_password(const std::string& hash, const Secret& password);

// The hash was made at another cost.
bool needs_rehash(const std::string& hash, HashingCost cost);

}  // namespace sonde::account
