#include "controlplane/oidc/admission.h"

#include "controlplane/oidc/identity_store.h"
#include "controlplane/oidc/person.h"
#include "lib/account/store.h"

namespace sonde::oidc {
namespace {

namespace store = account::store;
using account::User;

User require_enabled(std::optional<User> user) {
    if (!user) throw Refusal::unknown;
    if (user->draft.disabled) throw Refusal::disabled;
    return *std::move(user);
}

std::string require_role(db::Tx& tx, const Options& options, const Json& claims) {
    auto role = role_for(options, claims);
    if (!role) throw Refusal::no_role;
    if (!store::role_exists(tx, *role)) throw Refusal::no_such_role;
    return *std::move(role);
}

void follow(db::Tx& tx, UserId id, const std::string& role) {
    const account::AdminGuard guard(tx);  // before the row, as everywhere
    auto user = require_enabled(store::lock(tx, id));
    user.draft.role = role;
    store::update(tx, id, user.draft);
    if (guard.locked_out(tx)) throw Refusal::last_administrator;
}

UserId known(db::Tx& tx, const Options& options, const Json& claims, const identity_store::Identity& identity) {
    const bool follows = identity.follows && !options.roles.empty();
    const auto before = require_enabled(store::find(tx, identity.user));
    if (follows) {
        if (const auto role = require_role(tx, options, claims); role != before.draft.role) follow(tx, identity.user, role);
    }
    require_enabled(store::lock(tx, identity.user));
    return identity.user;
}

// Nothing if there is nobody with the address, or he is somebody at the provider already.
std::optional<UserId> linked(db::Tx& tx, const Options& options, const Json& claims, const std::string& subject) {
    const auto email = options.link_by_email ? verified_email(claims) : std::nullopt;
    if (!email) return std::nullopt;
    const auto found = store::find_by_name(tx, *email);  // names have no @
    if (!found || identity_store::of(tx, found->id)) return std::nullopt;
    const auto user = require_enabled(store::lock(tx, found->id));
    identity_store::bind(tx, user.id, options.issuer, subject, false);
    return user.id;
}

UserId made(db::Tx& tx, const Options& options, const Json& claims, const std::string& subject) {
    account::UserDraft draft;
    draft.role = require_role(tx, options, claims);
    for (const auto& name : names_for(claims, options.issuer)) {
        draft.name = name;
        if (!store::find_by_name(tx, name)) break;
    }
    const auto email = verified_email(claims);
    if (email && !store::find_by_name(tx, *email)) draft.email = *email;
    const auto id = new_id<UserId>();
    store::insert(tx, id, draft);
    identity_store::bind(tx, id, options.issuer, subject, true);
    return id;
}

}  // namespace

UserId admit(db::Tx& tx, const Options& options, const Json& claims) {
    const auto subject = claims.at("sub").get<std::string>();
    if (!has_right_domain(options, claims)) throw Refusal::email_domain;
    if (const auto identity = identity_store::find(tx, options.issuer, subject)) return known(tx, options, claims, *identity);
    if (const auto id = linked(tx, options, claims, subject)) return *id;
    if (!options.create) throw Refusal::unknown;
    return made(tx, options, claims, subject);
}

}  // namespace sonde::oidc
