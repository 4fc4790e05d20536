#include "controlplane/status_page/subscribe/address.h"

#include <algorithm>

#include "lib/net/url.h"

namespace sonde::status_page::subscribe {
namespace {

constexpr std::size_t kLongestName = 64;  // RFC 5321, section 4.5.3.1.1
constexpr std::size_t kLongestMail = 254;
constexpr std::size_t kLongestUrl = 2'000;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool is_word(char c) {
    constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";  // RFC 5322, section 3.2.3
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kOthers.find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_word(c); });
}

std::string small(std::string_view text) {
    std::string made(text);
    for (auto& c : made) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return made;
}

// In its ASCII form.
std::optional<std::string> read_domain(std::string_view text) {
    if (text.empty() || text.find_first_of("/?#@:[]\\") != std::string_view::npos) return std::nullopt;
    const auto url = net::parse_url("https://" + std::string(text) + "/");
    if (!url || url->host_is_address || url->host.find('.') == std::string::npos || url->host.ends_with('.')) return std::nullopt;
    const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.'; };
    if (!std::all_of(url->host.begin(), url->host.end(), plain)) return std::nullopt;
    return url->host;
}

std::optional<std::string> read_mail(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || at > kLongestName || !is_dot_atom(text.substr(0, at))) return std::nullopt;
    const auto domain = read_domain(text.substr(at + 1));
    if (!domain) return std::nullopt;
    auto address = small(text.substr(0, at)) + "@" + *domain;
    if (address.size() > kLongestMail) return std::nullopt;
    return address;
}

std::optional<std::string> read_webhook(std::string_view text) {
    if (text.size() > kLongestUrl) return std::nullopt;
    const auto url = net::parse_url(text);
    if (!url || url->scheme != "https" || url->has_userinfo || url->has_fragment || url->host_is_address) return std::nullopt;
    return url->text();
}

}  // namespace

std::optional<std::string> read_address(Kind kind, std::string_view text) { return kind == Kind::email ? read_mail(trimmed(text)) : read_webhook(trimmed(text)); }

std::string masked(Kind kind, std::string_view address) {
    if (kind == Kind::webhook) {
        constexpr std::string_view scheme = "https://";
        return std::string(address.substr(0, std::min(address.size(), scheme.size() + 1))) + "***";
    }
    const auto at = std::min(address.rfind('@'), address.size());
    return std::string(address.substr(0, std::min<std::size_t>(1, at))) + "***" + std::string(address.substr(at));
}

}  // namespace sonde::status_page::subscribe
