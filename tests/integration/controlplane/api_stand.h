// The API over a real PostgreSQL and real HTTP, for one test program; and a client that holds every answer to the OpenAPI
// document.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/api/endpoint/rate_limit.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/json/json.h"
#include "tests/support/servers.h"

namespace sonde::test {

struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    [[nodiscard]] Json json() const;
    // The `pointer: detail` lines of a problem document.
    [[nodiscard]] std::string errors() const;
    [[nodiscard]] std::string header(const std::string& name) const;
};

using Headers = std::vector<std::string>;  // `Name: value`

class Client {
public:
    // An empty token sends none.
    Client(int port, std::string token) : port_(port), token_(std::move(token)) {}

    Answer send(const std::string& method, const std::string& path, const std::string& body = "",
                const Headers& headers = {}) const;
    Answer get(const std::string& path, const Headers& headers = {}) const { return send("GET", path, "", headers); }
    Answer post(const std::string& path, const Json& body, const Headers& headers = {}) const;
    Answer put(const std::string& path, const Json& body, const Headers& headers = {}) const;
    Answer patch(const std::string& path, const Json& body, const Headers& headers = {}) const;
    Answer del(const std::string& path, const Headers& headers = {}) const { return send("DELETE", path, "", headers); }

private:
    int port_;
    std::string token_;
};

class Stand {
public:
    Stand();
    ~Stand();

    [[nodiscard]] const Client& admin() const { return *admin_; }
    [[nodiscard]] const Client& operate() const { return *operate_; }
    [[nodiscard]] const Client& viewer() const { return *viewer_; }
    [[nodiscard]] const Client& nobody() const { return *nobody_; }
    [[nodiscard]] int port() const;
    std::string make_token(const std::string& role);
    [[nodiscard]] Client with_token(std::string token, int port = 0) const;

    // The same API at another port, where everybody has these limits.
    int limited(const controlplane::RateLimits& limits);

    db::Pool& pool();
    // For setting up what other services write.
    void run(std::string_view sql, const std::vector<db::Param>& params = {});
    PostgresServer& postgres();
    // What the API seals with.
    const crypto::SecretBox& box();

    std::string make_site(const std::string& name = "site");
    std::string make_monitor(const std::string& site, const std::string& name = "monitor");

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::unique_ptr<Client> admin_, operate_, viewer_, nobody_;
};

// One for the whole program, with regions eu, us and ap: tests make their own sites in it.
Stand& stand();

// What is wrong with an answer by the OpenAPI document; empty if nothing is.
std::string breach_of_contract(const std::string& method, const std::string& path, const Answer& answer);

}  // namespace sonde::test
