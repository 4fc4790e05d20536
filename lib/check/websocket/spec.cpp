#include "lib/check/websocket/spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/pattern_field.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMostSent = 16 * 1024;
constexpr std::size_t kMostExpected = 4096;
constexpr std::size_t kMaxSubprotocols = 10;
constexpr std::size_t kMaxMatched = 16 * 1024;  // on the loop

HeaderRule header_rule() {
    return {.refused = {"connection", "upgrade", "sec-websocket-*", "origin", "host", "content-length", "transfer-encoding", "te", "trailer", "expect",
                        "keep-alive", "proxy-authorization", "proxy-connection"}};
}

void read_url(json::Reader& in, WebSocketSpec& spec) {
    std::string text;
    if (!in.text("url", text, {.min = 1, .max = kMaxUrl})) return;
    const auto url = parse_websocket_url(text);
    if (!url) return in.refuse("url", url.error().message);
    spec.url = std::move(text);
    if (url->scheme == "https" && !spec.tls) spec.tls.emplace();
}

// An origin as browsers send it (RFC 6454, section 6.2): nothing behind host and port.
void read_origin(json::Reader& in, WebSocketSpec& spec) {
    std::string text;
    if (!in.text("origin", text, {.max = kMaxUrl}) || text.empty()) return;
    const auto url = net::parse_url(text);
    if (text != "null" && (!url || url->has_userinfo || url->origin() != text)) {
        return in.refuse("origin", "must be an origin as https://example.com, without a path, or null");
    }
    spec.origin = std::move(text);
}

void read_subprotocols(json::Reader& in, WebSocketSpec& spec) {
    std::vector<std::string> list;
    if (!in.texts("subprotocols", list, kMaxSubprotocols, {.min = 1, .max = 100})) return;
    if (!std::all_of(list.begin(), list.end(), is_token)) return in.refuse("subprotocols", "must be names of letters, digits and some marks");
    auto sorted = list;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return in.refuse("subprotocols", "must not name one twice");
    spec.subprotocols = std::move(list);
}

void read_tls_of_url(json::Reader& in, WebSocketSpec& spec, json::Problems& problems) {
    if (!in.has("tls")) return;
    const bool is_secure = spec.tls.has_value();
    std::optional<TlsWanted> wanted;
    read_tls(in, "tls", wanted, problems);
    if (spec.url.empty()) return;
    if (wanted && !is_secure) return in.refuse("tls", "is for wss:// alone");
    if (!wanted && is_secure) return in.refuse("tls", "cannot be off with wss://");
    spec.tls = std::move(wanted);
}

}  // namespace

bool WebSocketSpec::is_met_by(std::string_view message) const {
    if (!expect.empty() && message.find(expect) == std::string_view::npos) return false;
    return !pattern || pattern->contains(message.substr(0, kMaxMatched));
}

Result<net::Url> parse_websocket_url(std::string_view text) {
    const auto scheme = lower_case(text.substr(0, 6));
    const bool is_secure = scheme.starts_with("wss://");
    if (!is_secure && !scheme.starts_with("ws://")) return Error{"must begin with ws:// or wss://"};
    auto url = net::parse_url(fmt::format("{}{}", is_secure ? "https" : "http", text.substr(is_secure ? 3 : 2)));
    if (!url) return url.error();
    if (url->has_userinfo) return Error{"must not contain a user name or password: use an Authorization header"};
    if (url->has_fragment) return Error{"must not contain a fragment: it is never sent"};
    return url;
}

void read(WebSocketSpec& spec, json::Reader& in, json::Problems& problems) {
    in.require({"url"});
    read_url(in, spec);
    read_origin(in, spec);
    read_subprotocols(in, spec);
    read_header_fields(in, "headers", spec.headers, header_rule(), problems);
    read_tls_of_url(in, spec, problems);
    in.text("send", spec.send, {.max = kMostSent, .multi_line = true});
    in.text("expect", spec.expect, {.max = kMostExpected, .multi_line = true});
    read_pattern(in, "expect_matches", spec.expect_matches, spec.pattern);
}

Json write(const WebSocketSpec& spec) {
    return {{"url", spec.url},
            {"origin", spec.origin},
            {"subprotocols", spec.subprotocols},
            {"headers", write_header_fields(spec.headers)},
            {"tls", write_tls(spec.tls)},
            {"send", spec.send},
            {"expect", spec.expect},
            {"expect_matches", spec.expect_matches}};
}

Endpoint endpoint(const WebSocketSpec& spec) {
    const auto url = parse_websocket_url(spec.url);
    return url ? Endpoint{url->host, url->port} : Endpoint{};
}

}  // namespace sonde::check
