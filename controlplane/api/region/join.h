// POST /v1/agents/join: whoever has a join token becomes an agent of its region.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::join_api {

inline constexpr std::string_view kJoinPath = "/v1/agents/join";
inline constexpr std::size_t kMaxJoinBody = 4096;

// Of a caller who shows nothing but a join token. A token that is no good is refused in one way, whatever is wrong with it; the log says what.
http::Response serve_join(Backend& backend, const http::Request& request);

}  // namespace sonde::controlplane::join_api
