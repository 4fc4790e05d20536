#include "probe-agent/app.h"

#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

#include "lib/admission/claims.h"
#include "lib/admission/id.h"
#include "lib/http/server.h"
#include "lib/log/log.h"
#include "probe-agent/blackbox/endpoint.h"
#include "probe-agent/core.h"

namespace sonde::agent {
namespace {

constexpr milliseconds kFlush{2000};
constexpr milliseconds kDrainSlack{2000};

net::Guard guard_of(const AgentConfig& config) {
    auto guard = net::make_guard(config.guard_allow, config.guard_deny);
    if (!guard) throw std::runtime_error("cannot read guard.allow and guard.deny: " + guard.error().message);
    return std::move(*guard);
}

// The identifier of an agent that joined, which is in its credentials; empty for one whose user the bus's own configuration has.
std::string id_of(const AgentConfig& config) {
    const auto& file = config.bus.credentials_file;
    if (file.empty()) return {};
    std::ifstream in(file);
    std::string text(std::size_t{64} << 10U, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    const auto holder = admission::holder_of(text);
    if (!holder) throw std::runtime_error(fmt::format("cannot use nats.credentials_file: {} cannot be read, or holds no credentials", file));
    if (holder->region.empty() || !AgentId::parse(holder->name)) return {};
    if (holder->region == config.region) return holder->name;
    throw std::runtime_error(fmt::format("the credentials in {} are for the region {}, and the configuration says {}", file, holder->region, config.region));
}

blackbox::EndpointOptions endpoint_options(const AgentConfig& config) {
    return {config.probe_modules_file, config.probe_token_file, config.probe_concurrency, config.probe_timeout_offset};
}

}  // namespace

// In the order of starting; destroyed in reverse.
struct AgentApp::Parts {
    metrics::Registry registry;
    service::Health health;
    http::Router router;
    uv::Loop loop;  // outlives the bus, whose threads post to it
    std::unique_ptr<bus::Bus> bus;
    std::unique_ptr<Core> core;
    std::thread thread;
    std::optional<blackbox::Endpoint> endpoint;
    std::optional<http::Server> server;
};

AgentApp::AgentApp(const AgentConfig& config) : config_(config) {}

AgentApp::~AgentApp() { stop(); }

void AgentApp::start() {
    std::signal(SIGPIPE, SIG_IGN);
    auto guard = guard_of(config_);
    const auto id = id_of(config_);
    parts_ = std::make_unique<Parts>();
    auto& parts = *parts_;
    parts.bus = bus::Bus::connect(
        service::bus_options(config_.bus, "sonde-agent " + agent_name(config_), id.empty() ? "_INBOX_" + config_.region : admission::inbox_prefix(id)),
        parts.registry);
    parts.core = std::make_unique<Core>(parts.loop, *parts.bus, config_, id, std::move(guard), parts.registry);
    if (!config_.probe_modules_file.empty()) {
        parts.endpoint.emplace(parts.loop, parts.core->scrapes(), endpoint_options(config_), parts.registry);
        parts.endpoint->add_routes(parts.router);
    }
    parts.loop.post([core = parts.core.get()] { core->start(); });
    parts.thread = std::thread([&parts] { parts.loop.run(); });

    parts.health.add("bus", [bus = parts.bus.get()] { return bus->health().connected ? "" : "not connected to NATS"; });
    service::add_operational_routes(parts.router, parts.health, parts.registry);
    http::ServerOptions server;
    server.address = config_.common.listen_address;
    server.port = config_.common.listen_port;
    server.workers = 1;
    parts.server.emplace(server, parts.router, parts.registry);
    log::info("agent_started", "region", config_.region, "name", agent_name(config_), "id", id.empty() ? "none" : id);
}

void AgentApp::stop() {
    if (!parts_) return;
    auto& parts = *parts_;
    if (parts.endpoint) parts.endpoint->close();
    if (parts.thread.joinable()) {
        auto drained = std::make_shared<std::promise<void>>();
        auto is_drained = drained->get_future();
        parts.loop.post([core = parts.core.get(), drain = config_.drain, drained] {
            core->drain(drain, [drained] { drained->set_value(); });
        });
        is_drained.wait_for(config_.drain + kDrainSlack);
        parts.loop.stop();
        parts.thread.join();
        // The last acknowledgements and the last words.
        if (const auto sent = parts.bus->flush(kFlush); !sent) log::warning("flush_failed", "reason", sent.error().message);
    }
    parts.server.reset();
    parts.endpoint.reset();
    parts.core.reset();
    parts.bus.reset();
    parts_.reset();
}

void AgentApp::reload() {
    if (!parts_ || !parts_->core) return;
    if (parts_->endpoint) parts_->endpoint->reload();
    parts_->loop.post([core = parts_->core.get(), guard = guard_of(config_)] { core->set_guard(guard); });
}

int AgentApp::port() const { return parts_ && parts_->server ? parts_->server->port() : 0; }

}  // namespace sonde::agent
