#include "controlplane/api/access.h"

#include <algorithm>

#include "lib/crypto/crypto.h"

namespace sonde::controlplane {
namespace {

constexpr std::size_t kMaxTokenBytes = 256;

constexpr db::Statement kFind{"token_find", R"(
    select name, role, last_used_at is null or last_used_at < now() - interval '1 minute', id
    from api_token where hash = $1 and revoked_at is null)"};

constexpr db::Statement kTouch{"token_touch", "update api_token set last_used_at = now() where hash = $1"};

bool is_token_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._~+/="}.find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer";
    if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        if ((authorization[i] | 0x20) != scheme[i]) return std::nullopt;
    }
    auto token = authorization.substr(scheme.size());
    token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
    if (token.empty() || token.size() > kMaxTokenBytes) return std::nullopt;
    if (!std::all_of(token.begin(), token.end(), is_token_character)) return std::nullopt;
    return token;
}

std::optional<Actor> Tokens::find(std::string_view token) {
    const auto hash = crypto::sha256(token);
    if (auto actor = remembered(hash)) return actor;
    auto actor = pool_.transact([&hash](db::Tx& tx) -> std::optional<Actor> {
        const auto rows = tx.run(kFind, {db::Param::bytes(hash)});
        if (rows.empty()) return std::nullopt;
        if (rows[0].boolean(2)) tx.run(kTouch, {db::Param::bytes(hash)});
        const auto role = from_name<Role>(rows[0].text(1));
        return Actor{"token:" + std::string(rows[0].text(0)), role.value_or(Role::viewer), "token:" + std::to_string(rows[0].whole(3))};
    });
    if (actor) remember(hash, *actor);
    return actor;
}

std::optional<Actor> Tokens::remembered(const std::string& hash) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(hash);
    if (found == known_.end()) return std::nullopt;
    if (found->second.until <= std::chrono::steady_clock::now()) {
        known_.erase(found);
        return std::nullopt;
    }
    return found->second.actor;
}

void Tokens::remember(const std::string& hash, const Actor& actor) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMaxRemembered) known_.clear();
    known_[hash] = {actor, std::chrono::steady_clock::now() + kRemember};
}

}  // namespace sonde::controlplane
