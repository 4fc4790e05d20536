#include "lib/net/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "lib/net/guard.h"

namespace sonde::net {
namespace {

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, FreeUrl>;

// libidn2, under libcurl, reads names in the encoding of the thread's locale; ours are UTF-8 wherever we run.
class Utf8Locale {
public:
    Utf8Locale() : before_(uselocale(utf8())) {}
    ~Utf8Locale() { uselocale(before_); }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    static locale_t utf8() {
        static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return locale;
    }
    locale_t before_;
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_scheme(std::string_view text, std::string_view scheme) {
    return text.size() >= scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

// What libcurl has of a part; empty if nothing.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// An international host name in its ASCII form; empty if it has none. Asked for as a part of the whole URL, since libcurl 7.88
// leaks memory if it is asked for by itself and there is none.
std::string ascii_host(CURLU* url) {
    const Utf8Locale utf8;
    const auto whole = part(url, CURLUPART_URL, CURLU_PUNYCODE);
    const CurlUrl again(curl_url());
    if (whole.empty() || again == nullptr || curl_url_set(again.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK) return {};
    return part(again.get(), CURLUPART_HOST);
}

std::string describe(CURLUcode code) {
    switch (code) {
        case CURLUE_BAD_PORT_NUMBER:
            return "must have a port from 1 to 65535, or none";
        case CURLUE_BAD_IPV6:
            return "has an IPv6 address in it that is not one";
        case CURLUE_NO_HOST:
        case CURLUE_BAD_HOSTNAME:
            return "has no valid host name";
        default:
            return fmt::format("is not a valid URL: {}", curl_url_strerror(code));
    }
}

// Whether the last label is a number, decimal or hexadecimal: no top-level domain is, so only an address can be meant.
bool ends_in_number(std::string_view host) {
    const auto last = host.substr(host.rfind('.') + 1);
    if (last.empty()) return false;
    if (std::all_of(last.begin(), last.end(), is_digit)) return true;
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    return last.size() >= 2 && last[0] == '0' && last[1] == 'x' && std::all_of(last.begin() + 2, last.end(), is_hex);
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    while (true) {
        const auto label = host.substr(0, host.find('.'));
        const auto is_fine = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; };
        if (label.empty() || label.size() > 63 || !std::all_of(label.begin(), label.end(), is_fine)) return false;
        if (label.size() == host.size()) return true;
        host.remove_prefix(label.size() + 1);
    }
}

// Fills in `host` and `host_is_address`; returns what is wrong, or nothing.
std::optional<std::string> read_host(std::string host, Url& url) {
    std::transform(host.begin(), host.end(), host.begin(), lower);
    if (host.starts_with('[')) {
        const auto address = Address::parse(std::string_view(host).substr(1, host.size() - 2));
        if (!address || address->family != AF_INET6) return "has an IPv6 address in it that is not one";
        url.host = address->text();
        url.host_is_address = true;
        return std::nullopt;
    }
    std::string_view bare = host;
    if (bare.ends_with('.')) bare.remove_suffix(1);
    if (!is_host_name(bare)) return "has no valid host name";
    if (ends_in_number(bare)) {
        in_addr in{};
        if (inet_aton(std::string(bare).c_str(), &in) != 1) return "has a host that ends in a number and is not an IPv4 address";
        char text[INET_ADDRSTRLEN];
        url.host = inet_ntop(AF_INET, &in, text, sizeof text);
        url.host_is_address = true;
        return std::nullopt;
    }
    url.host = std::move(host);
    return std::nullopt;
}

std::string encode_non_ascii(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        } else {
            encoded += c;
        }
    }
    return encoded;
}

std::string encode_spaces(std::string_view text) {
    std::string encoded;
    for (const char c : text) encoded += c == ' ' ? std::string_view("%20") : std::string_view(&c, 1);
    return encoded;
}

// A scheme and a colon at the front (RFC 3986, section 3.1).
bool is_absolute(std::string_view reference) {
    const auto colon = reference.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_letter(reference.front())) return false;
    return std::all_of(reference.begin(), reference.begin() + static_cast<std::ptrdiff_t>(colon),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

std::string Url::origin() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    std::string text = scheme + (is_v6 ? "://[" : "://") + host + (is_v6 ? "]" : "");
    if (port != (scheme == "https" ? 443 : 80)) text += ':' + std::to_string(port);
    return text;
}

std::string Url::text() const {
    auto text = origin() + path;
    if (!query.empty()) text += '?' + query;
    return text;
}

Result<Url> parse_url(std::string_view text) {
    if (text.size() > kMaxUrlBytes) return Error{fmt::format("must not be longer than {} bytes", kMaxUrlBytes)};
    if (std::any_of(text.begin(), text.end(), is_control)) return Error{"must not contain control characters"};
    if (text.find(' ') != std::string_view::npos) return Error{"must not contain spaces"};
    if (text.find('\\') != std::string_view::npos) return Error{"must not contain backslashes"};
    const std::string_view scheme = starts_with_scheme(text, "https://")  ? "https"
                                    : starts_with_scheme(text, "http://") ? "http"
                                                                          : "";
    if (scheme.empty()) return Error{"must begin with http:// or https://"};
    const auto authority = text.substr(scheme.size() + 3, text.find_first_of("/?#", scheme.size() + 3) - scheme.size() - 3);
    if (authority.empty()) return Error{"has no host"};

    const CurlUrl parsed(curl_url());
    if (parsed == nullptr) throw std::bad_alloc();
    if (const auto code = curl_url_set(parsed.get(), CURLUPART_URL, std::string(text).c_str(), 0); code != CURLUE_OK) {
        return Error{describe(code)};
    }
    if (!part(parsed.get(), CURLUPART_ZONEID).empty()) return Error{"must not name an IPv6 zone"};

    Url url;
    url.scheme = scheme;
    url.has_userinfo = authority.find('@') != std::string_view::npos;
    url.has_fragment = text.find('#') != std::string_view::npos;
    auto host = part(parsed.get(), CURLUPART_HOST);
    if (!std::all_of(host.begin(), host.end(), is_ascii)) host = ascii_host(parsed.get());
    if (auto wrong = read_host(std::move(host), url)) return Error{std::move(*wrong)};
    url.port = std::atoi(part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
    if (url.port < 1 || url.port > 65535) return Error{"must have a port from 1 to 65535, or none"};
    url.path = encode_non_ascii(part(parsed.get(), CURLUPART_PATH));
    url.query = encode_non_ascii(part(parsed.get(), CURLUPART_QUERY));
    return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
    constexpr std::string_view blank = " \t";
    reference.remove_prefix(std::min(reference.find_first_not_of(blank), reference.size()));
    reference = reference.substr(0, reference.find_last_not_of(blank) + 1);
    const auto fragment = std::min(reference.find('#'), reference.size());
    const auto target = encode_spaces(reference.substr(0, fragment));
    const auto rest = encode_spaces(reference.substr(fragment));
    if (is_absolute(target)) return parse_url(target + rest);
    if (target.starts_with("//")) return parse_url(base.scheme + ':' + target + rest);
    if (target.starts_with('/')) return parse_url(base.origin() + target + rest);
    if (target.empty()) return parse_url(base.text() + rest);
    if (target.starts_with('?')) return parse_url(base.origin() + base.path + target + rest);
    return parse_url(base.origin() + base.path.substr(0, base.path.rfind('/') + 1) + target + rest);
}

}  // namespace sonde::net
