#include "tests/integration/controlplane/login_person.h"

#include <doctest/doctest.h>

namespace sonde::test {

std::string from(const std::string& address) { return "X-Forwarded-For: " + address; }

void clear_people() {
    stand().run("delete from person");
    stand().run("delete from login_attempt");
}

std::string make_user(const std::string& name, const std::string& role) {
    const auto made = stand().admin().post("/v1/users", {{"name", name}, {"email", name + "@example.org"}, {"role", role}});
    REQUIRE_MESSAGE(made.status == 201, made.body);
    const std::string id = made.json()["id"];
    const auto token = stand().admin().post("/v1/users/" + id + "/password-token", Json::object());
    REQUIRE(token.status == 201);
    REQUIRE(stand().nobody().post("/v1/password", {{"token", token.json()["token"]}, {"password", kPassword}}).status == 204);
    return id;
}

Answer log_in(const std::string& name, const std::string& password, const Headers& headers) {
    return stand().nobody().post("/v1/sessions", {{"login", name}, {"password", password}}, headers);
}

Person::Person(const Answer& login) {
    REQUIRE_MESSAGE(login.status == 201, login.body);
    const auto set = login.header("set-cookie");
    cookie = set.substr(0, set.find(';'));
    csrf = login.json()["csrf_token"];
    session = login.json()["id"];
}

Answer Person::send(const std::string& method, const std::string& path, const std::string& body) const {
    return stand().nobody().send(method, path, body, headers());
}

}  // namespace sonde::test
