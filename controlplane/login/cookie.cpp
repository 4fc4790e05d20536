#include "controlplane/login/cookie.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/crypto/crypto.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::login {
namespace {

constexpr std::string_view kSession = "__Host-sonde-session";
constexpr std::string_view kTicket = "__Host-sonde-oidc";
constexpr std::string_view kPage = "__Host-sonde-page-";  // and the page's slug

bool is_loopback(std::string_view address) {
    static const net::Cidr blocks[] = {*net::Cidr::parse("127.0.0.0/8"), *net::Cidr::parse("::1/128"), *net::Cidr::parse("::ffff:127.0.0.0/104")};
    const auto parsed = net::Address::parse(address);
    return parsed && std::any_of(std::begin(blocks), std::end(blocks), [&parsed](const auto& block) { return block.contains(*parsed); });
}

// Without its port, and an IPv6 address without its brackets.
std::string_view host_in(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

std::string_view name_for(const http::Request& request, std::string_view name) { return is_local(request) ? name.substr(std::string_view{"__Host-"}.size()) : name; }

std::string attributes(const http::Request& request) {
    return is_local(request) ? "; Path=/; HttpOnly; SameSite=Lax" : "; Path=/; Secure; HttpOnly; SameSite=Lax";
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return result;
}

std::optional<std::string_view> cookie(const http::Request& request, std::string_view named) {
    const auto wanted = name_for(request, named);
    std::optional<std::string_view> found;
    for (const auto& [name, value] : request.headers) {
        if (name != "cookie") continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto end = std::min(rest.find(';'), rest.size());
            auto pair = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos || pair.substr(0, equals) != wanted) continue;
            if (found) return std::nullopt;  // whoever put the other there wants it to be taken for this one
            found = pair.substr(equals + 1);
        }
    }
    return found;
}

std::string begin(const http::Request& request, std::string_view named, std::string_view value, milliseconds lifetime) {
    return fmt::format("{}={}; Max-Age={}{}", name_for(request, named), value, lifetime.count() / 1000, attributes(request));
}

std::string end(const http::Request& request, std::string_view named) { return fmt::format("{}=; Max-Age=0{}", name_for(request, named), attributes(request)); }

}  // namespace

bool is_local(const http::Request& request) {
    if (!is_loopback(request.peer)) return false;
    for (const auto* proxied : {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via", "x-real-ip"}) {
        if (request.header(proxied) != nullptr) return false;
    }
    const auto* host = request.header("host");
    return host != nullptr && (lower(host_in(*host)) == "localhost" || is_loopback(host_in(*host)));
}

std::optional<std::string_view> session_cookie(const http::Request& request) { return cookie(request, kSession); }

std::string begin_cookie(const http::Request& request, const Secret& session, milliseconds lifetime) { return begin(request, kSession, session.reveal(), lifetime); }

std::string end_cookie(const http::Request& request) { return end(request, kSession); }

std::optional<std::string_view> ticket_cookie(const http::Request& request) { return cookie(request, kTicket); }

std::string begin_ticket(const http::Request& request, std::string_view sealed, milliseconds lifetime) { return begin(request, kTicket, sealed, lifetime); }

std::string end_ticket(const http::Request& request) { return end(request, kTicket); }

std::optional<std::string_view> page_cookie(const http::Request& request, std::string_view slug) { return cookie(request, fmt::format("{}{}", kPage, slug)); }

std::string begin_page(const http::Request& request, std::string_view slug, std::string_view sealed, milliseconds lifetime) {
    return begin(request, fmt::format("{}{}", kPage, slug), sealed, lifetime);
}

std::string csrf_token(std::string_view session) { return crypto::base64url(crypto::hmac_sha256(session, "csrf")); }

bool is_foreign(const http::Request& request, std::string_view public_url) {
    const auto* origin = request.header("origin");
    if (origin == nullptr) return false;
    const auto url = net::parse_url(*origin);
    if (!url) return true;  // `null` too
    if (const auto ours = net::parse_url(public_url); ours && ours->origin() == url->origin()) return false;
    const auto* host = request.header("host");
    if (host == nullptr) return true;
    const auto asked = net::parse_url(url->scheme + "://" + *host);
    return !asked || asked->origin() != url->origin();
}

}  // namespace sonde::login
