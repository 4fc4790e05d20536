// API clients in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/access/client_draft.h"
#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorted.h"
#include "lib/base/secret.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

// Of a secret, all that is known of it afterwards.
struct ClientSecret {
    TimePoint created_at;
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> last_used_at;
};

struct ApiClient {
    ClientId id;
    ClientDraft draft;
    std::string created_by;
    std::optional<TimePoint> revoked_at;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
    std::vector<ClientSecret> secrets;  // that have not expired, the oldest first
};

struct ClientFilter {
    std::optional<std::string> name;  // exactly
    std::optional<std::string> role;
    std::optional<bool> revoked;
    std::optional<SearchTerms> search;  // in the name
};

inline constexpr std::array<SortKey, 4> kClientOrder{{
    {"id", "c.id", SortKey::Type::whole},
    {"name", "lower(c.name)", SortKey::Type::text},
    {"created_at", "c.created_at", SortKey::Type::instant},
    {"updated_at", "c.updated_at", SortKey::Type::instant},
}};

namespace client_store {

// The most secrets of a client that are good at a time.
inline constexpr int kMostSecrets = 5;

std::optional<ApiClient> find(db::Tx& tx, ClientId id);
// As `find`, and nobody else changes it before the transaction ends.
std::optional<ApiClient> lock(db::Tx& tx, ClientId id);
Sorted<ApiClient> list(db::Tx& tx, const ClientFilter& filter, const Sorting& sorting, const Page& page);

// Without a secret, nobody can use it.
void insert(db::Tx& tx, ClientId id, const ClientDraft& draft, std::string_view created_by);
void update(db::Tx& tx, ClientId id, const ClientDraft& draft);
// For good: its secrets are good for nothing any more.
void revoke(db::Tx& tx, ClientId id);

// A new secret, of which the hash is kept. Those there are work for `overlap` at most from now on.
Secret add_secret(db::Tx& tx, ClientId id, milliseconds overlap);

}  // namespace client_store
}  // namespace sonde::controlplane
