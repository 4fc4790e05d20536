// Users and their passwords, over the API.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "lib/account/password.h"
#include "tests/integration/controlplane/login_person.h"

namespace login_user_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string text_of(std::string_view sql, const std::vector<db::Param>& params = {}) {
    return stand().pool().transact([&](db::Tx& tx) { return std::string(tx.run_text(sql, params)[0].text(0)); });
}

std::string password_token(const std::string& user) {
    return stand().admin().post("/v1/users/" + user + "/password-token", Json::object()).json()["token"];
}

Answer redeem(const std::string& token, const std::string& password) { return stand().nobody().post("/v1/password", {{"token", token}, {"password", password}}); }

}  // namespace

TEST_CASE("a user is made, listed, read, replaced, patched and deleted") {
    clear_people();
    const auto& api = stand().admin();
    const auto made = api.post("/v1/users", {{"name", "marie"}, {"email", "marie@example.org"}, {"role", "operator"}});
    REQUIRE(made.status == 201);
    const std::string path = made.header("location");
    CHECK(made.json()["has_password"] == false);
    CHECK(made.json()["last_login_at"].is_null());
    CHECK(api.post("/v1/users", {{"name", "pierre"}}).json()["role"] == "viewer");
    const auto page = api.get("/v1/users?limit=1").json();
    CHECK(page["items"][0]["name"] == "marie");
    CHECK(api.get("/v1/users?limit=1&cursor=" + page["next_cursor"].get<std::string>()).json()["items"][0]["name"] == "pierre");
    CHECK(api.patch(path, {{"email", nullptr}}).json()["email"].is_null());
    const auto replaced = api.put(path, {{"name", "marie"}, {"disabled", true}});
    CHECK(replaced.json()["role"] == "viewer");
    CHECK(replaced.json()["disabled"] == true);
    CHECK(api.patch(path, {{"disabled", false}}, {"If-Match: " + made.header("etag")}).status == 412);
    CHECK(api.patch(path, {{"disabled", true}}).json()["version"] == replaced.json()["version"]);
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
}

TEST_CASE("mistakes of a user are told, and nobody has another's name or address in whatever case") {
    clear_people();
    const auto& api = stand().admin();
    CHECK(api.post("/v1/users", {{"name", "a b"}, {"email", "nowhere"}, {"role", "boss"}, {"shoe_size", 42}}).errors() ==
          "/name: must be 1 to 64 letters, digits, dots, hyphens and underscores, and begin with a letter or digit\n/email: must be an e-mail address\n"
          "/shoe_size: is not a field of this object\n");
    CHECK(api.post("/v1/users", {{"name", "a"}, {"role", "boss"}}).errors() == "/role: there is no role \"boss\"\n");
    REQUIRE(api.post("/v1/users", {{"name", "Marie"}, {"email", "marie@example.org"}}).status == 201);
    CHECK(api.post("/v1/users", {{"name", "mARIE"}}).status == 409);
    const auto address = api.post("/v1/users", {{"name", "other"}, {"email", "MARIE@example.org"}});
    CHECK(address.status == 409);
    CHECK(address.json()["detail"] == "another user has this e-mail address");
}

TEST_CASE("a password token works once, for as long as it is good, and not for a password that is not") {
    clear_people();
    const auto user = stand().admin().post("/v1/users", {{"name", "marie"}}).json()["id"].get<std::string>();
    const auto first = password_token(user);
    const auto token = password_token(user);
    CHECK(redeem(first, kPassword).status == 404);
    CHECK(redeem(token, "short").errors() == "/password: must have at least 12 characters\n");
    CHECK(redeem(token, "marie marie marie").errors() == "/password: must not contain the name\n");
    CHECK(text_of("select encode(hash, 'escape') from password_token").find(token) == std::string::npos);
    CHECK(redeem(token, kPassword).status == 204);
    CHECK(redeem(token, "another horse battery").status == 404);
    CHECK(log_in("marie").status == 201);
    const auto late = password_token(user);
    stand().run("update password_token set expires_at = now() - interval '1 second'");
    CHECK(redeem(late, kPassword).status == 404);
    CHECK(redeem("sondepw_unknown", kPassword).status == 404);
}

TEST_CASE("a password that is set anew ends all sessions") {
    clear_people();
    const auto user = make_user("marie");
    const Person marie("marie");
    CHECK(marie.get("/v1/users/me").status == 200);
    CHECK(redeem(password_token(user), "another horse battery").status == 204);
    CHECK(eventually([&] { return marie.get("/v1/users/me").status == 401; }));
    CHECK(log_in("marie").status == 401);
    CHECK(log_in("marie", "another horse battery").status == 201);
}

TEST_CASE("the last administrator who can log in stays one, also where two go at once") {
    clear_people();
    const auto& api = stand().admin();
    const auto marie = "/v1/users/" + make_user("marie", "admin");
    REQUIRE(api.post("/v1/users", {{"name", "invited"}, {"role", "admin"}}).status == 201);  // and cannot log in yet
    CHECK(api.patch(marie, {{"role", "viewer"}}).status == 409);
    CHECK(api.patch(marie, {{"disabled", true}}).status == 409);
    CHECK(api.del(marie).status == 409);
    CHECK(api.get(marie).json()["role"] == "admin");
    CHECK(api.patch(marie, {{"name", "maria"}}).status == 200);
    const auto pierre = "/v1/users/" + make_user("pierre", "admin");
    for (int round = 0; round < 5; ++round) {
        int done[2] = {};
        std::thread other([&] { done[0] = api.patch(marie, {{"role", "viewer"}}).status; });
        done[1] = api.patch(pierre, {{"disabled", true}}).status;
        other.join();
        CHECK(std::min(done[0], done[1]) == 200);
        CHECK(std::max(done[0], done[1]) == 409);
        api.patch(marie, {{"role", "admin"}});
        api.patch(pierre, {{"disabled", false}});
    }
    CHECK(api.del(pierre).status == 204);
    CHECK(api.del(marie).status == 409);
}

TEST_CASE("whoever may manage users gives nobody more than he has, and leaves those alone who have more") {
    clear_people();
    stand().run("insert into role (name, permissions) values ('personnel', '{access.read,access.write,sites.read}') on conflict do nothing");
    const auto admin = "/v1/users/" + make_user("marie", "admin");
    make_user("pierre", "personnel");
    const Person pierre("pierre");
    const auto try_to = [&](const std::string& method, const std::string& path, const Json& body) { return pierre.send(method, path, json::dump(body)).status; };
    CHECK(try_to("POST", "/v1/users", {{"name", "irene"}, {"role", "personnel"}}) == 201);
    CHECK(try_to("POST", "/v1/users", {{"name", "eve"}, {"role", "admin"}}) == 403);
    CHECK(try_to("PATCH", admin, {{"disabled", true}}) == 403);
    CHECK(try_to("POST", admin + "/password-token", Json::object()) == 403);
    CHECK(pierre.send("DELETE", admin).status == 403);
    const std::string own = "/v1/users/" + pierre.get("/v1/users/me").json()["user"]["id"].get<std::string>();
    CHECK(try_to("PATCH", own, {{"role", "admin"}}) == 403);
    CHECK(try_to("PATCH", own, {{"email", "p@example.org"}}) == 200);
}

TEST_CASE("everybody can tell who he is, and change his own password with the old one, which begins a new session and ends the others") {
    clear_people();
    make_user("marie", "operator");
    const Person marie("marie");
    const Person elsewhere("marie");
    const auto me = marie.get("/v1/users/me").json();
    CHECK(me["actor"] == "user:marie");
    CHECK(me["user"]["name"] == "marie");
    CHECK(me["permissions"].dump().find("monitors.pause") != std::string::npos);
    CHECK(me["permissions"].dump().find("access.read") == std::string::npos);
    CHECK(stand().viewer().get("/v1/users/me").json()["user"].is_null());
    CHECK(stand().viewer().put("/v1/users/me/password", {{"old_password", "x"}, {"password", "y"}}).status == 403);

    const auto change = [&](const std::string& old, const std::string& next) {
        return marie.send("PUT", "/v1/users/me/password", json::dump({{"old_password", old}, {"password", next}}));
    };
    CHECK(change("wrong", "another horse battery").errors() == "/old_password: is not the password\n");
    CHECK(change(kPassword, "passwordpassword1").errors() == "/password: is one of the commonest, which are tried first\n");
    const Person renewed(change(kPassword, "another horse battery"));
    CHECK(renewed.get("/v1/users/me").status == 200);
    CHECK(eventually([&] { return marie.get("/v1/users/me").status == 401 && elsewhere.get("/v1/users/me").status == 401; }));
    CHECK(log_in("marie").status == 401);
}

TEST_CASE("a password hashed at another cost is hashed anew when it is used") {
    clear_people();
    make_user("marie");
    stand().run("update person set password = $1", {account::hash_password(Secret(kPassword), {9, 2})});
    CHECK(log_in("marie", "wrong").status == 401);
    CHECK(text_of("select password from person").find("m=9216,t=2") != std::string::npos);
    CHECK(log_in("marie").status == 201);
    CHECK(text_of("select password from person").find("m=8192,t=1") != std::string::npos);
    CHECK(log_in("marie").status == 201);
}

TEST_CASE("what happens to passwords and sessions is in the audit, and what was typed is not") {
    clear_people();
    stand().run("delete from audit");
    make_user("marie");
    const Person marie("marie");
    CHECK(log_in("marie", "not the battery").status == 401);
    CHECK(log_in("typed in the wrong field").status == 401);
    CHECK(marie.send("DELETE", "/v1/sessions/current").status == 204);
    CHECK(text_of("select string_agg(actor || ' ' || action || ' ' || coalesce(address, ''), ', ' order by id) from audit where action !~ '^user'") ==
          "token:of the admin password.token 127.0.0.1, user:marie password.set 127.0.0.1, user:marie session.create 192.0.2.1, nobody session.refused 192.0.2.1, "
          "nobody session.refused 192.0.2.1, user:marie session.delete 192.0.2.1");
    const auto all = text_of("select string_agg(a::text, ' ') from audit a");
    for (const auto* typed : {"battery", "wrong field", "sondepw_", "sondesess_"}) CHECK(all.find(typed) == std::string::npos);
}

}  // namespace login_user_test
