#include "controlplane/api/endpoint/access.h"

#include <algorithm>
#include <utility>

#include "controlplane/api/endpoint/role_store.h"
#include "lib/crypto/crypto.h"

namespace sonde::controlplane {
namespace {

constexpr std::size_t kMaxTokenBytes = 256;

constexpr db::Statement kFind{"token_find", R"(
    select c.id, c.name, c.role, c.scopes, c.restricted, c.sites, c.tags, s.last_used_at is null or s.last_used_at < now() - interval '1 minute', s.id,
           (extract(epoch from least(c.expires_at, s.expires_at) - now()) * 1000)::bigint
    from client_secret s join api_client c on c.id = s.client_id
    where s.hash = $1 and c.revoked_at is null and coalesce(least(c.expires_at, s.expires_at) > now(), true))"};

constexpr db::Statement kTouch{"token_touch", "update client_secret set last_used_at = now() where id = $1"};

constexpr db::Statement kLookAtChanges{"token_changes", R"(
    select pg_snapshot_xmin(pg_current_snapshot())::text, exists (select from change where xid >= $1::text::xid8 and entity = 'access'))"};

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
    look();
    std::uint64_t generation = 0;
    if (auto actor = remembered(hash, generation)) return actor;
    const auto asked = std::chrono::steady_clock::now();
    const auto known = pool_.transact([&](db::Tx& tx) -> std::optional<Known> {
        const auto rows = tx.run(kFind, {db::Param::bytes(hash)});
        if (rows.empty()) return std::nullopt;
        const auto row = rows[0];
        if (row.boolean(7)) tx.run(kTouch, {row.whole(8)});
        // Of a role that is gone, nothing is left.
        auto permissions = role_store::permissions_of(tx, row.text(2)).value_or(Permissions{});
        if (!row.is_null(3)) permissions = permissions.common(permissions_named(row.texts(3)));
        Known found{{"token:" + std::string(row.text(1)), permissions, "token:" + std::to_string(row.whole(0))}, asked + kRemember};
        if (row.boolean(4)) {
            Restriction restriction;
            for (const auto site : row.wholes(5)) restriction.sites.push_back(SiteId{site});
            restriction.tags = row.texts(6);
            found.actor.restriction = std::move(restriction);
        }
        if (!row.is_null(9)) found.until = std::min(found.until, asked + milliseconds{row.whole(9)});
        return found;
    });
    if (!known) return std::nullopt;
    remember(hash, *known, generation);
    return known->actor;
}

// Who comes while another looks waits for what he finds.
void Tokens::look() {
    const std::lock_guard looking(look_mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < kLook) return;
    const auto rows = pool_.run(kLookAtChanges, {seen_});
    std::string seen(rows[0].text(0));
    if (rows[0].boolean(1)) {
        const std::lock_guard lock(mutex_);
        ++generation_;
        known_.clear();
    }
    seen_ = std::move(seen);
    looked_ = now;
}

std::optional<Actor> Tokens::remembered(const std::string& hash, std::uint64_t& generation) {
    const std::lock_guard lock(mutex_);
    generation = generation_;
    const auto found = known_.find(hash);
    if (found == known_.end()) return std::nullopt;
    if (found->second.until <= std::chrono::steady_clock::now()) {
        known_.erase(found);
        return std::nullopt;
    }
    return found->second.actor;
}

void Tokens::remember(const std::string& hash, const Known& known, std::uint64_t generation) {
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return;
    if (known_.size() >= kMaxRemembered) known_.clear();
    known_[hash] = known;
}

}  // namespace sonde::controlplane
