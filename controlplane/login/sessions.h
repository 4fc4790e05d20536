// Who is logged in: sessions in the database, found by what is in the cookie.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/api/endpoint/access.h"
#include "controlplane/login/options.h"
#include "lib/account/user_id.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::login {

struct Session {
    SessionId id;
    UserId user;
    controlplane::Actor actor;  // `user:<name>`, with what the role allows now
};

// How somebody showed who he is.
enum class Method : unsigned char { password, totp, recovery_code, oidc };

// Thread-safe. What is found is remembered for a moment: a session that ended, or a role that changed, counts in every process within half a second.
class Sessions {
public:
    static constexpr milliseconds kRemember{300};
    static constexpr std::size_t kMaxRemembered = 1024;

    Sessions(db::Pool& pool, milliseconds idle, milliseconds lifetime) : pool_(pool), idle_(idle), lifetime_(lifetime) {}

    // Nothing if there is none, or it is over. With `Use::person` it is in use from now on; a stream that goes on by itself is none. Throws DbError.
    enum class Use : unsigned char { person, stream };
    std::optional<Session> find(std::string_view secret, Use use);

    struct Begun {
        SessionId id;
        Secret secret;  // for the cookie; only its hash is kept
        TimePoint expires_at;
    };
    // Ends the one of `replaces`, if it is one. Whoever calls has found out that the user may log in, in this transaction. Throws DbError.
    Begun begin(db::Tx& tx, UserId user, Method method, std::string_view address, std::string_view user_agent, std::optional<std::string_view> replaces) const;

    struct Listed {
        SessionId id;
        UserId user;
        std::string method;
        std::string address;
        std::string user_agent;
        TimePoint created_at;
        TimePoint seen_at;
        TimePoint ends_at;  // unless it is used before
    };
    // Those that are not over, newest first, from before one; at most `limit`.
    std::vector<Listed> list(db::Tx& tx, UserId user, std::optional<SessionId> before, int limit) const;
    std::optional<Listed> read(db::Tx& tx, SessionId id) const;

    [[nodiscard]] milliseconds lifetime() const { return lifetime_; }

private:
    struct Known {
        Session session;
        bool touched;
        MonotonicPoint until;
    };

    db::Pool& pool_;
    const milliseconds idle_;
    const milliseconds lifetime_;
    std::mutex mutex_;
    std::unordered_map<std::string, Known> known_;  // by SHA-256 of the secret
};

}  // namespace sonde::login

template <>
struct sonde::EnumNames<sonde::login::Method> {
    static constexpr std::array<std::string_view, 4> names{"password", "totp", "recovery_code", "oidc"};
};
