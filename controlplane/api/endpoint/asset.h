// Files that are compiled in: the OpenAPI document and the page made of it (schema/embed.py).
#pragma once

#include <string_view>

#include "lib/http/message.h"

namespace sonde::controlplane {

struct Asset {
    std::string_view content_type;
    std::string_view plain;
    std::string_view gzip;    // the same, packed when it was built
    std::string_view digest;  // of `plain`
    std::string_view policy;  // Content-Security-Policy
};

// schema/openapi.yaml as JSON text.
const Asset& openapi_asset();
const Asset& docs_asset();

// Packed for who takes that; 304 for who has it already, packed or not. The tags of both are different, as RFC 9110 (8.8.3.3) wants it.
http::Response serve_asset(const http::Request& request, const Asset& asset);

// Whether `Accept-Encoding` takes gzip (RFC 9110, section 12.5.3): by name or by `*`, and not with a weight of 0.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace sonde::controlplane
