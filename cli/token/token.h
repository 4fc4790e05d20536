// API tokens: made, listed and revoked in the database directly, for whoever may read its password.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::cli::token {

enum class Role : unsigned char { viewer, operator_, admin };

// A new token of that name; only its hash is kept. Names may repeat: a token is rotated by making the next before revoking the last.
Secret create(db::Tx& tx, std::string_view name, Role role);

struct Listed {
    TokenId id;
    std::string name;
    std::string role;
    TimePoint created_at;
    std::optional<TimePoint> last_used_at;
    std::optional<TimePoint> revoked_at;
};
std::vector<Listed> list(db::Tx& tx);

// Of all tokens of that name, or the one with that id, that are not revoked yet. Returns how many there were.
int revoke(db::Tx& tx, std::string_view name_or_id);

}  // namespace sonde::cli::token

template <>
struct sonde::EnumNames<sonde::cli::token::Role> {
    static constexpr std::array<std::string_view, 3> names{"viewer", "operator", "admin"};
};
