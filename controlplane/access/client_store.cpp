#include "controlplane/access/client_store.h"

#include <fmt/format.h>

#include <unordered_map>

#include "lib/crypto/crypto.h"

namespace sonde::controlplane::client_store {
namespace {

// In the order of `read`.
constexpr std::string_view kColumns = R"(
    c.id, c.name, c.role, c.scopes, c.restricted, c.sites, c.tags, c.expires_at, c.created_by, c.revoked_at, c.version, c.created_at, c.updated_at)";
constexpr int kColumnCount = 13;
constexpr std::string_view kFrom = "from api_client c ";

constexpr db::Statement kSecrets{"client_secrets", R"(
    select client_id, created_at, expires_at, last_used_at from client_secret
    where client_id = any($1::bigint[]) and coalesce(expires_at > now(), true) order by client_id, id)"};

constexpr db::Statement kInsert{"client_insert", R"(
    insert into api_client (id, name, role, scopes, restricted, sites, tags, expires_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9))"};
constexpr db::Statement kUpdate{"client_update", R"(
    update api_client set name = $2, role = $3, scopes = $4, restricted = $5, sites = $6, tags = $7, expires_at = $8, version = version + 1,
           updated_at = now()
    where id = $1)"};
constexpr db::Statement kRevoke{"client_revoke", R"(
    update api_client set revoked_at = now(), version = version + 1, updated_at = now() where id = $1 and revoked_at is null)"};

// Those that have expired go with it, so that there are never many.
constexpr db::Statement kForgetSecrets{"client_secret_forget", "delete from client_secret where client_id = $1 and expires_at <= now()"};
constexpr db::Statement kEndSecrets{"client_secret_end", R"(
    update client_secret set expires_at = least(expires_at, now() + $2 * interval '1 ms') where client_id = $1)"};
constexpr db::Statement kAddSecret{"client_secret_add", "insert into client_secret (client_id, hash) values ($1, $2)"};

ApiClient read(const db::Row& row) {
    ApiClient client;
    client.id = row.id<ClientId>(0);
    client.draft.name = row.text(1);
    client.draft.role = row.text(2);
    if (!row.is_null(3)) client.draft.scopes = permissions_named(row.texts(3));
    if (row.boolean(4)) {
        auto& restriction = client.draft.restriction.emplace();
        for (const auto site : row.wholes(5)) restriction.sites.push_back(SiteId{site});
        restriction.tags = row.texts(6);
    }
    client.draft.expires_at = row.maybe(7, &db::Row::time);
    client.created_by = row.text(8);
    client.revoked_at = row.maybe(9, &db::Row::time);
    client.version = row.small(10);
    client.created_at = row.time(11);
    client.updated_at = row.time(12);
    return client;
}

// One statement however many there are.
void add_secrets(db::Tx& tx, std::vector<ApiClient>& clients) {
    if (clients.empty()) return;
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, std::size_t> place;
    for (const auto& client : clients) {
        place[client.id.value()] = ids.size();
        ids.push_back(client.id.value());
    }
    for (const auto row : tx.run(kSecrets, {ids})) {
        clients[place.at(row.whole(0))].secrets.push_back({row.time(1), row.maybe(2, &db::Row::time), row.maybe(3, &db::Row::time)});
    }
}

std::optional<ApiClient> one(db::Tx& tx, ClientId id, std::string_view suffix) {
    const auto rows = tx.run_text(fmt::format("select {} {}where c.id = $1{}", kColumns, kFrom, suffix), {id});
    if (rows.empty()) return std::nullopt;
    std::vector<ApiClient> found{read(rows[0])};
    add_secrets(tx, found);
    return std::move(found.front());
}

// What both statements that write a draft have from the third parameter on.
std::vector<db::Param> params_of(ClientId id, const ClientDraft& draft) {
    const auto restriction = draft.restriction.value_or(Restriction{});
    std::vector<std::int64_t> sites;
    for (const auto site : restriction.sites) sites.push_back(site.value());
    const auto scopes = draft.scopes ? std::optional(keys_of(*draft.scopes)) : std::nullopt;
    return {id, draft.name, draft.role, scopes, draft.restriction.has_value(), sites, restriction.tags, draft.expires_at};
}

}  // namespace

std::optional<ApiClient> find(db::Tx& tx, ClientId id) { return one(tx, id, ""); }
std::optional<ApiClient> lock(db::Tx& tx, ClientId id) { return one(tx, id, " for no key update"); }

Sorted<ApiClient> list(db::Tx& tx, const ClientFilter& filter, const Sorting& sorting, const Page& page) {
    Conditions conditions;
    if (filter.name) conditions.add("c.name = ?", {*filter.name});
    if (filter.role) conditions.add("c.role = ?", {*filter.role});
    if (filter.revoked) conditions.add(*filter.revoked ? "c.revoked_at is not null" : "c.revoked_at is null");
    if (filter.search) filter.search->add_to(conditions, "searchable(c.name)");
    auto found = read_sorted(tx, {kColumns, kColumnCount, kFrom}, std::move(conditions), sorting, page, read);
    add_secrets(tx, found.items);
    return found;
}

void insert(db::Tx& tx, ClientId id, const ClientDraft& draft, std::string_view created_by) {
    auto params = params_of(id, draft);
    params.emplace_back(created_by);
    tx.run(kInsert, params);
}

void update(db::Tx& tx, ClientId id, const ClientDraft& draft) { tx.run(kUpdate, params_of(id, draft)); }

void revoke(db::Tx& tx, ClientId id) { tx.run(kRevoke, {id}); }

Secret add_secret(db::Tx& tx, ClientId id, milliseconds overlap) {
    auto secret = crypto::random_token("sonde_");
    tx.run(kForgetSecrets, {id});
    tx.run(kEndSecrets, {id, static_cast<std::int64_t>(overlap.count())});
    tx.run(kAddSecret, {id, db::Param::bytes(crypto::sha256(secret.reveal()))});
    return secret;
}

}  // namespace sonde::controlplane::client_store
