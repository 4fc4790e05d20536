#include "lib/check/http/auth.h"

#include <algorithm>

#include "lib/net/url.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxIdentity = 1024;
constexpr std::size_t kMaxCredential = 8 * 1024;

// A token goes into a header as it is: printable ASCII without spaces.
bool is_header_token(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void read_basic(json::Reader& in, HttpAuth& auth) {
    in.require({"username", "password"});
    if (in.text("username", auth.username, {.max = kMaxIdentity}) && auth.username.find(':') != std::string::npos)
        in.refuse("username", "must not contain a colon");
    in.text("password", auth.password, {.max = kMaxCredential});
}

void read_bearer(json::Reader& in, HttpAuth& auth) {
    in.require({"token"});
    if (in.text("token", auth.token, {.min = 1, .max = kMaxCredential}) && !is_header_token(auth.token))
        in.refuse("token", "must be printable ASCII without spaces");
}

void read_token_url(json::Reader& in, HttpAuth& auth) {
    if (!in.text("token_url", auth.token_url, {.min = 1, .max = 2048})) return;
    const auto url = net::parse_url(auth.token_url);
    if (!url) return in.refuse("token_url", url.error().message);
    if (url->has_userinfo) return in.refuse("token_url", "must not contain a user name or password");
    if (url->has_fragment) in.refuse("token_url", "must not contain a fragment");
}

void read_oauth2(json::Reader& in, HttpAuth& auth) {
    in.require({"token_url", "client_id", "client_secret"});
    read_token_url(in, auth);
    in.text("client_id", auth.client_id, {.min = 1, .max = kMaxIdentity});
    in.text("client_secret", auth.client_secret, {.max = kMaxCredential});
    in.text("scope", auth.scope, {.max = kMaxIdentity});
    in.text("audience", auth.audience, {.max = kMaxIdentity});
    in.name("client_in", auth.client_in);
}

}  // namespace

void read_auth(json::Reader& in, HttpAuth& auth, json::Problems& problems) {
    const auto* document = in.object("auth");
    if (document == nullptr) return;
    json::Reader fields(*document, in.pointer("auth"), problems);
    fields.require({"type"});
    fields.name("type", auth.type);
    switch (auth.type) {
        case HttpAuthType::none: break;
        case HttpAuthType::basic: read_basic(fields, auth); break;
        case HttpAuthType::bearer: read_bearer(fields, auth); break;
        case HttpAuthType::oauth2: read_oauth2(fields, auth); break;
    }
    fields.finish();
}

Json write_auth(const HttpAuth& auth) {
    Json document{{"type", name_of(auth.type)}};
    switch (auth.type) {
        case HttpAuthType::none: break;
        case HttpAuthType::basic:
            document["username"] = auth.username;
            document["password"] = auth.password;
            break;
        case HttpAuthType::bearer: document["token"] = auth.token; break;
        case HttpAuthType::oauth2:
            document["token_url"] = auth.token_url;
            document["client_id"] = auth.client_id;
            document["client_secret"] = auth.client_secret;
            document["scope"] = auth.scope;
            document["audience"] = auth.audience;
            document["client_in"] = name_of(auth.client_in);
            break;
    }
    return document;
}

}  // namespace sonde::check
