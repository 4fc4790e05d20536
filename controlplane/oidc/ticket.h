// A login under way at the provider: what a browser keeps of it, and what follows from that. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/base/secret.h"
#include "lib/crypto/crypto.h"

namespace sonde::oidc {

inline constexpr milliseconds kTicketLifetime{10 * 60'000};
inline constexpr std::size_t kMaxReturnTo = 1024;

// All that goes to the provider follows from the secret, each by a way of its own that does not lead back: so nothing is to be kept but this, and what comes back with
// the state belongs to the browser that has the secret.
struct Ticket {
    Secret secret;
    std::string return_to;  // a path of ours
    TimePoint expires_at;

    static Ticket begin(std::string return_to, TimePoint now);

    [[nodiscard]] std::string state() const;
    [[nodiscard]] std::string nonce() const;
    [[nodiscard]] Secret verifier() const;        // RFC 7636, section 4.1
    [[nodiscard]] std::string challenge() const;  // S256 of it
    [[nodiscard]] std::string hash() const;       // what is written of one that was used

    // For a cookie.
    [[nodiscard]] std::string seal(const crypto::SecretBox& box) const;
    // Nothing if it is none of ours, or over.
    static std::optional<Ticket> open(const crypto::SecretBox& box, std::string_view sealed, TimePoint now);
};

// A path on the host that was asked, which no browser takes for anything else: `/monitors?state=down`.
bool is_path_of_ours(std::string_view text);

}  // namespace sonde::oidc
