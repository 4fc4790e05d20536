// `sonde user`: what the command line does with users, and the API then says of them.
#include <doctest/doctest.h>

#include "cli/failure.h"
#include "cli/user/user.h"
#include "tests/integration/controlplane/login_person.h"

namespace login_cli_test {

using namespace sonde;
using namespace sonde::test;

namespace {

namespace user = cli::user;

template <class Work>
std::string failure_of(Work work) {
    try {
        work();
    } catch (const cli::Failure& failure) {
        return failure.what();
    }
    return "";
}

Answer redeem(const Secret& token, const std::string& password) {
    return stand().nobody().post("/v1/password", {{"token", token.reveal()}, {"password", password}});
}

}  // namespace

TEST_CASE("the first administrator is made on the command line, with a token or a password, and logs in") {
    clear_people();
    auto& pool = stand().pool();
    const auto token = user::create_with_token(pool, {"marie", "marie@example.org", "admin"});
    CHECK(log_in("marie").status == 401);
    CHECK(redeem(token, kPassword).status == 204);
    CHECK(Person("marie@example.org").get("/v1/users").json()["items"].size() == 1);
    user::create_with_password(pool, {"pierre", "", "viewer"}, Secret(kPassword));
    CHECK(Person("pierre").get("/v1/users").status == 403);
    const auto all = user::list(pool);
    REQUIRE(all.size() == 2);
    CHECK(all[0].draft.name == "marie");
    CHECK(all[0].has_password);
    CHECK(all[1].draft.role == "viewer");
}

TEST_CASE("the command line says what is wrong, and then nothing is done") {
    clear_people();
    auto& pool = stand().pool();
    user::create_with_password(pool, {"marie", "marie@example.org", "admin"}, Secret(kPassword));
    CHECK(failure_of([&] { user::create_with_token(pool, {"MARIE", "", "admin"}); }) == "there is a user `MARIE` already");
    CHECK(failure_of([&] { user::create_with_token(pool, {"other", "Marie@example.org", "admin"}); }) == "another user has the address `Marie@example.org`");
    CHECK(failure_of([&] { user::create_with_token(pool, {"other", "", "boss"}); }) == "there is no role `boss`");
    CHECK(failure_of([&] { user::create_with_token(pool, {"no one", "", "admin"}); }).starts_with("the name must be"));
    CHECK(failure_of([&] { user::create_with_password(pool, {"other", "", "admin"}, Secret("short")); }) == "the password must have at least 12 characters");
    CHECK(failure_of([&] { user::make_token(pool, "other"); }) == "there is no user `other`");
    CHECK(failure_of([&] { user::set_disabled(pool, "marie", true); }) == "`marie` is the last user with the role admin who can log in");
    CHECK(user::list(pool).size() == 1);
    CHECK(!user::list(pool)[0].draft.disabled);
}

TEST_CASE("the command line resets passwords and disables users, which ends their sessions") {
    clear_people();
    auto& pool = stand().pool();
    user::create_with_password(pool, {"marie", "", "viewer"}, Secret(kPassword));
    const Person before("marie");
    user::set_password(pool, "marie", Secret("another horse battery"));
    CHECK(eventually([&] { return before.get("/v1/users/me").status == 401; }));
    const Person after("marie", "another horse battery");
    const auto token = user::make_token(pool, "marie");
    user::set_disabled(pool, "marie", true);
    CHECK(eventually([&] { return after.get("/v1/users/me").status == 401; }));
    CHECK(redeem(token, kPassword).status == 404);
    CHECK(failure_of([&] { user::make_token(pool, "marie"); }) == "the user `marie` is disabled");
    user::set_disabled(pool, "marie", false);
    CHECK(log_in("marie", "another horse battery").status == 201);
}

}  // namespace login_cli_test
