#include "lib/check/http/connection.h"

#include <charconv>

#include "lib/crypto/pem.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxPem = 32 * 1024;  // of each, so that a batch of jobs stays below the bus's limit

bool is_of(const net::Address& address, IpFamily family) {
    return family == IpFamily::any || (address.family == AF_INET) == (family == IpFamily::ipv4);
}

void read_proxy(json::Reader& in, HttpConnection& connection) {
    if (in.text("proxy", connection.proxy, {.max = 2048}) && !connection.proxy.empty()) {
        const auto url = net::parse_url(connection.proxy);
        if (!url) {
            in.refuse("proxy", url.error().message);
        } else if (url->scheme != "http") {
            in.refuse("proxy", "must begin with http://: proxies are spoken to in the clear");
        } else if (url->has_userinfo) {
            in.refuse("proxy", "must not contain a user name or password: there are proxy_username and proxy_password");
        } else if (url->path != "/" || !url->query.empty() || url->has_fragment) {
            in.refuse("proxy", "must be a scheme, a host and a port only");
        }
    }
    in.text("proxy_username", connection.proxy_username, {.max = 1024});
    in.text("proxy_password", connection.proxy_password, {.max = 8 * 1024});
    if (connection.proxy_username.find(':') != std::string::npos) in.refuse("proxy_username", "must not contain a colon");
    if (connection.proxy.empty() && !connection.proxy_username.empty()) in.refuse("proxy_username", "is of no use without a proxy");
    if (connection.proxy_username.empty() && !connection.proxy_password.empty())
        in.refuse("proxy_password", "is of no use without a proxy_username");
}

void read_address(json::Reader& in, const char* field, std::string& target) {
    if (in.text(field, target, {.max = 64}) && !target.empty() && !parse_address_and_port(target))
        in.refuse(field, "must be an address, and may have a port: 192.0.2.1, 192.0.2.1:8080, [2001:db8::1]:8080");
}

void read_route(json::Reader& in, const std::optional<net::Url>& url, HttpConnection& connection) {
    in.name("ip_family", connection.family);
    read_proxy(in, connection);
    read_address(in, "connect_to", connection.connect_to);
    read_address(in, "resolver", connection.resolver);
    if (!connection.connect_to.empty() && !connection.proxy.empty())
        in.refuse("connect_to", "cannot go with a proxy, which finds the server itself");
    std::optional<net::Address> fixed;
    if (const auto pinned = parse_address_and_port(connection.connect_to)) fixed = pinned->address;
    if (!fixed && url && connection.proxy.empty()) fixed = net::Address::parse(url->host);
    if (fixed && !is_of(*fixed, connection.family)) in.refuse("ip_family", "does not fit the address that is to be connected to");
}

void read_client_certificate(json::Reader& in, HttpConnection& connection) {
    const bool has_certificate = in.text("tls_certificate", connection.tls_certificate, {.max = kMaxPem, .multi_line = true});
    const bool has_key = in.text("tls_key", connection.tls_key, {.max = kMaxPem, .multi_line = true});
    if (connection.tls_certificate.empty() && connection.tls_key.empty()) return;
    if (connection.tls_key.empty()) return in.refuse("tls_certificate", "is of no use without tls_key");
    if (connection.tls_certificate.empty()) return in.refuse("tls_key", "is of no use without tls_certificate");
    if (!has_certificate || !has_key) return;
    if (const auto whole = crypto::check_certificates(connection.tls_certificate); !whole)
        return in.refuse("tls_certificate", whole.error().message);
    if (const auto pair = crypto::check_key_pair(connection.tls_certificate, connection.tls_key); !pair)
        in.refuse("tls_key", pair.error().message);
}

void read_tls(json::Reader& in, const std::optional<net::Url>& url, HttpConnection& connection) {
    in.boolean("tls_verify_host", connection.tls_verify_host);
    in.name("tls_min_version", connection.tls_min_version);
    if (in.text("tls_server_name", connection.tls_server_name, {.max = 253}) && !connection.tls_server_name.empty()) {
        const auto as_url = net::parse_url("https://" + connection.tls_server_name + "/");
        if (!as_url || as_url->host != connection.tls_server_name || as_url->host_is_address)
            in.refuse("tls_server_name", "must be a host name in lower case");
        if (!connection.proxy.empty()) in.refuse("tls_server_name", "cannot go with a proxy");
    }
    if (in.text("tls_ca", connection.tls_ca, {.max = kMaxPem, .multi_line = true}) && !connection.tls_ca.empty()) {
        if (const auto whole = crypto::check_certificates(connection.tls_ca); !whole) in.refuse("tls_ca", whole.error().message);
    }
    read_client_certificate(in, connection);
    if (!url || url->scheme == "https") return;
    for (const auto& [field, value] : {std::pair{"tls_server_name", &connection.tls_server_name},
                                       std::pair{"tls_certificate", &connection.tls_certificate}}) {
        if (!value->empty()) in.refuse(field, "is of no use with an http:// URL");
    }
    if (connection.version == HttpVersion::http_2) in.refuse("http_version", "2 is spoken over TLS only: the URL must begin with https://");
}

}  // namespace

std::optional<AddressAndPort> parse_address_and_port(std::string_view text) {
    if (const auto address = net::Address::parse(text)) return AddressAndPort{*address, 0};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = net::Address::parse(host);
    if (!address || (address->family == AF_INET6) != bracketed) return std::nullopt;
    int port = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error != std::errc{} || stop != end || port < 1 || port > 65535) return std::nullopt;
    return AddressAndPort{*address, port};
}

void read_connection(json::Reader& in, const std::string& url_text, HttpConnection& connection) {
    std::optional<net::Url> url;
    if (auto parsed = net::parse_url(url_text)) url = std::move(*parsed);
    in.name("http_version", connection.version);
    in.boolean("compression", connection.compression);
    read_route(in, url, connection);
    read_tls(in, url, connection);
}

void write_connection(const HttpConnection& connection, Json& document) {
    document["http_version"] = name_of(connection.version);
    document["compression"] = connection.compression;
    document["ip_family"] = name_of(connection.family);
    document["proxy"] = connection.proxy;
    document["proxy_username"] = connection.proxy_username;
    document["proxy_password"] = connection.proxy_password;
    document["connect_to"] = connection.connect_to;
    document["resolver"] = connection.resolver;
    document["tls_verify_host"] = connection.tls_verify_host;
    document["tls_min_version"] = name_of(connection.tls_min_version);
    document["tls_server_name"] = connection.tls_server_name;
    document["tls_ca"] = connection.tls_ca;
    document["tls_certificate"] = connection.tls_certificate;
    document["tls_key"] = connection.tls_key;
}

}  // namespace sonde::check
