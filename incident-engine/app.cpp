#include "incident-engine/app.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>

#include "incident-engine/hearing.h"
#include "incident-engine/intake.h"
#include "incident-engine/telling.h"
#include "incident-engine/watchdog.h"
#include "incident-engine/worker.h"
#include "lib/admission/grant.h"
#include "lib/crypto/crypto.h"
#include "lib/db/migrate.h"

namespace sonde::engine {
namespace {

// Names this process in leases: for people by host and number, and unique wherever those come from.
std::string owner_name() {
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    return fmt::format("{}/{}/{}", host, ::getpid(), crypto::hex(crypto::random_bytes(4)));
}

}  // namespace

// In the order of starting; destroyed in reverse.
struct EngineApp::Parts {
    Parts(const EngineConfig& config, crypto::SecretBox box)
        : secrets(std::move(box)), owner(owner_name()), pool(service::pool_options(config.database, "sonde-engine"), registry) {}

    crypto::SecretBox secrets;
    metrics::Registry registry;
    Metrics metrics{registry};
    service::Health health;
    http::Router router;
    std::string owner;
    db::Pool pool;
    std::unique_ptr<bus::Bus> bus;
    std::optional<Intake> intake;
    std::optional<Hearing> hearing;
    std::optional<Watchdog> watchdog;
    std::optional<Telling> telling;
    std::optional<Worker> worker;
    std::optional<db::Listener> listener;
    std::optional<http::Server> server;
};

EngineApp::EngineApp(const EngineConfig& config) : config_(config) {}

EngineApp::~EngineApp() { stop(); }

void EngineApp::start() {
    auto box = crypto::SecretBox::from_key_file(config_.key_file);
    if (!box) throw std::runtime_error(fmt::format("cannot use secrets.key_file: {}", box.error().message));
    parts_ = std::make_unique<Parts>(config_, std::move(*box));
    auto& parts = *parts_;
    if (const auto schema = db::check_schema(parts.pool); !schema) {
        throw std::runtime_error(fmt::format("cannot use the database: {}", schema.error().message));
    }
    parts.bus = bus::Bus::connect(service::bus_options(config_.bus, "sonde-engine " + parts.owner, admission::inbox_prefix(name_of(admission::Role::engine))), parts.registry);
    parts.intake.emplace(*parts.bus, IntakeOptions{config_.pull_messages, config_.linger, config_.relaxed_linger});
    parts.hearing.emplace(*parts.bus);
    parts.hearing->start();
    parts.watchdog.emplace(Watchdog::Options{config_.replicas, config_.watch_every, config_.stuck_after}, *parts.bus,
                           *parts.intake, parts.metrics);
    parts.watchdog->start();
    parts.telling.emplace(Telling::Options{parts.owner, config_.lease, config_.agent_silence, arbitration_of(config_)}, parts.pool, *parts.bus, parts.metrics);
    parts.telling->start();
    parts.worker.emplace(
        config_, parts.owner, parts.pool, parts.secrets, *parts.bus, *parts.intake, *parts.hearing, parts.metrics,
        [&parts] { parts.telling->nudge(); },
        [&parts](std::string region) { parts.watchdog->missing_urgent(std::move(region)); });
    parts.worker->start();
    parts.listener.emplace(config_.database.dsn, std::vector<std::string>{"sonde_change", "sonde_command", "sonde_outbox"},
                           [&parts](std::string_view channel) {
                               if (channel != "sonde_outbox" && channel != "sonde_command") {
                                   parts.worker->definitions_changed();
                                   parts.telling->windows_changed();
                               }
                               if (channel != "sonde_outbox" && channel != "sonde_change") {
                                   parts.worker->commands_waiting();
                                   parts.telling->commands_waiting();
                               }
                               if (channel == "sonde_outbox" || channel.empty()) parts.telling->nudge();
                           });

    parts.health.add("bus", [&parts] { return parts.bus->health().connected ? "" : "not connected to NATS"; });
    parts.health.add("streams", [&parts] { return parts.watchdog->trouble(); });
    parts.health.add("worker", [&parts] { return parts.worker->trouble(); });
    service::add_operational_routes(parts.router, parts.health, parts.registry);
    http::ServerOptions options;
    options.address = config_.common.listen_address;
    options.port = config_.common.listen_port;
    options.workers = 1;
    parts.server.emplace(options, parts.router, parts.registry);
}

void EngineApp::stop() {
    if (!parts_) return;
    auto& parts = *parts_;
    parts.server.reset();
    parts.listener.reset();
    if (parts.worker) parts.worker->stop();
    if (parts.telling) parts.telling->stop();
    if (parts.watchdog) parts.watchdog->stop();
    if (parts.bus) (void)parts.bus->flush(milliseconds{1000});  // acknowledgements on their way
    parts_.reset();
}

void EngineApp::crash() {
    if (!parts_) return;
    auto& parts = *parts_;
    parts.server.reset();
    parts.listener.reset();
    if (parts.worker) parts.worker->abandon();
    if (parts.telling) parts.telling->stop(true);
    if (parts.watchdog) parts.watchdog->stop();
    parts_.reset();
}

int EngineApp::port() const { return parts_ && parts_->server ? parts_->server->port() : 0; }

}  // namespace sonde::engine
