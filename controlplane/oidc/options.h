// An OpenID provider by which people log in, as the configuration says.
#pragma once

#include <string>
#include <vector>

#include "lib/base/duration.h"
#include "lib/base/secret.h"

namespace sonde::oidc {

struct Options {
    std::string issuer;  // empty: nobody logs in by one
    std::string name = "single sign-on";
    std::string client_id;
    Secret client_secret;  // empty: a public client, which PKCE alone protects
    std::string client_secret_file;
    std::vector<std::string> scopes{"openid", "email", "profile"};
    std::string ca_file;
    milliseconds timeout{5'000};  // of one request to the provider
    int at_once = 4;

    bool create = false;
    bool link_by_email = false;
    std::vector<std::string> email_domains;
    std::string groups_claim = "groups";
    std::vector<std::string> roles;  // `group=role`, the first that fits counts
    std::string role;                // of who is in none of the groups; empty: he may not log in

    [[nodiscard]] bool is_on() const { return !issuer.empty(); }
};

}  // namespace sonde::oidc
