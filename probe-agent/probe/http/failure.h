// What libcurl's errors mean, in the closed classes of a check.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "lib/check/observation.h"
#include "lib/net/url.h"
#include "probe-agent/probe/tls/certificate.h"

namespace sonde::agent {

struct CurlFailure {
    CURLcode code = CURLE_OK;
    int os_error = 0;           // errno, where libcurl kept it
    std::string_view text;      // libcurl's own words; may be empty
    bool in_handshake = false;  // TLS was not yet up
};

// Never `none`; the phase is the caller's to say. `peer` is the address and port connected to.
check::Failure describe_failure(const CurlFailure& failure, const CertificateWatch& certificate, const net::Url& url,
                                std::string_view peer);

}  // namespace sonde::agent
