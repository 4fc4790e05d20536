// Logging in and out.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/login/sessions.h"

namespace sonde::controlplane::session_api {

Endpoints endpoints();
// Those that whoever is not logged in needs to become so.
Endpoints open_endpoints();

// The answer of a session that has just begun: what is kept of it, what to send along with what changes something, and the cookie.
http::Response begun(Backend& backend, const http::Request& request, const login::Sessions::Begun& session, Json user);

}  // namespace sonde::controlplane::session_api
