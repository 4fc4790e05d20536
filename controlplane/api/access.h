// Who may do what: bearer tokens, looked up by their hash, and the three roles.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

// Each may do what those before it may.
enum class Role : unsigned char { viewer, operate, admin };

struct Actor {
    std::string name;  // `token:<name>`, as it stands in timelines
    Role role = Role::viewer;
    std::string id;  // `token:<number>`: names may be given again
};

// The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1). Nothing for any other scheme or a malformed one.
std::optional<std::string_view> bearer_token(std::string_view authorization);

// Looks tokens up and remembers those that exist for a few seconds: a revoked one is refused at most that much later.
// Unknown tokens are not remembered, so that guessing costs us no memory. Thread-safe.
class Tokens {
public:
    static constexpr milliseconds kRemember{3000};
    static constexpr std::size_t kMaxRemembered = 1024;

    explicit Tokens(db::Pool& pool) : pool_(pool) {}

    // Nothing if there is no such token, or it was revoked. Throws DbError. Writes `last_used_at`, to the minute.
    std::optional<Actor> find(std::string_view token);

private:
    struct Known {
        Actor actor;
        MonotonicPoint until;
    };
    std::optional<Actor> remembered(const std::string& hash);
    void remember(const std::string& hash, const Actor& actor);

    db::Pool& pool_;
    std::mutex mutex_;
    std::unordered_map<std::string, Known> known_;  // by SHA-256 of the token
};

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::Role> {
    static constexpr std::array<std::string_view, 3> names{"viewer", "operator", "admin"};
};
