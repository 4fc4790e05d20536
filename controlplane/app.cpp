#include "controlplane/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "controlplane/admission/gatekeeper.h"
#include "controlplane/api/api.h"
#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/incident/event_page.h"
#include "controlplane/api/region/joining.h"
#include "controlplane/drill/drills.h"
#include "controlplane/events/feed.h"
#include "controlplane/login/login.h"
#include "controlplane/ping/pings.h"
#include "controlplane/run/desk.h"
#include "controlplane/scheduler/scheduling.h"
#include "controlplane/status_page/keeper.h"
#include "controlplane/status_page/serve/visits.h"
#include "lib/admission/grant.h"
#include "lib/crypto/pem.h"
#include "lib/db/migrate.h"
#include "lib/log/log.h"

namespace sonde::controlplane {
namespace {

// The scheduler's own: a long request to the API must not keep a lease from being renewed.
constexpr int kSchedulingConnections = 4;
constexpr milliseconds kBetweenTries{1'000};

template <class Value>
Value or_throw(Result<Value> result, std::string_view doing) {
    if (!result) throw std::runtime_error(fmt::format("{}: {}", doing, result.error().message));
    return *std::move(result);
}

db::PoolOptions scheduling_pool(const service::DatabaseConfig& config) {
    auto options = service::pool_options(config, "sonde-controlplane-scheduling");
    options.size = kSchedulingConnections;
    return options;
}

std::string read_authorities(const std::string& file) {
    if (file.empty()) return {};
    std::ifstream in(file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (const auto good = crypto::check_certificates(text); !good) throw std::runtime_error(fmt::format("cannot use admission.ca_file: {} {}", file, good.error().message));
    return text;
}

http::ServerOptions server_options(const ControlplaneConfig& config) {
    http::ServerOptions options;
    options.address = config.common.listen_address;
    options.port = config.common.listen_port;
    options.workers = config.api_workers + config.runs.max_under_way + EventPage::kMostWaiting + (config.login.oidc.is_on() ? config.login.oidc.at_once : 0);  // those that wait are in nobody's way
    options.max_connections = config.api_max_connections;
    options.max_connections_per_peer = config.api_max_connections_per_peer;
    options.max_queued = config.api_max_queued;
    options.max_bodies_bytes = static_cast<std::size_t>(config.api_max_bodies_mib) << 20U;
    options.max_streams = config.api_max_streams;
    options.stream_heartbeat = config.api_stream_heartbeat;
    options.stream_retry = config.api_stream_retry;
    options.max_body_bytes = kMaxBulkBytes;
    options.body_limit = [](http::Method method, std::string_view path) {
        return ping::is_ping_path(path) ? check::HeartbeatFacts::kMostBody : body_limit(method, path);
    };
    options.cuts_body = [](http::Method, std::string_view path) { return ping::is_ping_path(path); };
    return options;
}

status_page::serve::ServeOptions serve_options(const ControlplaneConfig& config) {
    status_page::serve::ServeOptions options;
    options.public_url = config.login.public_url;
    options.proxies = proxies_of(config);
    options.hashing = config.login.hashing;
    options.answer_bytes = static_cast<std::size_t>(config.status_pages_cache_mib) << 20U;
    options.audience = config.status_pages_audience;
    options.font = config.status_pages_font;
    return options;
}

// Where there are status pages alone: with connections and workers of its own, few of these, for only passwords and subscriptions need any.
http::ServerOptions public_options(const ControlplaneConfig& config) {
    constexpr int kWorkers = 4;
    auto options = server_options(config);
    options.name = "status_pages";
    options.address = config.status_pages_address;
    options.port = config.status_pages_port;
    options.workers = kWorkers;
    options.max_connections = config.status_pages_max_connections;
    options.max_body_bytes = status_page::subscribe::kMostForm;
    options.max_bodies_bytes = 16U << 20U;
    options.body_limit = {};
    options.cuts_body = {};
    return options;
}

}  // namespace

// In the order of starting; destroyed in reverse.
struct ControlplaneApp::Parts {
    Parts(const ControlplaneConfig& config, crypto::SecretBox box)
        : secrets(std::move(box)),
          pool(service::pool_options(config.database, "sonde-controlplane-api"), registry),
          commands(pool, secrets, std::max(1, config.api_workers / 2)),
          runs(config.runs, registry),
          tokens(pool),
          login(pool, config.login, registry),
          events(pool, registry),
          status_pages(pool, config.status_pages, accounting_of(config), registry),
          limits(config.limits, registry),
          visits(status_pages, secrets, limits, serve_options(config), registry),
          desk(pool, secrets, limits, !config.login.public_url.empty()) {
        backend.limits = &limits;
        backend.accounting = accounting_of(config);
        backend.proxies = proxies_of(config);
        backend.listen_to_page = [this](const http::Request& request, const std::string& slug, std::shared_ptr<void> place) { return visits.listen_to(request, slug, std::move(place)); };
    }

    metrics::Registry registry;
    service::Health health;
    http::Router router;
    crypto::SecretBox secrets;
    db::Pool pool;
    CommandDesk commands;
    run::Desk runs;
    Tokens tokens;
    login::Login login;
    events::Feed events;
    status_page::Keeper status_pages;
    RateLimiter limits;
    status_page::serve::Visits visits;
    status_page::subscribe::Desk desk;
    Backend backend{pool, secrets, commands, runs, events, tokens, login};
    std::optional<admission::BusKeys> bus_keys;
    std::optional<Joining> joining;
    std::optional<gate::Gatekeeper> gatekeeper;
    std::optional<db::Pool> scheduling_pool;
    std::unique_ptr<bus::Bus> bus;
    std::optional<scheduler::Scheduling> scheduling;
    std::optional<ping::Pings> pings;
    std::optional<drill::Drills> drills;
    std::optional<http::Server> server;
    http::Router public_router;
    std::optional<http::Server> public_server;
};

ControlplaneApp::ControlplaneApp(ControlplaneConfig& config) : config_(config) {}

ControlplaneApp::~ControlplaneApp() { stop(); }

void ControlplaneApp::start() {
    stopping_ = false;
    config_.scheduler.watchdog.replicas = config_.replicas;
    parts_ = std::make_unique<Parts>(config_,
                                     or_throw(crypto::SecretBox::from_key_file(config_.key_file), "cannot use secrets.key_file"));
    auto& parts = *parts_;
    parts.status_pages.start(config_.database.dsn);
    const bool waits = !parts.status_pages.empty() && !parts.pool.ping();
    if (!waits) or_throw(db::check_schema(parts.pool), "cannot use the database");

    const auto name = scheduler::process_name();
    if (!config_.admission_key_file.empty()) admit_agents(name);
    parts.bus = bus::Bus::connect(service::bus_options(config_.bus, "sonde-controlplane " + name, admission::inbox_prefix(name_of(admission::Role::controlplane))), parts.registry);
    parts.runs.open(*parts.bus);
    parts.scheduling_pool.emplace(scheduling_pool(config_.database), parts.registry);
    parts.scheduling.emplace(config_.scheduler, *parts.scheduling_pool, parts.secrets, config_.database.dsn, *parts.bus, parts.registry, name);
    parts.pings.emplace(parts.pool, config_.database.dsn, *parts.bus, parts.registry);
    parts.drills.emplace(parts.pool, parts.registry, name);
    if (!waits) begin_work();
    parts.events.start(config_.database.dsn);

    parts.health.add("database", [&parts] { return parts.pool.ping() ? "" : "the database does not answer"; });
    parts.health.add("bus", [&parts] { return parts.bus->health().connected ? "" : "not connected to NATS"; });
    parts.health.add("scheduler", [&parts] { return parts.scheduling->scheduler_trouble(); });
    parts.health.add("streams", [&parts] { return parts.scheduling->streams_trouble(); });
    service::add_operational_routes(parts.router, parts.health, parts.registry);
    add_api_routes(parts.router, parts.backend);
    parts.pings->add_routes(parts.router);
    parts.visits.open_desk(parts.desk);
    parts.visits.add_routes(parts.router);
    parts.server.emplace(server_options(config_), parts.router, parts.registry);
    if (config_.status_pages_port > 0) {
        parts.visits.add_routes(parts.public_router);
        parts.public_server.emplace(public_options(config_), parts.public_router, parts.registry);
    }
    if (waits) waiting_ = std::thread([this] { wait_for_database(); });
}

// Once the database has the schema of this version. Throws, and has begun nothing then.
void ControlplaneApp::begin_work() {
    parts_->pings->start();
    parts_->scheduling->start();
    parts_->drills->start();
}

void ControlplaneApp::wait_for_database() {
    log::warning("started_without_database");
    std::string told;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (wakes_.wait_for(lock, kBetweenTries, [this] { return stopping_; })) return;
        }
        try {
            or_throw(db::check_schema(parts_->pool), "cannot use the database");
            begin_work();
            return log::info("database_found");
        } catch (const std::exception& error) {
            if (told != error.what()) log::warning("database_not_found", "error", error.what());
            told = error.what();
        }
    }
}

void ControlplaneApp::admit_agents(const std::string& name) {
    auto& parts = *parts_;
    parts.bus_keys = or_throw(admission::BusKeys::from_key_file(config_.admission_key_file), "cannot use admission.key_file");
    parts.joining.emplace(*parts.bus_keys, config_.admission_urls.empty() ? config_.bus.urls : config_.admission_urls,
                          read_authorities(config_.admission_ca_file.empty() ? config_.bus.ca_file : config_.admission_ca_file));
    parts.backend.joining = &*parts.joining;
    parts.gatekeeper.emplace(gate::GatekeeperOptions{name}, *parts.bus_keys, service::bus_options(config_.bus, {}, {}), config_.database.dsn, parts.pool, parts.registry);
    parts.gatekeeper->start();
}

void ControlplaneApp::stop() {
    if (!parts_) return;
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    if (waiting_.joinable()) waiting_.join();
    parts_->commands.close();
    parts_->runs.close();
    parts_->public_server.reset();
    parts_->server.reset();
    if (parts_->gatekeeper) parts_->gatekeeper->stop();
    parts_->events.stop();
    parts_->status_pages.stop();
    if (parts_->drills) parts_->drills->stop();
    if (parts_->pings) parts_->pings->stop();
    if (parts_->scheduling) parts_->scheduling->stop();
    parts_.reset();
}

int ControlplaneApp::port() const { return parts_ && parts_->server ? parts_->server->port() : 0; }

}  // namespace sonde::controlplane
