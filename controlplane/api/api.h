// The whole API: every resource's table put into one router.
#pragma once

#include <string_view>

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane {

// Every operation of /v1, in the order of the document.
Endpoints endpoints();

// Adds /v1, `/`, /openapi.json and /docs. All arguments must outlive the router.
void add_api_routes(http::Router& router, Backend& backend);

// The bound of a body, by method and path, for the server: what is too large is not even kept until it is known whose it is.
std::size_t body_limit(http::Method method, std::string_view path);

// schema/openapi.yaml as JSON text, compiled in.
std::string_view openapi_document();

}  // namespace sonde::controlplane
