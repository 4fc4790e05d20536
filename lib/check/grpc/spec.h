// What a gRPC health monitor asks.
#pragma once

#include <optional>
#include <string>

#include "lib/check/endpoint.h"
#include "lib/check/header_fields.h"
#include "lib/check/tls/wanted.h"
#include "lib/json/reader.h"

namespace sonde::check {

struct GrpcSpec {
    std::string host;
    int port = 0;
    std::optional<TlsWanted> tls;  // none: HTTP/2 in clear, with prior knowledge
    std::string service;           // whose health is asked for; empty: the server's own
    std::string authority;         // of the request; empty: host and port
    HeaderFields metadata;         // at most 50; names in lower case; the values of `…-bin` in base64
};

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(GrpcSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const GrpcSpec& spec);
Endpoint endpoint(const GrpcSpec& spec);

}  // namespace sonde::check
