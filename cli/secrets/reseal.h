// Every secret at rest: where they are, whether they open, and sealing them with the key that seals now.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/crypto/crypto.h"
#include "lib/db/db.h"

namespace sonde::cli::secrets {

// A column of sealed values. A row is known by texts, in whose order pages of rows are read and locked.
struct Place {
    std::string_view name;   // `channel.secrets`
    std::string_view first;  // what is before all keys, as a text[] of PostgreSQL
    db::Statement page;      // ($1 keys of the last row) → keys, sealed value
    db::Statement replace;   // ($1 keys, $2 sealed value)
    std::string (*context)(const std::vector<std::string>& keys);
};

// All there are: a column of bytes that is in none of them, and no digest, fails a test.
const std::vector<Place>& places();

struct Count {
    std::string_view place;
    std::int64_t newest = 0;  // with the key that seals now
    std::int64_t older = 0;   // with another of the file; none after `reseal`
    std::vector<std::string> unreadable;  // context of each that no key of the file opens; at most kMaxTold
    std::int64_t unreadable_count = 0;
};
inline constexpr std::size_t kMaxTold = 20;

// Reads all, changes nothing.
std::vector<Count> count(db::Pool& pool, const crypto::SecretBox& box);

// Seals anew what an older key sealed, some rows a transaction, so that nobody waits for long; `older` then counts those. May be stopped and done again.
std::vector<Count> reseal(db::Pool& pool, const crypto::SecretBox& box);

}  // namespace sonde::cli::secrets
