// Logging in and out, and what a session is good for.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/login_person.h"
#include "tests/integration/http/raw_client.h"

namespace login_session_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("somebody logs in by name or address, and whoever may not learns nothing by it") {
    clear_people();
    const auto user = make_user("marie");
    CHECK(log_in("marie").status == 201);
    const auto done = log_in("MARIE@example.org");
    CHECK(done.status == 201);
    CHECK(done.header("cache-control") == "no-store");
    CHECK(!done.json()["user"]["last_login_at"].is_null());
    const auto wrong = log_in("marie", "wrong");
    CHECK(wrong.status == 401);
    CHECK(log_in("nobody").body == wrong.body);
    CHECK(stand().admin().patch("/v1/users/" + user, {{"disabled", true}}).status == 200);
    CHECK(log_in("marie").body == wrong.body);
    REQUIRE(stand().admin().post("/v1/users", {{"name", "invited"}}).status == 201);
    CHECK(log_in("invited").body == wrong.body);
    CHECK(stand().nobody().post("/v1/sessions", {{"login", "marie"}}).errors() == ": the field \"password\" is required\n");
}

TEST_CASE("the cookie is for this host, over https, and for no script; plain on the same machine") {
    clear_people();
    make_user("marie");
    const auto far = log_in("marie").header("set-cookie");
    CHECK(far.starts_with("__Host-sonde-session=sondesess_"));
    CHECK(far.ends_with("; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Lax"));
    const auto here = log_in("marie", kPassword, {});
    CHECK(here.header("set-cookie").starts_with("sonde-session=sondesess_"));
    CHECK(here.header("set-cookie").find("Secure") == std::string::npos);
    const auto cookie = here.header("set-cookie").substr(0, here.header("set-cookie").find(';'));
    CHECK(stand().nobody().get("/v1/users/me", {"Cookie: other=1; " + cookie}).status == 200);
    CHECK(stand().nobody().get("/v1/users/me", {"Cookie: " + cookie, from("192.0.2.1")}).status == 401);
    CHECK(stand().nobody().get("/v1/users/me", {"Cookie: " + cookie, "Host: sonde.example"}).status == 401);
    CHECK(stand().nobody().get("/v1/users/me", {"Cookie: " + cookie + "; sonde-session=planted"}).status == 401);
}

TEST_CASE("only the hash of what is in the cookie is kept") {
    clear_people();
    make_user("marie");
    const Person marie("marie");
    const auto stored = stand().pool().transact([](db::Tx& tx) { return std::string(tx.run_text("select s::text || encode(hash, 'escape') from session s")[0].text(0)); });
    CHECK(stored.find(marie.cookie.substr(marie.cookie.find('=') + 1)) == std::string::npos);
}

TEST_CASE("with the cookie alone nothing is changed, nor by another site's page") {
    clear_people();
    make_user("marie", "admin");
    const Person marie("marie");
    const auto make_site = [&](const Headers& more) {
        auto headers = Headers{from("192.0.2.1"), "Cookie: " + marie.cookie};
        headers.insert(headers.end(), more.begin(), more.end());
        return stand().nobody().post("/v1/sites", {{"name", "site"}}, headers).status;
    };
    const auto token = "X-Sonde-CSRF: " + marie.csrf;
    CHECK(make_site({}) == 403);
    CHECK(make_site({"X-Sonde-CSRF: " + Person("marie").csrf}) == 403);
    CHECK(make_site({token, "Origin: https://evil.example"}) == 403);
    CHECK(make_site({token, "Origin: null"}) == 403);
    CHECK(make_site({token}) == 201);
    CHECK(make_site({token, "Host: sonde.example", "Origin: https://sonde.example"}) == 201);
    CHECK(log_in("marie", kPassword, {from("192.0.2.1"), "Origin: https://evil.example"}).status == 403);
    CHECK(marie.get("/v1/sessions/current").json()["csrf_token"] == marie.csrf);
}

TEST_CASE("a token counts before a cookie") {
    clear_people();
    make_user("marie", "admin");
    const Person marie("marie");
    CHECK(stand().viewer().get("/v1/users/me", marie.headers()).json()["user"].is_null());
    CHECK(stand().with_token("sonde_unknown").get("/v1/users/me", marie.headers()).status == 401);
}

TEST_CASE("logging in again ends the session from before, logging out this one") {
    clear_people();
    make_user("marie");
    const Person first("marie");
    const Person second(log_in("marie", kPassword, {from("192.0.2.1"), "Cookie: " + first.cookie}));
    CHECK(second.cookie != first.cookie);
    CHECK(eventually([&] { return first.get("/v1/users/me").status == 401; }));
    const auto out = second.send("DELETE", "/v1/sessions/current");
    CHECK(out.status == 204);
    CHECK(out.header("set-cookie") == "__Host-sonde-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
    CHECK(eventually([&] { return second.get("/v1/users/me").status == 401; }));
}

TEST_CASE("a session is over when it is not used for long, and in the end however much it is") {
    clear_people();
    make_user("marie");
    const Person idle("marie");
    stand().run("update session set seen_at = now() - interval '9 hours'");
    CHECK(eventually([&] { return idle.get("/v1/users/me").status == 401; }));
    const Person used("marie");
    stand().run("update session set seen_at = now() - interval '7 hours'");
    CHECK(eventually([&] {
        return used.get("/v1/users/me").status == 200 &&
               stand().pool().transact([](db::Tx& tx) { return tx.run_text("select bool_and(seen_at > now() - interval '1 hour') from session")[0].boolean(0); });
    }));
    stand().run("update session set expires_at = now()");
    CHECK(eventually([&] { return used.get("/v1/users/me").status == 401; }));
    CHECK(log_in("marie").status == 201);
    const auto left = stand().pool().transact([](db::Tx& tx) { return tx.run_text("select count(*) from session")[0].whole(0); });
    CHECK(left == 1);
}

TEST_CASE("everybody sees and ends his own sessions, others' with the permission") {
    clear_people();
    make_user("marie");
    const auto pierre_id = make_user("pierre", "admin");
    const Person marie("marie");
    const Person laptop("marie");
    const Person pierre("pierre");
    const auto list = marie.get("/v1/sessions").json()["items"];
    REQUIRE(list.size() == 2);
    CHECK(list[0]["id"] == laptop.session);
    CHECK(list[1]["current"] == true);
    CHECK(list[1]["address"] == "192.0.2.1");
    CHECK(list[1]["method"] == "password");
    CHECK(marie.get("/v1/sessions?user_id=" + pierre_id).status == 403);
    CHECK(marie.get("/v1/sessions/" + pierre.session).status == 404);
    CHECK(marie.send("DELETE", "/v1/sessions/" + pierre.session).status == 404);
    CHECK(pierre.get("/v1/sessions/" + marie.session).status == 200);
    CHECK(marie.send("DELETE", "/v1/sessions").status == 204);
    CHECK(marie.get("/v1/sessions").json()["items"].size() == 1);
    CHECK(eventually([&] { return laptop.get("/v1/users/me").status == 401; }));
    CHECK(pierre.send("DELETE", "/v1/sessions/" + marie.session).status == 204);
    CHECK(eventually([&] { return marie.get("/v1/users/me").status == 401; }));
    CHECK(stand().admin().get("/v1/sessions").errors() == "?user_id: is required with a token\n");
    CHECK(stand().admin().get("/v1/sessions?user_id=" + pierre_id).json()["items"].size() == 1);
    CHECK(stand().viewer().get("/v1/sessions?user_id=" + pierre_id).status == 403);
    CHECK(stand().admin().del("/v1/sessions?user_id=" + pierre_id).status == 204);
    CHECK(eventually([&] { return pierre.get("/v1/users/me").status == 401; }));
}

TEST_CASE("another role counts at once, and who is disabled or deleted is out") {
    clear_people();
    make_user("pierre", "admin");
    const auto user = "/v1/users/" + make_user("marie");
    const Person marie("marie");
    CHECK(marie.get("/v1/sites").status == 200);
    CHECK(marie.get("/v1/users").status == 403);
    CHECK(stand().admin().patch(user, {{"role", "admin"}}).status == 200);
    CHECK(eventually([&] { return marie.get("/v1/users").status == 200; }));
    CHECK(stand().admin().patch(user, {{"role", "viewer"}}).status == 200);
    CHECK(eventually([&] { return marie.get("/v1/users").status == 403; }));
    CHECK(stand().admin().patch(user, {{"disabled", true}}).status == 200);
    CHECK(eventually([&] { return marie.get("/v1/sites").status == 401; }));
    CHECK(stand().admin().patch(user, {{"disabled", false}}).status == 200);
    const Person again("marie");
    CHECK(stand().admin().del(user).status == 204);
    CHECK(eventually([&] { return again.get("/v1/sites").status == 401; }));
}

TEST_CASE("a stream of events ends with its session") {
    clear_people();
    make_user("marie");
    const Person marie("marie");
    RawClient client(stand().port());
    client.send("GET /v1/events HTTP/1.0\r\nAccept: text/event-stream\r\n" + from("192.0.2.1") + "\r\nCookie: " + marie.cookie + "\r\n\r\n");
    CHECK(client.until("ready").find("200") != std::string::npos);
    CHECK(marie.send("DELETE", "/v1/sessions/current").status == 204);
    CHECK(client.until_closed() < std::chrono::seconds{10});
}

}  // namespace login_session_test
