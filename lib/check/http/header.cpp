#include "lib/check/http/header.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace sonde::check {
namespace {

// Words that tell by themselves, wherever they stand between the hyphens of a name.
constexpr std::array<std::string_view, 20> kTelling{
    "cookie",     "cookie2", "authorization", "token", "secret", "password", "passwd", "credential", "credentials", "session",
    "sessionid", "sid",     "jwt",           "bearer", "apikey", "accesskey", "authtoken", "accesstoken", "csrf", "xsrf"};
// What a `key` is for, if knowing it lets one in; those of caches and handshakes are for nothing of the kind.
constexpr std::array<std::string_view, 12> kKeys{"api",       "access", "auth",    "authentication", "subscription", "function",
                                                 "functions", "secret", "private", "account",        "service",      "master"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool is_secret_header(std::string_view name) {
    std::string lower(name);
    for (auto& c : lower) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    // RFC 7615: what proves the server knew the password, or gives the nonce that is next.
    if (lower == "authentication-info" || lower == "proxy-authentication-info" || lower == "x-auth") return true;
    if (lower.starts_with("access-control-")) return false;  // CORS speaks of credentials and has none
    std::string_view before;
    for (std::string_view rest = lower; !rest.empty();) {
        const auto word = rest.substr(0, rest.find('-'));
        if (is_one_of(kTelling, word) || (word == "key" && is_one_of(kKeys, before))) return true;
        before = word;
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return false;
}

}  // namespace sonde::check
