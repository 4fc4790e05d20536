// How people log in, as the configuration says.
#pragma once

#include <string>

#include "controlplane/oidc/options.h"
#include "lib/account/password.h"
#include "lib/base/duration.h"

namespace sonde::login {

struct Options {
    std::string public_url;  // where people reach the API; empty: wherever they do
    milliseconds session_idle{8 * 3600 * 1000};
    milliseconds session_lifetime{7 * 24 * 3600 * 1000LL};
    account::HashingCost hashing;
    int hashes_at_once = 2;
    int min_password = account::kMinPassword;
    bool passwords = true;  // people may log in by them
    oidc::Options oidc;
    milliseconds password_token_lifetime{24 * 3600 * 1000};
};

}  // namespace sonde::login
