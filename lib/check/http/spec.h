// What an HTTP monitor asks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/check/endpoint.h"
#include "lib/check/http/assertion.h"
#include "lib/check/http/status_set.h"
#include "lib/check/tls/warnings.h"
#include "lib/json/reader.h"

namespace sonde::check {

enum class HttpMethod : unsigned char { get, head, post };

struct HttpSpec {
    std::string url;  // absolute http or https URL, at most 2048 bytes, no credentials, no fragment
    HttpMethod method = HttpMethod::get;
    std::vector<std::pair<std::string, std::string>> headers;  // at most 50; hop-by-hop and Host refused
    std::string body;                                          // at most 64 KiB; only with POST
    bool follow_redirects = true;
    int max_redirects = 10;  // 0 to 20
    bool tls_verify = true;
    StatusSet accept_status;
    std::int64_t max_body_bytes = 1 << 20;  // 0 to 10 MiB
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

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::HttpMethod> {
    static constexpr std::array<std::string_view, 3> names{"GET", "HEAD", "POST"};
};
