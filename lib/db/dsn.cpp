#include "lib/db/dsn.h"

#include <algorithm>

namespace sonde::db {
namespace {

constexpr std::size_t kLongestText = 600;

bool is_uri(std::string_view dsn) { return dsn.starts_with("postgresql://") || dsn.starts_with("postgres://"); }

// Where the parameters of a URI begin: a `?` before the `@` belongs to the password.
std::size_t query_of(std::string_view uri) {
    const auto start = uri.find("://") + 3;
    const auto credentials_end = uri.find('@', start);
    return uri.find('?', credentials_end == std::string_view::npos ? start : credentials_end);
}

void erase_all(std::string& text, std::string_view secret) {
    if (secret.empty()) return;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) text.replace(at, secret.size(), "***");
}

// Every piece of `dsn` that may be, or contain, a password, also where the string is malformed.
std::vector<std::string_view> secret_pieces(std::string_view dsn) {
    std::vector<std::string_view> pieces{dsn};
    if (is_uri(dsn)) {
        const auto start = dsn.find("://") + 3;
        const auto end = dsn.find('@', start);
        const auto colon = dsn.find(':', start);
        if (end != std::string_view::npos && colon < end) pieces.push_back(dsn.substr(colon + 1, end - colon - 1));
    }
    for (auto at = dsn.find("password"); at != std::string_view::npos; at = dsn.find("password", at + 1)) {
        const auto begin = dsn.find_first_not_of(" =", at + std::string_view("password").size());
        if (begin == std::string_view::npos) break;
        const bool quoted = dsn[begin] == '\'';
        const auto end = quoted ? dsn.find('\'', begin + 1) : dsn.find_first_of(" &", begin);
        const auto piece = dsn.substr(begin + (quoted ? 1 : 0));
        pieces.push_back(end == std::string_view::npos ? piece : dsn.substr(begin + (quoted ? 1 : 0), end - begin - (quoted ? 1 : 0)));
        // An unquoted password with a space in it is malformed, and libpq then quotes its second half.
        if (!quoted && !is_uri(dsn)) pieces.push_back(piece);
    }
    // The longest first, so that no piece is left of a longer one.
    std::sort(pieces.begin(), pieces.end(), [](auto a, auto b) { return a.size() > b.size(); });
    return pieces;
}

}  // namespace

Secret with_defaults(const Secret& dsn, const DsnDefaults& defaults) {
    const auto& text = dsn.reveal();
    const bool uri = is_uri(text);
    std::string settings;
    for (const auto& [key, value] : defaults) {
        if (!settings.empty()) settings += uri ? '&' : ' ';
        settings.append(key).append("=").append(value);
    }
    if (!uri) return Secret{settings + " " + text};
    const auto query = query_of(text);
    if (query == std::string::npos) return Secret{text + "?" + settings};
    return Secret{text.substr(0, query + 1) + settings + "&" + text.substr(query + 1)};
}

std::string scrub(std::string_view text, const Secret& dsn) {
    // Not worth telling which half of a malformed string was the secret one.
    for (const auto* hint : {"connection info string", "invalid URI", "invalid connection option", "percent-encoded", "unterminated quoted"}) {
        if (text.find(hint) != std::string_view::npos) return "the connection string is malformed";
    }
    std::string clean(text.substr(0, kLongestText));
    for (const auto piece : secret_pieces(dsn.reveal())) erase_all(clean, piece);
    while (!clean.empty() && (clean.back() == '\n' || clean.back() == ' ')) clean.pop_back();
    std::replace_if(clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return clean;
}

}  // namespace sonde::db
