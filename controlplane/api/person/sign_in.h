// What anybody may do: log in, and set the password that a token was given for.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::session_api {

// POST /v1/sessions. Whoever is refused learns no more than that: not whether there is such a user, nor by how long it takes.
http::Response sign_in(Backend& backend, const Call& call);

// POST /v1/password.
http::Response redeem_password_token(Backend& backend, const Call& call);

// 429 with `Retry-After`, in whole seconds.
http::Response limited(Backend& backend, milliseconds wait);
// 503: too many passwords are being looked at.
http::Response hashing_is_busy(Backend& backend);

}  // namespace sonde::controlplane::session_api
