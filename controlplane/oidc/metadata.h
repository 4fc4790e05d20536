// What a provider says of itself (OpenID Connect Discovery 1.0, section 3; RFC 8414). Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sonde::oidc {

struct Metadata {
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
    std::string userinfo_endpoint;  // empty: none
    bool secret_in_body = false;    // it takes the client's secret nowhere else
    bool names_itself = false;      // with every answer by way of the browser (RFC 9207)
};

// Where it is.
std::string metadata_url(std::string_view issuer);

// What people may be sent to, and secrets: https, or http on this machine. The error may follow the name of a field.
Status check_provider_url(std::string_view text);

// Refuses the document of another issuer, and endpoints that are none. The error may follow the document's name.
Result<Metadata> read_metadata(std::string_view text, std::string_view issuer);

}  // namespace sonde::oidc
