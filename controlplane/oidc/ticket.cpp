#include "controlplane/oidc/ticket.h"

#include <algorithm>

#include "lib/json/json.h"

namespace sonde::oidc {
namespace {

constexpr std::string_view kContext = "oidc:ticket";
constexpr std::size_t kMaxSealed = 4096;

std::string follows(const Secret& secret, std::string_view purpose) { return crypto::base64url(crypto::hmac_sha256(secret.reveal(), purpose)); }

}  // namespace

Ticket Ticket::begin(std::string return_to, TimePoint now) { return {crypto::random_token(""), std::move(return_to), now + kTicketLifetime}; }

std::string Ticket::state() const { return follows(secret, "state"); }
std::string Ticket::nonce() const { return follows(secret, "nonce"); }
Secret Ticket::verifier() const { return Secret(follows(secret, "verifier")); }
std::string Ticket::challenge() const { return crypto::base64url(crypto::sha256(verifier().reveal())); }
std::string Ticket::hash() const { return crypto::sha256(secret.reveal()); }

std::string Ticket::seal(const crypto::SecretBox& box) const {
    const Json document{{"secret", secret.reveal()}, {"return_to", return_to}, {"expires_at", to_unix_ms(expires_at)}};
    return crypto::base64url(box.seal(Secret(json::dump(document)), kContext));
}

std::optional<Ticket> Ticket::open(const crypto::SecretBox& box, std::string_view sealed, TimePoint now) {
    if (sealed.size() > kMaxSealed) return std::nullopt;
    const auto bytes = crypto::from_base64url(sealed);
    if (!bytes) return std::nullopt;
    const auto text = box.open(*bytes, kContext);
    if (!text) return std::nullopt;
    const auto document = json::parse(text->reveal());
    if (!document) return std::nullopt;
    Ticket ticket{Secret(document->at("secret").get<std::string>()), document->at("return_to").get<std::string>(), from_unix_ms(document->at("expires_at").get<std::int64_t>())};
    if (ticket.expires_at <= now) return std::nullopt;
    return ticket;
}

bool is_path_of_ours(std::string_view text) {
    // Browsers take a backslash for a slash, and pass over control characters.
    return text.size() <= kMaxReturnTo && text.starts_with('/') && !text.starts_with("//") &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
}

}  // namespace sonde::oidc
