#include "controlplane/oidc/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/oidc/claim.h"
#include "lib/json/json.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::oidc {
namespace {

constexpr std::size_t kMaxBytes = 128 << 10;

bool is_this_machine(const net::Url& url) {
    if (url.host == "localhost") return true;
    const auto address = net::Address::parse(url.host);
    static const net::Cidr blocks[] = {*net::Cidr::parse("127.0.0.0/8"), *net::Cidr::parse("::1/128")};
    return address && std::any_of(std::begin(blocks), std::end(blocks), [&](const auto& block) { return block.contains(*address); });
}

bool has(const Json& document, std::string_view field, std::string_view item) {
    const auto found = document.find(field);
    return found != document.end() && found->is_array() && std::find(found->begin(), found->end(), Json(item)) != found->end();
}

}  // namespace

std::string metadata_url(std::string_view issuer) {
    while (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string(issuer) + "/.well-known/openid-configuration";
}

Status check_provider_url(std::string_view text) {
    const auto url = net::parse_url(text);
    if (!url) return Error{url.error().message};
    if (url->has_userinfo || url->has_fragment) return Error{"must have neither a user nor a fragment"};
    if (url->scheme != "https" && !is_this_machine(*url)) return Error{"must begin with https:// unless it is on this machine"};
    return Done{};
}

Result<Metadata> read_metadata(std::string_view text, std::string_view issuer) {
    const auto document = json::parse(text, {.bytes = kMaxBytes, .depth = 16, .duplicates = json::Duplicates::refuse});
    if (!document) return Error{document.error().message};
    if (!document->is_object()) return Error{"is no object"};
    if (text_in(*document, "issuer") != issuer) return Error{"is of another issuer"};
    Metadata metadata;
    const auto read = [&](const char* field, std::string& target, bool required) -> Status {
        target = text_in(*document, field);
        if (target.empty() && !required) return Done{};
        if (const auto good = check_provider_url(target); !good) return Error{fmt::format("has a bad {}: it {}", field, good.error().message)};
        return Done{};
    };
    if (auto good = read("authorization_endpoint", metadata.authorization_endpoint, true); !good) return good.error();
    if (auto good = read("token_endpoint", metadata.token_endpoint, true); !good) return good.error();
    if (auto good = read("jwks_uri", metadata.jwks_uri, true); !good) return good.error();
    if (auto good = read("userinfo_endpoint", metadata.userinfo_endpoint, false); !good) return good.error();
    // Without a word it is `client_secret_basic`.
    constexpr std::string_view methods = "token_endpoint_auth_methods_supported";
    metadata.secret_in_body = has(*document, methods, "client_secret_post") && !has(*document, methods, "client_secret_basic");
    const auto names_itself = document->find("authorization_response_iss_parameter_supported");
    metadata.names_itself = names_itself != document->end() && *names_itself == true;
    return metadata;
}

}  // namespace sonde::oidc
