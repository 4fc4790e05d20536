#include "cli/user/user.h"

#include "cli/failure.h"
#include "lib/account/password.h"
#include "lib/account/store.h"

namespace sonde::cli::user {
namespace {

namespace store = account::store;

constexpr milliseconds kTokenLifetime{24 * 3600 * 1000};
constexpr std::string_view kActor = "command line";
constexpr db::Statement kAudit{"cli_audit", "insert into audit (actor, action, object) values ($1, $2, $3)"};

void record(db::Tx& tx, std::string_view action, UserId id) { tx.run(kAudit, {kActor, action, "user:" + id.text()}); }

account::User require(std::optional<account::User> user, const std::string& name) {
    if (!user) throw Failure{"there is no user `" + name + "`"};
    return std::move(*user);
}

void check_password(const Secret& password, std::string_view name, std::string_view email) {
    if (const auto mistake = account::password_mistake(password.reveal(), name, email)) throw Failure{"the password " + *mistake};
}

UserId insert(db::Tx& tx, const NewUser& user) {
    if (!account::is_user_name(user.name)) throw Failure{"the name " + std::string(account::kUserNameRule)};
    if (!user.email.empty() && !account::is_email(user.email)) throw Failure{"`" + user.email + "` is no e-mail address"};
    if (!store::role_exists(tx, user.role)) throw Failure{"there is no role `" + user.role + "`"};
    if (store::find_by_name(tx, user.name)) throw Failure{"there is a user `" + user.name + "` already"};
    if (!user.email.empty() && store::find_by_name(tx, user.email)) throw Failure{"another user has the address `" + user.email + "`"};
    const auto id = new_id<UserId>();
    store::insert(tx, id, {user.name, user.email, user.role, false});
    record(tx, "user.create", id);
    return id;
}

}  // namespace

Secret create_with_token(db::Pool& pool, const NewUser& user) {
    return pool.transact([&](db::Tx& tx) { return store::make_password_token(tx, insert(tx, user), wall_now() + kTokenLifetime, kActor); });
}

void create_with_password(db::Pool& pool, const NewUser& user, const Secret& password) {
    check_password(password, user.name, user.email);
    const auto hash = account::hash_password(password, {});
    pool.transact([&](db::Tx& tx) { store::set_password(tx, insert(tx, user), hash); });
}

Secret make_token(db::Pool& pool, const std::string& name) {
    return pool.transact([&](db::Tx& tx) {
        const auto user = require(store::find_by_name(tx, name), name);
        if (user.draft.disabled) throw Failure{"the user `" + name + "` is disabled"};
        record(tx, "password.token", user.id);
        return store::make_password_token(tx, user.id, wall_now() + kTokenLifetime, kActor);
    });
}

void set_password(db::Pool& pool, const std::string& name, const Secret& password) {
    const auto user = pool.transact([&](db::Tx& tx) { return require(store::find_by_name(tx, name), name); });
    check_password(password, user.draft.name, user.draft.email);
    const auto hash = account::hash_password(password, {});
    pool.transact([&](db::Tx& tx) {
        store::set_password(tx, require(store::lock(tx, user.id), name).id, hash);
        record(tx, "password.set", user.id);
    });
}

std::vector<account::User> list(db::Pool& pool) {
    constexpr int kPart = 500;
    return pool.transact([](db::Tx& tx) {
        std::vector<account::User> all;
        for (;;) {
            const auto part = store::list(tx, all.empty() ? UserId{} : all.back().id, kPart);
            all.insert(all.end(), part.begin(), part.end());
            if (part.size() < kPart) return all;
        }
    });
}

void set_disabled(db::Pool& pool, const std::string& name, bool disabled) {
    pool.transact([&](db::Tx& tx) {
        const account::AdminGuard guard(tx);
        const auto id = require(store::find_by_name(tx, name), name).id;
        const auto user = require(store::lock(tx, id), name);
        if (user.draft.disabled == disabled) return;
        auto draft = user.draft;
        draft.disabled = disabled;
        store::update(tx, id, draft);
        record(tx, disabled ? "user.disable" : "user.enable", id);
        if (guard.locked_out(tx)) throw Failure{"`" + name + "` is the last user with the role admin who can log in"};
    });
}

}  // namespace sonde::cli::user
