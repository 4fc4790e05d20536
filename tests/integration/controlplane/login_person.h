// People for tests: made, and logged in.
#pragma once

#include <string>

#include "tests/integration/controlplane/api_stand.h"

namespace sonde::test {

inline const std::string kPassword = "correct horse battery";

// As if a proxy had forwarded it from there.
std::string from(const std::string& address);

// Nobody is there any more, and nobody has tried anything.
void clear_people();

// Makes a user with kPassword by the API, and returns his id.
std::string make_user(const std::string& name, const std::string& role = "viewer");

Answer log_in(const std::string& name, const std::string& password = kPassword, const Headers& headers = {from("192.0.2.1")});

// Somebody who has logged in, and asks as a page of ours does.
class Person {
public:
    explicit Person(const std::string& name, const std::string& password = kPassword) : Person(log_in(name, password)) {}
    explicit Person(const Answer& login);

    [[nodiscard]] Answer get(const std::string& path) const { return send("GET", path); }
    [[nodiscard]] Answer send(const std::string& method, const std::string& path, const std::string& body = "") const;
    [[nodiscard]] Headers headers() const { return {from("192.0.2.1"), "Cookie: " + cookie, "X-Sonde-CSRF: " + csrf}; }

    std::string cookie;  // name and value
    std::string csrf;
    std::string session;
};

}  // namespace sonde::test
