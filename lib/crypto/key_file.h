// The keys that secrets at rest are sealed with, in a file that only its owner may read: one a line, 32 random bytes as base64. The first
// seals; all of them open.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/secret.h"

namespace sonde::crypto::key_file {

inline constexpr std::size_t kMaxKeys = 8;

using Keys = std::vector<std::string>;  // raw bytes, never empty

// Anything else than such a file is an error, also one that others may read.
Result<Keys> read(const std::string& file);

// The one key of a file that must have no other.
Result<Secret> read_one(const std::string& file);

// Makes a file with one new key if there is none.
Status make(const std::string& file);

// Puts `keys` in place of what is in the file, which is there whole at any instant.
Status replace(const std::string& file, const Keys& keys);

std::string new_key();

}  // namespace sonde::crypto::key_file
