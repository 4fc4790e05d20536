#include "probe-agent/config.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "lib/message/subject.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"

namespace sonde::agent {
namespace {

constexpr int kMostInFlight = 10'000;
constexpr int kMostPerHost = 512;  // by default: a target is watched, not stormed
constexpr std::int64_t kReservedDescriptors = 128;
constexpr std::int64_t kDescriptorsPerCheck = 2;
constexpr std::size_t kLongestName = 64;
constexpr int kMostProbes = 1000;

std::string check_blocks(const std::vector<std::string>& blocks) {
    const auto guard = net::make_guard(blocks, {});
    return guard ? "" : guard.error().message;
}

bool is_name(std::string_view name) {
    return name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                      c == '.';
           });
}

void add_probe_keys(config::Keys& keys, AgentConfig& c) {
    using config::key;
    keys.push_back(key("probe_endpoint.modules_file", c.probe_modules_file,
                       "Modules in blackbox_exporter's format, for probes that Prometheus asks for at /probe; empty turns that off. SIGHUP reads it again."));
    keys.push_back(config::checked(key("probe_endpoint.token_file", c.probe_token_file,
                                       "File with the bearer token that is asked for at /probe; empty lets anybody ask who can connect."),
                                   [&c] { return std::string(!c.probe_token_file.empty() && c.probe_modules_file.empty() ? "needs \"probe_endpoint.modules_file\"" : ""); }));
    keys.push_back(key("probe_endpoint.concurrency", c.probe_concurrency, 1, kMostProbes,
                       "Probes for /probe under way at once, beside the checks; more are refused with 503."));
    keys.push_back(key("probe_endpoint.timeout_offset", c.probe_timeout_offset, milliseconds{0}, milliseconds{10'000},
                       "How much less than the scrape's own time a probe has."));
}

// What /probe may need, beside the checks.
std::int64_t descriptors_of_probes(const AgentConfig& config) {
    // A connection of the HTTP server, too.
    return config.probe_modules_file.empty() ? 0 : config.probe_concurrency * (kDescriptorsPerCheck + 1);
}

}  // namespace

config::Keys keys_of(AgentConfig& c) {
    using config::checked;
    using config::key;
    config::Keys keys;
    service::add_common_keys(keys, c.common);
    service::add_bus_keys(keys, c.bus);
    keys.push_back(checked(
        key("region", c.region, "The region whose checks this agent runs, and in whose name it reports.", {.required = true}),
        [&c] {
            return message::subject::is_region_name(c.region) ? "" : "must be 1 to 32 of a-z, 0-9 and -, beginning with a letter";
        }));
    keys.push_back(
        checked(key("name", c.name, "Tells this agent from the others of its region; empty stands for <hostname>-<region>."),
                [&c] { return is_name(c.name) ? "" : "must be at most 64 of letters, digits, -, _ and ."; }));
    keys.push_back(key("checks.max_in_flight", c.max_in_flight, 0, kMostInFlight,
                       "Checks under way at once; 0 stands for as many as there are file descriptors for, up to 10,000."));
    keys.push_back(key("checks.max_in_flight_per_host", c.max_in_flight_per_host, 0, kMostInFlight,
                       "Of these, against one host and port; 0 stands for a quarter of them, up to 512."));
    keys.push_back(key("checks.max_in_flight_per_site", c.max_in_flight_per_site, 0, kMostInFlight,
                       "Of these, of one site, so that one whose targets all hang leaves places to the others; 0 stands for half of them."));
    keys.push_back(key("checks.max_in_flight_per_kind", c.max_in_flight_per_kind, 0, kMostInFlight,
                       "Of these, of one kind; 0 stands for nine tenths of them."));
    keys.push_back(
        key("checks.target_cache", c.target_cache, 1, 1'000'000, "Specs kept parsed; should exceed the monitors of the region."));
    keys.push_back(key("jobs.fetch_window", c.fetch_window, 1, 256, "Job messages asked for at once, if there is room."));
    keys.push_back(key("results.linger", c.linger, milliseconds{0}, milliseconds{1000},
                       "How long good results wait for others to travel with; with many they go sooner, and failures and confirmations nearly at once."));
    keys.push_back(
        key("results.retry_for", c.retry_for, milliseconds{0}, milliseconds{300'000},
            "How long results that the bus does not take are kept in memory and sent again, before they are spooled."));
    keys.push_back(key("results.pending_bytes", c.pending_bytes, std::int64_t{1} << 20U, std::int64_t{1} << 30U,
                       "Results in memory that the bus has not accepted; beyond, they are spooled at once."));
    keys.push_back(
        key("spool.directory", c.spool_directory, "Where results are kept while the bus is away; empty turns that off."));
    keys.push_back(key("spool.max_bytes", c.spool_bytes, std::int64_t{1} << 20U, std::int64_t{1} << 36U,
                       "Size of the spool; when it is full, the oldest results are dropped and counted."));
    keys.push_back(
        key("drain", c.drain, milliseconds{0}, milliseconds{180'000}, "How long checks under way may go on after SIGTERM."));
    keys.push_back(key("presence_interval", c.presence_interval, milliseconds{500}, milliseconds{10'000},
                       "How often the agent says that it lives; 15 s without count as dead."));
    keys.push_back(
        checked(key("guard.allow", c.guard_allow, 1024,
                    "Address blocks that may be connected to although they are private or special.", {.reloadable = true}),
                [&c] { return check_blocks(c.guard_allow); }));
    keys.push_back(
        checked(key("guard.deny", c.guard_deny, 1024, "Address blocks that are never connected to.", {.reloadable = true}),
                [&c] { return check_blocks(c.guard_deny); }));
    keys.push_back(key("dns.servers", c.dns_servers, 8,
                       "Name servers, as address or address:port; empty stands for those of /etc/resolv.conf."));
    keys.push_back(
        key("tls.ca_file", c.ca_file, "Certificate authorities that targets are verified with; empty stands for the system's."));
    keys.push_back(checked(key("rdap.bootstrap_url", c.rdap_bootstrap_url, "Where the list of RDAP servers for domains is (RFC 9224); fetched once a day, if needed."),
                           [&c] {
                               const auto url = net::parse_url(c.rdap_bootstrap_url);
                               return url ? "" : url.error().message;
                           }));
    add_probe_keys(keys, c);
    return keys;
}

std::string agent_name(const AgentConfig& config) {
    if (!config.name.empty()) return config.name;
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    const auto tail = '-' + config.region;
    auto name = std::string(host).substr(0, kLongestName - tail.size());
    std::replace_if(
        name.begin(), name.end(),
        [](char c) {
            return !is_name({&c, 1});
        },
        '_');
    return (name.empty() ? "agent" : name) + tail;
}

Limits derive_limits(const AgentConfig& config) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) throw std::runtime_error("cannot read the limit of file descriptors");
    if (files.rlim_cur < files.rlim_max) {
        auto raised = files;
        raised.rlim_cur = raised.rlim_max;
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
    }
    const auto have = files.rlim_cur == RLIM_INFINITY ? std::int64_t{1} << 30U : static_cast<std::int64_t>(files.rlim_cur);
    const auto reserved = kReservedDescriptors + descriptors_of_probes(config);
    const auto most = std::min<std::int64_t>((have - reserved) / kDescriptorsPerCheck, kMostInFlight);
    if (most < 1)
        throw std::runtime_error(fmt::format("the limit of {} file descriptors is too low: raise it (ulimit -n)", have));
    Limits limits{config.max_in_flight == 0 ? static_cast<int>(most) : config.max_in_flight, config.max_in_flight_per_host,
                  config.max_in_flight_per_site, config.max_in_flight_per_kind};
    if (limits.max_in_flight > most) {
        throw std::runtime_error(
            fmt::format("checks.max_in_flight of {} needs {} file descriptors, and the limit is {}: raise it (ulimit -n)",
                        limits.max_in_flight, limits.max_in_flight * kDescriptorsPerCheck + reserved, have));
    }
    if (limits.max_in_flight_per_host == 0) limits.max_in_flight_per_host = std::clamp(limits.max_in_flight / 4, 1, kMostPerHost);
    if (limits.max_in_flight_per_site == 0) limits.max_in_flight_per_site = std::max(limits.max_in_flight / 2, 1);
    if (limits.max_in_flight_per_kind == 0) limits.max_in_flight_per_kind = std::max(limits.max_in_flight - limits.max_in_flight / 10, 1);
    for (auto* part : {&limits.max_in_flight_per_host, &limits.max_in_flight_per_site, &limits.max_in_flight_per_kind}) {
        *part = std::min(*part, limits.max_in_flight);
    }
    return limits;
}

}  // namespace sonde::agent
