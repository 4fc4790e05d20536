#include "controlplane/oidc/identity_store.h"

namespace sonde::oidc::identity_store {
namespace {

constexpr db::Statement kFind{"identity_find", "select person_id, issuer, subject, follows, created_at from person_identity where issuer = $1 and subject = $2"};
constexpr db::Statement kOf{"identity_of", "select person_id, issuer, subject, follows, created_at from person_identity where person_id = $1"};
constexpr db::Statement kBind{"identity_bind", R"(
    insert into person_identity (person_id, issuer, subject, follows) values ($1, $2, $3, $4)
    on conflict (person_id) do update set issuer = excluded.issuer, subject = excluded.subject, follows = excluded.follows, created_at = now())"};
constexpr db::Statement kRemove{"identity_remove", "delete from person_identity where person_id = $1"};
// A few that are over go with each that comes.
constexpr db::Statement kSweep{"oidc_ticket_sweep", R"(
    delete from oidc_ticket_used where hash = any(array(select hash from oidc_ticket_used where expires_at < now() order by expires_at limit 10 for update skip locked)))"};
constexpr db::Statement kUse{"oidc_ticket_use", R"(
    insert into oidc_ticket_used (hash, expires_at) values ($1, now() + $2 * interval '1 ms') on conflict do nothing)"};

std::optional<Identity> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return Identity{rows[0].id<UserId>(0), std::string(rows[0].text(1)), std::string(rows[0].text(2)), rows[0].boolean(3), rows[0].time(4)};
}

}  // namespace

std::optional<Identity> find(db::Tx& tx, std::string_view issuer, std::string_view subject) { return first(tx.run(kFind, {issuer, subject})); }

std::optional<Identity> of(db::Tx& tx, UserId user) { return first(tx.run(kOf, {user})); }

void bind(db::Tx& tx, UserId user, std::string_view issuer, std::string_view subject, bool follows) { tx.run(kBind, {user, issuer, subject, follows}); }

bool remove(db::Tx& tx, UserId user) { return tx.run(kRemove, {user}).affected() == 1; }

bool use(db::Tx& tx, const Ticket& ticket) {
    tx.run(kSweep);
    // Longer than any ticket is good for, whatever the clocks of two control planes say.
    return tx.run(kUse, {db::Param::bytes(ticket.hash()), 2 * kTicketLifetime.count()}).affected() == 1;
}

}  // namespace sonde::oidc::identity_store
