// Who asks: by a bearer token, or by the cookie of a session.
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "controlplane/api/endpoint/access.h"
#include "lib/account/user_id.h"
#include "lib/http/message.h"

namespace sonde::controlplane {

struct Backend;
struct Call;

struct Identity {
    Actor actor;
    SessionId session{};  // of who has logged in
    UserId user{};
};

// The identity, or the 401 for want of one. A request with an `Authorization` has that one looked at, whatever its cookies. Of one with a cookie that may
// change something, it is made sure that a page of ours sent it: throws ProblemError(forbidden) else. Throws DbError.
std::variant<Identity, http::Response> identify(Backend& backend, const http::Request& request);

// Asks again, as for a stream that goes on: whether he still is who he was, and what he may do now. Does not count as use of a session. The function throws DbError.
std::function<std::optional<Actor>()> asks_again(Backend& backend, const http::Request& request);

// The same, for a stream of this call's: whether its caller may still do what he did, and sees what he saw. Lives as long as the backend; throws DbError.
std::function<bool()> may_still(Backend& backend, const Call& call);

}  // namespace sonde::controlplane
