#include "probe-agent/blackbox/errand.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sonde::agent::blackbox {
namespace {

constexpr std::size_t kLongestTarget = 2048;
constexpr int kDnsPort = 53;
constexpr milliseconds kLongestProbe{120'000};
constexpr milliseconds kShortestWait{50};
constexpr milliseconds kLongestWait{10'000};

struct HostAndPort {
    std::string host;
    int port = 0;  // 0 if there was none
};

// `name:port`, `192.0.2.1:53`, `[2001:db8::1]:53`, and each without a port, then IPv6 without brackets, too.
std::optional<HostAndPort> split(std::string_view text) {
    if (net::Address::parse(text)) return HostAndPort{std::string(text), 0};
    const auto colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && !text.ends_with(']');
    auto host = text.substr(0, has_port ? colon : text.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty() || (host.find(':') != std::string_view::npos && !net::Address::parse(host))) return std::nullopt;
    HostAndPort result{std::string(host), 0};
    if (!has_port) return result;
    const auto digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
    if (error != std::errc{} || end != digits.data() + digits.size() || result.port < 1 || result.port > 65535) return std::nullopt;
    return result;
}

// As a URL would have it, so that names in capitals or of other scripts are those that specs take.
Result<std::string> usual_host(const std::string& host) {
    if (const auto address = net::Address::parse(host)) return address->text();
    const bool is_plain = host.find_first_of("/?#@[]%\\: ") == std::string::npos;
    const auto url = net::parse_url(fmt::format("http://{}/", host));
    if (!is_plain || !url) return Error{fmt::format("\"{}\" is neither a host name nor an address", host)};
    return url->host;
}

Json* find_header(Json& spec, const char* wanted) {
    for (auto& [name, value] : spec["headers"].items()) {
        if (strcasecmp(name.c_str(), wanted) == 0) return &value;
    }
    return nullptr;
}

Result<Done> rename(Errand& errand, const std::string& hostname, bool is_https) {
    if (const auto* host = find_header(errand.spec, "host"); host != nullptr && *host != hostname)
        return Error{fmt::format("hostname is {}, and the module has another Host: {}", hostname, host->get<std::string>())};
    if (find_header(errand.spec, "host") == nullptr) errand.spec["headers"]["Host"] = hostname;
    if (is_https && !errand.spec.contains("tls_server_name")) errand.spec["tls_server_name"] = hostname;
    return Done{};
}

Result<Done> go_http(Errand& errand, const std::string& hostname) {
    const auto mark = errand.target.find("://");
    const bool has_scheme = mark != std::string::npos && errand.target.find_first_of("/?#") == mark + 1;
    const auto url = net::parse_url(has_scheme ? errand.target : "http://" + errand.target);
    if (!url) return Error{fmt::format("target {}", url.error().message)};
    if (url->has_userinfo) return Error{"target must not contain a user name or password: use basic_auth of the module"};
    const bool is_https = url->scheme == "https";
    errand.spec["url"] = url->text();
    if (!errand.spec.contains("proxy")) {
        errand.host = url->host;
        errand.port = url->port;
    }
    // They say nothing about what is spoken in clear; the module is for both.
    if (!is_https) {
        for (const auto* field : {"tls_server_name", "tls_certificate", "tls_key"}) errand.spec.erase(field);
    }
    return hostname.empty() ? Result<Done>(Done{}) : rename(errand, hostname, is_https);
}

Result<Done> go_to_port(Errand& errand, std::string_view target) {
    const auto parts = split(target);
    if (!parts || parts->port == 0) return Error{"target must be host:port"};
    auto host = usual_host(parts->host);
    if (!host) return Error{"target: " + host.error().message};
    errand.host = std::move(*host);
    errand.port = parts->port;
    errand.spec["port"] = errand.port;
    return Done{};
}

// By address, the certificate must be for that.
void expect_name(Errand& errand, const std::string& hostname) {
    auto& tls = errand.spec["tls"];
    const auto name = !hostname.empty() ? hostname : net::Address::parse(errand.host) ? std::string() : errand.host;
    if (!tls.contains("server_name") && !name.empty()) tls["server_name"] = name;
}

Result<Done> go_tcp(Errand& errand, const std::string& hostname) {
    if (const auto gone = go_to_port(errand, errand.target); !gone) return gone.error();
    if (errand.spec.contains("tls")) {
        expect_name(errand, hostname);
    } else if (!hostname.empty()) {
        return Error{"hostname is of no use to a module without TLS"};
    }
    return Done{};
}

// Theirs takes a URL, too, and looks at its host and port alone.
Result<Done> go_grpc(Errand& errand) {
    std::string_view target = errand.target;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.starts_with(scheme)) target.remove_prefix(scheme.size());
    }
    if (const auto gone = go_to_port(errand, target.substr(0, target.find('/'))); !gone) return gone.error();
    const bool is_v6 = errand.host.find(':') != std::string::npos;
    errand.spec["authority"] = is_v6 ? fmt::format("[{}]:{}", errand.host, errand.port) : fmt::format("{}:{}", errand.host, errand.port);
    if (errand.spec.contains("tls")) expect_name(errand, "");
    return Done{};
}

Result<Done> go_to_host(Errand& errand, bool with_port) {
    const auto parts = split(errand.target);
    if (!parts || (!with_port && parts->port != 0)) return Error{with_port ? "target must be a name server, as host or host:port" : "target must be a host"};
    auto host = usual_host(parts->host);
    if (!host) return Error{"target: " + host.error().message};
    errand.host = std::move(*host);
    if (with_port) errand.port = parts->port == 0 ? kDnsPort : parts->port;
    return Done{};
}

Result<Done> go(Errand& errand, const std::string& hostname) {
    const auto prober = errand.module->prober;
    if (!hostname.empty() && prober != Prober::http && prober != Prober::tcp)
        return Error{fmt::format("hostname is of no use to the prober {}", name_of(prober))};
    switch (prober) {
        case Prober::http: return go_http(errand, hostname);
        case Prober::tcp: return go_tcp(errand, hostname);
        case Prober::dns: return go_to_host(errand, true);
        case Prober::icmp: return go_to_host(errand, false);
        case Prober::grpc: return go_grpc(errand);
    }
    return Done{};
}

void set_address(Json& spec, const Errand& errand, const std::optional<net::Address>& address, milliseconds timeout) {
    if (!address || errand.host.empty()) return;
    switch (errand.module->prober) {
        case Prober::http: spec["connect_to"] = net::with_port(*address, errand.port); break;
        case Prober::tcp:
        case Prober::grpc: spec["host"] = address->text(); break;
        case Prober::dns: spec["server"] = net::with_port(*address, errand.port); break;
        case Prober::icmp:
            spec["host"] = address->text();
            spec["wait_ms"] = std::clamp(timeout, kShortestWait, kLongestWait).count();
            break;
    }
}

Result<check::Spec, json::Problems> spec_of(const Errand& errand, const std::optional<net::Address>& address, milliseconds timeout) {
    auto document = errand.spec;
    set_address(document, errand, address, timeout);
    return check::read_spec(kind_of(errand.module->prober), document, "");
}

std::string sample_target(Prober prober) {
    if (prober == Prober::http) return "https://target.invalid/";
    return prober == Prober::tcp || prober == Prober::grpc ? "target.invalid:1" : "target.invalid";
}

const net::Address& sample_address() {
    static const auto address = *net::Address::parse("192.0.2.1");
    return address;
}

}  // namespace

Result<Errand> make_errand(std::shared_ptr<const Module> module, const std::string& target, const std::string& hostname) {
    if (target.size() > kLongestTarget) return Error{fmt::format("target is longer than {} bytes", kLongestTarget)};
    Errand errand;
    errand.spec = module->spec;
    errand.module = std::move(module);
    errand.target = target;
    if (const auto gone = go(errand, hostname); !gone) return gone.error();
    const auto spec = spec_of(errand, sample_address(), kLongestWait);
    if (!spec) return Error{fmt::format("target and module do not fit: {} {}", spec.error().front().pointer, spec.error().front().detail)};
    return errand;
}

Result<std::shared_ptr<const Target>> aim(const Errand& errand, const std::optional<net::Address>& address, milliseconds timeout) {
    auto spec = spec_of(errand, address, timeout);
    if (!spec) return Error{fmt::format("{} {}", spec.error().front().pointer, spec.error().front().detail)};
    check::Redactor redact;
    for (const auto& secret : errand.module->secrets) redact.add(secret.reveal());
    return make_target(std::move(*spec), std::move(redact));
}

Result<milliseconds> time_for(const std::string* header, milliseconds offset, milliseconds of_module) {
    auto most = kLongestProbe;
    if (header != nullptr) {
        double wanted = 0;
        const auto* const end = header->data() + header->size();
        const auto [stop, error] = std::from_chars(header->data(), end, wanted);
        if (error != std::errc{} || stop != end || !std::isfinite(wanted) || wanted <= 0)
            return Error{"X-Prometheus-Scrape-Timeout-Seconds must be a number of seconds above 0"};
        const auto scrape = milliseconds{static_cast<std::int64_t>(std::min(wanted, 1e6) * 1000)};
        most = std::min(most, scrape > offset ? scrape - offset : std::max(scrape, milliseconds{1}));
    }
    return of_module > milliseconds{0} ? std::min(most, of_module) : most;
}

Result<check::Spec, json::Problems> sample_spec(const Module& module) {
    Errand errand;
    errand.spec = module.spec;
    errand.module = std::shared_ptr<const Module>(std::shared_ptr<const Module>(), &module);
    errand.target = sample_target(module.prober);
    static_cast<void>(go(errand, ""));
    return spec_of(errand, sample_address(), kLongestWait);
}

}  // namespace sonde::agent::blackbox
