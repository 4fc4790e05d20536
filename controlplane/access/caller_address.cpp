#include "controlplane/access/caller_address.h"

#include <algorithm>
#include <optional>

#include "lib/net/client_key.h"

namespace sonde::controlplane {
namespace {

using net::Address;

// Beyond, nobody looks: no request passes so many proxies.
constexpr std::size_t kMostHops = 64;

// With or without a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`, `2001:db8::1`.
std::optional<Address> read_address(std::string_view text) {
    text = http::trimmed(text);
    if (text.starts_with('[')) {
        text.remove_prefix(1);
        text = text.substr(0, text.find(']'));
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    const auto address = Address::parse(text);
    if (!address) return std::nullopt;
    return net::unmapped(*address);
}

// The value of `for` in one element of Forwarded; empty if there is none.
std::string_view for_of(std::string_view element) {
    while (!element.empty()) {
        const auto end = std::min(element.find(';'), element.size());
        const auto pair = http::trimmed(element.substr(0, end));
        element.remove_prefix(std::min(end + 1, element.size()));
        const bool is_for = pair.size() > 4 && (pair[0] | 0x20) == 'f' && (pair[1] | 0x20) == 'o' && (pair[2] | 0x20) == 'r' && pair[3] == '=';
        if (!is_for) continue;
        auto value = pair.substr(4);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

// Several headers of the name are one list (RFC 9110, section 5.3).
std::vector<std::string_view> elements_of(const http::Request& request, std::string_view header) {
    std::vector<std::string_view> all;
    for (const auto& [name, value] : request.headers) {
        if (name != header) continue;
        std::string_view rest = value;
        for (;;) {
            const auto comma = std::min(rest.find(','), rest.size());
            all.push_back(rest.substr(0, comma));
            if (comma == rest.size()) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return all;
}

}  // namespace

std::string caller_address(const http::Request& request, const Proxies& proxies) {
    const auto is_trusted = [&proxies](const Address& address) {
        return std::any_of(proxies.trusted.begin(), proxies.trusted.end(), [&](const auto& cidr) { return cidr.contains(address); });
    };
    const auto peer = read_address(request.peer);
    if (!peer) return request.peer;
    auto caller = *peer;
    if (!is_trusted(caller)) return caller.text();
    const auto elements = elements_of(request, name_of(proxies.header));
    std::size_t hops = 0;
    for (auto element = elements.rbegin(); element != elements.rend() && hops < kMostHops; ++element, ++hops) {
        const auto said = read_address(proxies.header == ProxyHeader::forwarded ? for_of(*element) : *element);
        if (!said) break;
        caller = *said;
        if (!is_trusted(caller)) break;
    }
    return caller.text();
}

}  // namespace sonde::controlplane
