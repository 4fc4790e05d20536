// What is so much one's own that being logged in is not enough for it: the password is asked for again.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/account/user.h"

namespace sonde::controlplane {

struct OwnPassword {
    account::User user;
    std::string hash;  // of what was given, which was right
};

// The caller's own, or the answer instead: 429 or 503. Throws ProblemError: 403 for a token, 422 at `pointer` for a password that is not his. Wrong ones are counted,
// apart from those at logging in: what others guess at his name does not keep him from this.
std::variant<OwnPassword, http::Response> check_own_password(Backend& backend, const Call& call, const std::string& password, std::string_view pointer);

}  // namespace sonde::controlplane
