#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/service/service.h"

namespace sonde::service {
namespace {

std::string check_address(const std::string& address) {
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1)
        return {};
    return "must be a literal IPv4 or IPv6 address";
}

std::string check_urls(const std::vector<std::string>& urls) {
    const bool good = std::all_of(urls.begin(), urls.end(),
                                  [](const std::string& url) { return url.starts_with("nats://") || url.starts_with("tls://"); });
    if (urls.empty()) return "must name at least one server";
    return good ? "" : "must be URLs that begin with nats:// or tls://";
}

std::string check_dsn(const std::string& dsn) {
    const bool uri = dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
    return uri || dsn.find('=') != std::string::npos ? "" : "must be a PostgreSQL URI or connection string";
}

}  // namespace

void add_common_keys(config::Keys& keys, CommonConfig& config) {
    using config::checked;
    using config::key;
    keys.push_back(config::one_of("log.level", config.log_level, {"debug", "info", "warning", "error"},
                                  "The least important events that are logged.", {.reloadable = true}));
    keys.push_back(checked(key("listen.address", config.listen_address, "Address on which HTTP is served."),
                           [&config] { return check_address(config.listen_address); }));
    keys.push_back(key("listen.port", config.listen_port, 0, 65535, "Port on which HTTP is served; 0 takes any free one."));
}

void add_bus_keys(config::Keys& keys, BusConfig& config) {
    using config::checked;
    using config::key;
    keys.push_back(checked(key("nats.urls", config.urls, 16, "The NATS servers, any of which may be reached first."),
                           [&config] { return check_urls(config.urls); }));
    keys.push_back(checked(key("nats.user", config.user, "User name at the NATS servers."), [&config] {
        const bool both = !config.user.empty() && !config.credentials_file.empty();
        return std::string(both ? "cannot be used together with \"nats.credentials_file\"" : "");
    }));
    keys.push_back(checked(key("nats.password", config.password, "Password of that user."), [&config] {
        return std::string(!config.password.empty() && config.user.empty() ? "needs \"nats.user\"" : "");
    }));
    keys.push_back(key("nats.credentials_file", config.credentials_file,
                       "File with a NATS user's JWT and key, instead of a password."));
    keys.push_back(
        key("nats.ca_file", config.ca_file, "Certificates (PEM) to trust for tls:// servers; the system's if empty."));
}

void add_replicas_key(config::Keys& keys, int& replicas) {
    keys.push_back(config::checked(config::key("nats.replicas", replicas, 1, 5, "On how many NATS servers the streams are kept."),
                                   [&replicas] { return std::string(replicas % 2 == 0 ? "must be 1, 3 or 5" : ""); }));
}

bus::Options bus_options(const BusConfig& config, std::string client_name, std::string inbox_prefix) {
    bus::Options options;
    options.urls = config.urls;
    options.user = config.user;
    options.password = config.password;
    options.credentials_file = config.credentials_file;
    options.ca_file = config.ca_file;
    options.client_name = std::move(client_name);
    options.inbox_prefix = std::move(inbox_prefix);
    return options;
}

void add_database_keys(config::Keys& keys, DatabaseConfig& config) {
    using config::checked;
    using config::key;
    keys.push_back(checked(key("database.dsn", config.dsn, "Where PostgreSQL is: a URI or a connection string."),
                           [&config] { return check_dsn(config.dsn.reveal()); }));
    keys.push_back(
        key("database.pool_size", config.pool_size, 1, 64, "Connections to PostgreSQL at most, opened when first needed."));
    keys.push_back(key("database.acquire_timeout", config.acquire_timeout, milliseconds{100}, milliseconds{60000},
                       "How long to wait for a free connection."));
}

db::PoolOptions pool_options(const DatabaseConfig& config, std::string application_name) {
    db::PoolOptions options;
    options.dsn = config.dsn;
    options.application_name = std::move(application_name);
    options.size = config.pool_size;
    options.acquire_timeout = config.acquire_timeout;
    return options;
}

}  // namespace sonde::service
