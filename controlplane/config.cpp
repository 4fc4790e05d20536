#include "controlplane/config.h"

#include <algorithm>

#include "controlplane/oidc/metadata.h"
#include "controlplane/oidc/person.h"
#include "lib/net/url.h"

namespace sonde::controlplane {
namespace {

std::string check_agents_urls(const ControlplaneConfig& config) {
    for (const auto& url : config.admission_urls) {
        if (!url.starts_with("nats://") && !url.starts_with("tls://")) return "must be URLs that begin with nats:// or tls://";
    }
    return !config.admission_urls.empty() && config.admission_key_file.empty() ? "needs \"admission.key_file\"" : "";
}

void add_login_keys(config::Keys& keys, login::Options& login) {
    keys.push_back(config::checked(config::key("api.public_url", login.public_url,
                                               "Where people reach the API, such as https://sonde.example: pages from there may use sessions. Empty: the host that is asked."),
                                   [&login] {
                                       if (login.public_url.empty()) return std::string{};
                                       const auto url = net::parse_url(login.public_url);
                                       return url ? std::string{} : url.error().message;
                                   }));
    keys.push_back(config::key("sessions.idle", login.session_idle, milliseconds{60'000}, milliseconds{30LL * 86'400'000},
                               "After so long without a request a session is over. Streams of events are none."));
    keys.push_back(config::key("sessions.lifetime", login.session_lifetime, milliseconds{60'000}, milliseconds{365LL * 86'400'000},
                               "After so long it is over however much it is used."));
    keys.push_back(config::key("passwords.min_length", login.min_password, 8, 64, "The fewest characters of a new password."));
    keys.push_back(config::key("passwords.memory_mib", login.hashing.memory_mib, 8, 1024,
                               "Memory that hashing a password takes (Argon2id). Those hashed otherwise are hashed anew when they are used."));
    keys.push_back(config::key("passwords.passes", login.hashing.passes, 1, 20, "How often it goes over that memory."));
    keys.push_back(config::key("passwords.at_once", login.hashes_at_once, 1, 64, "As many are hashed at once, and as many wait; beyond, 503."));
    keys.push_back(config::key("passwords.token_lifetime", login.password_token_lifetime, milliseconds{60'000}, milliseconds{30LL * 86'400'000},
                               "How long a token to set a password is good for."));
}

std::string unless_on(const oidc::Options& oidc, bool set) { return set && !oidc.is_on() ? "needs \"oidc.issuer\"" : ""; }

std::string check_issuer(const login::Options& login) {
    const auto& oidc = login.oidc;
    if (!oidc.is_on()) return "";
    if (const auto good = oidc::check_provider_url(oidc.issuer); !good) return good.error().message;
    if (oidc.issuer.find('?') != std::string::npos) return "must have no query";
    if (oidc.client_id.empty()) return "needs \"oidc.client_id\"";
    if (login.public_url.empty()) return "needs \"api.public_url\", to which the provider sends people back";
    if (const auto good = oidc::check_provider_url(login.public_url); !good) return "needs another \"api.public_url\": it " + good.error().message;
    return "";
}

std::string check_role_rules(const oidc::Options& oidc) {
    if (std::any_of(oidc.roles.begin(), oidc.roles.end(), [](const auto& rule) { return !oidc::read_role_rule(rule); })) return "must be texts such as group=role";
    return unless_on(oidc, !oidc.roles.empty());
}

std::string check_domains(const oidc::Options& oidc) {
    const auto is_none = [](const auto& domain) { return domain.empty() || domain.find_first_of("@ /*") != std::string::npos; };
    if (std::any_of(oidc.email_domains.begin(), oidc.email_domains.end(), is_none)) return "must be domains such as example.org";
    return unless_on(oidc, !oidc.email_domains.empty());
}

void add_provider_keys(config::Keys& keys, login::Options& login) {
    auto& oidc = login.oidc;
    const auto add = [&keys](config::Key key, std::function<std::string()> check) { keys.push_back(config::checked(std::move(key), std::move(check))); };
    add(config::key("oidc.issuer", oidc.issuer,
                    "An OpenID provider by which people log in (docs/login.md), as it calls itself: https://id.example.org. "
                    "It is told to send them back to <api.public_url>/v1/sessions/oidc/callback. Empty: none."),
        [&login] { return check_issuer(login); });
    keys.push_back(config::key("oidc.name", oidc.name, "What people know it as."));
    add(config::key("oidc.client_id", oidc.client_id, "What Sonde is called there."), [&oidc] { return unless_on(oidc, !oidc.client_id.empty()); });
    add(config::key("oidc.client_secret", oidc.client_secret, "Its password there. Without one it is a public client."), [&oidc]() -> std::string {
        if (!oidc.client_secret.empty() && !oidc.client_secret_file.empty()) return "must not be set with \"oidc.client_secret_file\"";
        return unless_on(oidc, !oidc.client_secret.empty());
    });
    add(config::key("oidc.client_secret_file", oidc.client_secret_file, "A file that has it in one line, instead. Read at the start."),
        [&oidc] { return unless_on(oidc, !oidc.client_secret_file.empty()); });
    add(config::key("oidc.scopes", oidc.scopes, 20, "What Sonde asks to know; `openid` among it."), [&oidc]() -> std::string {
        return std::find(oidc.scopes.begin(), oidc.scopes.end(), "openid") == oidc.scopes.end() ? "must have \"openid\" among it" : "";
    });
    add(config::key("oidc.ca_file", oidc.ca_file, "Certificates (PEM) to verify it with, instead of the system's."), [&oidc] { return unless_on(oidc, !oidc.ca_file.empty()); });
    keys.push_back(config::key("oidc.timeout", oidc.timeout, milliseconds{500}, milliseconds{30'000}, "How long one request to it may take; a login makes up to four."));
    keys.push_back(config::key("oidc.at_once", oidc.at_once, 1, 64, "Logins that wait for it at once, beside api.workers; beyond, they get a 503."));
    add(config::key("oidc.create", oidc.create, "Whoever it knows and Sonde does not is made a user with his first login. Otherwise an administrator says who he is."), [&oidc]() -> std::string {
        if (oidc.create && oidc.role.empty() && oidc.roles.empty()) return "needs \"oidc.role\" or \"oidc.roles\"";
        return unless_on(oidc, oidc.create);
    });
    add(config::key("oidc.role", oidc.role, "The role of who is in none of the groups of oidc.roles. Empty: he may not log in."), [&oidc] { return unless_on(oidc, !oidc.role.empty()); });
    add(config::key("oidc.roles", oidc.roles, 100,
                    "Roles by groups there, as group=role; the first that fits counts. They hold for users made by their first login, anew with each."),
        [&oidc] { return check_role_rules(oidc); });
    add(config::key("oidc.groups_claim", oidc.groups_claim, "The claim that has the groups."),
        [&oidc]() -> std::string { return oidc.groups_claim.empty() ? "must not be empty" : ""; });
    add(config::key("oidc.email_domains", oidc.email_domains, 100, "Only whoever has a verified e-mail address of one of these may log in. Empty: everybody."),
        [&oidc] { return check_domains(oidc); });
    add(config::key("oidc.link_by_email", oidc.link_by_email,
                    "A user who is nobody there yet is found by the e-mail address, if it says that it is verified. Only for providers that you trust with every user here."),
        [&oidc] { return unless_on(oidc, oidc.link_by_email); });
    add(config::key("passwords.login", login.passwords, "People may log in by a password. Without, only by the OpenID provider."),
        [&login]() -> std::string { return !login.passwords && !login.oidc.is_on() ? "must be true without \"oidc.issuer\": nobody could log in" : ""; });
}

}  // namespace

config::Keys keys_of(ControlplaneConfig& config) {
    config::Keys keys;
    service::add_common_keys(keys, config.common);
    service::add_bus_keys(keys, config.bus);
    service::add_replicas_key(keys, config.replicas);
    service::add_database_keys(keys, config.database);
    keys.push_back(
        config::key("secrets.key_file", config.key_file,
                    "The keys that secrets at rest are sealed with: 32 random bytes as base64 a line, the first of which seals; mode 600. Followed as it changes. Losing it loses them.",
                    {.required = true}));
    keys.push_back(config::key("admission.key_file", config.admission_key_file,
                               "The bus key, from which all keys follow by which NATS knows who may do what: as secrets.key_file. Empty: the bus has users of its own, and agents cannot join."));
    keys.push_back(config::checked(config::key("admission.urls", config.admission_urls, 16, "The NATS servers as agents that join reach them; empty stands for nats.urls."),
                                   [&config] { return check_agents_urls(config); }));
    keys.push_back(config::key("admission.ca_file", config.admission_ca_file,
                               "Certificates (PEM) that such agents are given to verify these servers with; empty stands for nats.ca_file, or the system's."));
    keys.push_back(config::key("api.workers", config.api_workers, 1, 256, "Requests worked on at once."));
    keys.push_back(config::key("api.max_connections", config.api_max_connections, 1, 100'000,
                               "Connections from clients; beyond, none is accepted."));
    keys.push_back(config::key("api.max_connections_per_peer", config.api_max_connections_per_peer, 1, 100'000,
                               "Of those, from one address (of IPv6: from one /64). Behind a proxy all come from the proxy's."));
    keys.push_back(config::key("api.max_queued", config.api_max_queued, 1, 100'000,
                               "Requests that wait for a worker; beyond, they get a 503."));
    keys.push_back(config::key("api.max_bodies_mib", config.api_max_bodies_mib, 64, 65'536,
                               "Memory for the bodies of all requests that arrive or are worked on, in MiB; beyond, those of more than 128 KiB get a 503. The largest body is 64 MiB."));
    keys.push_back(config::key("api.max_streams", config.api_max_streams, 1, 100'000,
                               "Answers as server-sent events that are open at once, each on a connection of its own; beyond, 503."));
    keys.push_back(config::key("api.stream_heartbeat", config.api_stream_heartbeat, milliseconds{1'000}, milliseconds{300'000},
                               "After so long without an event each of them says that it lives, by a comment. Below what proxies on the way wait for."));
    keys.push_back(config::key("api.stream_retry", config.api_stream_retry, milliseconds{100}, milliseconds{300'000},
                               "What each of them begins with: how long a client that is cut off is to wait before it comes again."));
    keys.push_back(config::checked(
        config::key("api.trusted_proxies", config.api_trusted_proxies, 100,
                    "Proxies that say in api.proxy_header whom they ask for, as addresses or networks (10.0.0.0/8): the audit then has the right-most address in it that is none of them."),
        [&config]() -> std::string {
            for (const auto& text : config.api_trusted_proxies) {
                if (const auto cidr = net::Cidr::parse(text); !cidr) return cidr.error().message;
            }
            return "";
        }));
    keys.push_back(config::one_of("api.proxy_header", config.api_proxy_header, {"x-forwarded-for", "forwarded"},
                                  "The header that the trusted proxies set; a client may send the other one as it likes."));
    add_login_keys(keys, config.login);
    add_provider_keys(keys, config.login);
    keys.push_back(config::key("runs.max_under_way", config.runs.max_under_way, 1, 256,
                               "Runs that wait for their regions at once, beside api.workers; beyond, they get a 503."));
    keys.push_back(config::key("runs.patience", config.runs.patience, milliseconds{500}, milliseconds{60'000},
                               "How long a run is waited for beyond the time-out of its check."));
    keys.push_back(config::key("limits.reads", config.limits.read.most, 0, 10'000'000,
                               "Requests that read, of one client: so many at once, and as many again each minute. 0, here and below, for no limit. Each control plane counts for itself."));
    keys.push_back(config::key("limits.writes", config.limits.write.most, 0, 10'000'000, "The same of requests that write."));
    keys.push_back(config::key("limits.costly", config.limits.costly.most, 0, 10'000'000, "The same of bulks, backtests and runs."));
    keys.push_back(config::key("limits.keys", config.limits.key.most, 0, 10'000'000,
                               "Idempotency-Keys of one client, which are kept for a day: so many at once, and as many again each day."));
    keys.push_back(config::key("limits.refused", config.limits.refused.most, 0, 10'000'000,
                               "Requests from one address (of IPv6: from one /64) without a good token that are answered 401: so many at once, and as many again each minute; beyond, 429."));
    keys.push_back(config::key("limits.streams", config.limits.streams, 0, 100'000, "Streams of events of one client that are open at once."));
    keys.push_back(config::key("limits.subscriptions", config.limits.subscribe.most, 0, 10'000'000,
                               "Forms of one address (of IPv6: of one /64) that subscribe to status pages: so many at once, and as many again within ten minutes; beyond, 429."));
    keys.push_back(config::key("limits.views", config.limits.view.most, 0, 10'000'000,
                               "Requests for status pages from one address (of IPv6: from one /64): so many at once, and as many again each minute; beyond, 429."));
    const auto counts = [&keys](std::string path, std::string& target, std::string doc) {
        keys.push_back(config::one_of(std::move(path), target, {"up", "down", "excluded"}, std::move(doc)));
    };
    counts("uptime.degraded", config.uptime_degraded, "How time in the state degraded counts towards uptime, where a request does not say.");
    counts("uptime.unknown", config.uptime_unknown, "The same of unknown: too few regions answered. It always lowers the coverage.");
    counts("uptime.pending", config.uptime_pending, "The same of pending: not decided yet.");
    counts("uptime.maintenance", config.uptime_maintenance, "The same of maintenance.");
    counts("uptime.paused", config.uptime_paused, "The same of paused.");
    scheduler::add_scheduler_keys(keys, config.scheduler);
    auto& pages = config.status_pages;
    keys.push_back(config::key("status_pages.directory", pages.directory,
                               "Where status pages are kept on disk, so that there are some after a restart without the database; of one control plane alone. Empty: nowhere."));
    keys.push_back(config::key("status_pages.builds_per_second", pages.builds_per_second, 1, 1'000, "Snapshots of status pages that are made in a second at most, of all pages."));
    keys.push_back(config::key("status_pages.refresh", pages.refresh, milliseconds{5'000}, milliseconds{3'600'000},
                               "How old the snapshot of a page becomes to which nothing happens."));
    keys.push_back(config::key("status_pages.listen_port", config.status_pages_port, 0, 65535,
                               "A port where there are status pages and nothing else, for the public: its connections are not the API's. "
                               "0: none, they are where the API is, as they are in any case."));
    keys.push_back(config::key("status_pages.listen_address", config.status_pages_address, "The address of that port."));
    keys.push_back(config::key("status_pages.max_connections", config.status_pages_max_connections, 1, 100'000,
                               "Connections at that port; beyond, none is accepted. From one address as many as to the API."));
    keys.push_back(config::key("status_pages.cache_mib", config.status_pages_cache_mib, 1, 65'536,
                               "Memory for documents of status pages as they are sent, in MiB; beyond, they are made again."));
    keys.push_back(config::key("status_pages.font", config.status_pages_font,
                               "The font, a file that FreeType reads, of the pictures that social networks show beside a link to a page. "
                               "It should have the letters of the pages' titles. Empty: no pictures."));
    auto& audience = config.status_pages_audience;
    keys.push_back(config::checked(config::key("status_pages.max_streams", audience.most, 0, 100'000,
                                               "Readers of status pages who are told of changes as they happen, of all pages; the others' pages ask once a minute. "
                                               "Where the API is, they are among api.max_streams."),
                                   [&config]() -> std::string {
                                       return config.status_pages_audience.most >= config.api_max_streams ? "must be less than \"api.max_streams\", for the API needs some, too" : "";
                                   }));
    keys.push_back(config::key("status_pages.max_streams_per_page", audience.most_per_page, 0, 100'000, "The same of one page."));
    return keys;
}

Proxies proxies_of(const ControlplaneConfig& config) {
    Proxies proxies{{}, from_name<ProxyHeader>(config.api_proxy_header).value_or(ProxyHeader::x_forwarded_for)};
    for (const auto& text : config.api_trusted_proxies) {
        if (const auto cidr = net::Cidr::parse(text)) proxies.trusted.push_back(*cidr);
    }
    return proxies;
}

history::Accounting accounting_of(const ControlplaneConfig& config) {
    const auto counts = [](const std::string& name) { return from_name<history::Counts>(name).value_or(history::Counts::excluded); };
    return {counts(config.uptime_degraded), counts(config.uptime_unknown), counts(config.uptime_pending), counts(config.uptime_maintenance),
            counts(config.uptime_paused)};
}

}  // namespace sonde::controlplane
