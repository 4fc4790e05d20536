// What the provider's claims come to here: a role, a name, an e-mail address. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/oidc/options.h"
#include "lib/json/json.h"

namespace sonde::oidc {

struct RoleRule {
    std::string group;
    std::string role;
};
// `group=role`; the last `=` counts. Nothing for what is none.
std::optional<RoleRule> read_role_rule(std::string_view text);

// The role of the first rule whose group the claims have, else the one for everybody; nothing if there is none.
std::optional<std::string> role_for(const Options& options, const Json& claims);

// The e-mail address, if the provider says that it is verified, and it is one.
std::optional<std::string> verified_email(const Json& claims);
// Whether he may log in by his address: where domains are named, it has to be verified and of one of them.
bool has_right_domain(const Options& options, const Json& claims);

// Names for a new user, in the order in which they are tried: what he is called there, as far as names here may be so; the last one is nobody else's.
std::vector<std::string> names_for(const Json& claims, std::string_view issuer);

}  // namespace sonde::oidc
