// Who may see a protected page: whoever has its token, or a cookie of before. Knows passwords only as something that was found to be right elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/status_page/pages.h"
#include "lib/crypto/crypto.h"
#include "lib/http/message.h"

namespace sonde::status_page::serve {

// How a request stands before a page.
enum class Standing : unsigned char {
    open,       // to everybody, or by a cookie or a header
    by_query,   // by the token in its address: a browser is to be given a cookie instead, so that the address does not go on
    shut,
};

// Thread-safe. What it seals opens at every control plane that has the same secrets.
class Gate {
public:
    static constexpr std::chrono::hours kOpenFor{24 * 7};

    explicit Gate(crypto::SecretBox secrets) : secrets_(std::move(secrets)) {}

    [[nodiscard]] Standing standing(const http::Request& request, const Page& page, TimePoint now) const;

    // `Set-Cookie` for whoever may see the page, for as long as its guard stays as it is and at most kOpenFor. It opens this page alone.
    [[nodiscard]] std::string cookie(const http::Request& request, const Page& page, TimePoint now) const;

private:
    [[nodiscard]] bool has_cookie(const http::Request& request, const Page& page, TimePoint now) const;

    const crypto::SecretBox secrets_;
};

// The one field `password` of a posted form (application/x-www-form-urlencoded); nothing if it is none, or longer than passwords are.
std::optional<Secret> password_in(const http::Request& request);

}  // namespace sonde::status_page::serve
