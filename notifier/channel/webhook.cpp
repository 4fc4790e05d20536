#include "notifier/channel/webhook.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "lib/crypto/crypto.h"
#include "lib/net/url.h"

namespace sonde::notifier::webhook {
namespace {

constexpr std::string_view kKeyPrefix = "whsec_";

// The field's text, or nullptr. The documents come from our own table, but from an API that may be newer than this program.
const std::string* text_field(const Json& object, std::string_view name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::optional<std::string> raw_key(std::string_view text) {
    if (!text.starts_with(kKeyPrefix)) return std::nullopt;
    auto key = crypto::from_base64(text.substr(kKeyPrefix.size()));
    if (!key || key->empty()) return std::nullopt;
    return key;
}

}  // namespace

std::string signature(std::string_view key, std::string_view id, std::int64_t unix_seconds, std::string_view body) {
    std::string signed_content = fmt::format("{}.{}.", id, unix_seconds);
    signed_content += body;
    return "v1," + crypto::base64(crypto::hmac_sha256(key, signed_content));
}

Result<HttpRequest> signed_request(const std::string& url, const std::vector<std::string>& signing_keys, const std::string& id, TimePoint at, std::string body) {
    const auto parsed = net::parse_url(url);
    if (!parsed) return Error{fmt::format("the channel's url {}", parsed.error().message)};
    const auto unix_seconds = std::chrono::floor<seconds>(at).time_since_epoch().count();
    std::string signatures;
    for (const auto& text : signing_keys) {
        const auto key = raw_key(text);
        if (!key) return Error{"the channel's signing_key is not `whsec_` followed by base64"};
        signatures += fmt::format("{}{}", signatures.empty() ? "" : " ", signature(*key, id, unix_seconds, body));
    }
    HttpRequest request;
    request.url = parsed->has_userinfo ? url : parsed->text();  // user and password travel in the URL's own text only
    request.body = std::move(body);
    request.headers = {
        "Content-Type: application/json",
        "User-Agent: Sonde/" SONDE_VERSION,
        "webhook-id: " + id,
        fmt::format("webhook-timestamp: {}", unix_seconds),
        "webhook-signature: " + signatures,
    };
    return request;
}

Result<HttpRequest> compose(const Message& message, const Json& config, const Json& secrets) {
    const auto* url = text_field(config, "url");
    if (url == nullptr) return Error{"the channel has no url"};
    const auto* key = text_field(secrets, "signing_key");
    std::vector<std::string> keys{key == nullptr ? std::string() : *key};
    if (const auto* previous = text_field(secrets, "previous_signing_key")) keys.push_back(*previous);
    return signed_request(*url, keys, message.event.text(), message.at, std::string(message.document));
}

}  // namespace sonde::notifier::webhook
