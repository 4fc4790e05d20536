// What an HTTP monitor asks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/check/endpoint.h"
#include "lib/check/http/assertion.h"
#include "lib/check/http/auth.h"
#include "lib/check/http/connection.h"
#include "lib/check/http/status_set.h"
#include "lib/check/tls/warnings.h"
#include "lib/json/reader.h"

namespace sonde::check {

struct HttpSpec {
    std::string url;  // absolute http or https URL, at most 2048 bytes, no credentials, no fragment
    std::string method = "GET";  // a token in upper case, at most 32 bytes; not CONNECT
    std::vector<std::pair<std::string, std::string>> headers;  // at most 50; hop-by-hop refused
    std::string body;                                          // at most 64 KiB; not with HEAD
    bool follow_redirects = true;
    int max_redirects = 10;  // 0 to 20
    bool tls_verify = true;
    StatusSet accept_status;
    std::int64_t max_body_bytes = 1 << 20;  // 0 to 10 MiB, decoded
    HttpAuth auth;
    HttpConnection connection;
    // Beyond the status, at most 50. The order is that of the report and means nothing else.
    std::vector<Assertion> assertions;
    CertificateWarnings certificate_warn_days;  // each up to 3650; degraded when a verified certificate has fewer left than the first
};

// Whether anything is asked of the body, so that the probe must keep it up to `max_body_bytes`.
bool needs_body(const HttpSpec& spec);

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(HttpSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const HttpSpec& spec);
Endpoint endpoint(const HttpSpec& spec);

// Whether the whole body, up to its limit, is needed to judge an answer.
bool needs_body(const HttpSpec& spec);

}  // namespace sonde::check
