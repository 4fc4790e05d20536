// Who asks: secrets of API clients, looked up by their hash.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "controlplane/access/restriction.h"
#include "controlplane/api/endpoint/permission.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct Actor {
    std::string name;  // `token:<name>`, as it stands in timelines
    Permissions permissions;
    std::string id;  // `token:<number>`: names may be given again
    std::optional<Restriction> restriction{};  // to some sites; nothing for all
};

// The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1). Nothing for any other scheme or a malformed one.
std::optional<std::string_view> bearer_token(std::string_view authorization);

// Looks secrets up and remembers whom they belong to. Whether anybody may do more or less than before is asked of table `change` at most every
// `kLook`: what was revoked, or narrowed, in any process, is refused at most that much later. Unknown ones are not remembered, so that
// guessing costs us no memory. Comparing hashes tells nothing by its time: nobody can choose a hash. Thread-safe.
class Tokens {
public:
    static constexpr milliseconds kLook{200};
    static constexpr milliseconds kRemember{20'000};
    static constexpr std::size_t kMaxRemembered = 1024;

    explicit Tokens(db::Pool& pool) : pool_(pool) {}

    // Nothing if there is no such secret, it was revoked, or it expired. Throws DbError. Writes `last_used_at`, to the minute.
    std::optional<Actor> find(std::string_view token);

private:
    struct Known {
        Actor actor;
        MonotonicPoint until;
    };
    void look();
    std::optional<Actor> remembered(const std::string& hash, std::uint64_t& generation);
    void remember(const std::string& hash, const Known& known, std::uint64_t generation);

    db::Pool& pool_;
    std::mutex look_mutex_;  // of these two; taken before the other
    MonotonicPoint looked_{};
    std::string seen_ = "0";  // changes of transactions before this one are known

    std::mutex mutex_;
    std::uint64_t generation_ = 0;  // rises with every change: what was read before is remembered by nobody
    std::unordered_map<std::string, Known> known_;  // by SHA-256 of the secret
};

}  // namespace sonde::controlplane
