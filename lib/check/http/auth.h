// As whom an HTTP check asks.
#pragma once

#include <string>

#include "lib/base/enum_name.h"
#include "lib/json/reader.h"

namespace sonde::check {

enum class HttpAuthType : unsigned char { none, basic, bearer, oauth2 };

// Where an OAuth2 client names itself to the token endpoint (RFC 6749, section 2.3.1).
enum class OAuthClientIn : unsigned char { header, body };

// Only what belongs to `type` is set.
struct HttpAuth {
    HttpAuthType type = HttpAuthType::none;
    std::string username{};  // basic; without a colon
    std::string password{};
    std::string token{};  // bearer
    // oauth2: client credentials (RFC 6749, section 4.4)
    std::string token_url{};  // http or https
    std::string client_id{};
    std::string client_secret{};
    std::string scope{};
    std::string audience{};
    OAuthClientIn client_in = OAuthClientIn::header;
};

// The field `auth`.
void read_auth(json::Reader& in, HttpAuth& auth, json::Problems& problems);
Json write_auth(const HttpAuth& auth);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::HttpAuthType> {
    static constexpr std::array<std::string_view, 4> names{"none", "basic", "bearer", "oauth2"};
};

template <>
struct sonde::EnumNames<sonde::check::OAuthClientIn> {
    static constexpr std::array<std::string_view, 2> names{"header", "body"};
};
