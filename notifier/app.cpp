#include "notifier/app.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "lib/crypto/crypto.h"
#include "lib/db/migrate.h"
#include "lib/log/log.h"
#include "lib/net/guard.h"
#include "notifier/deadman/deadman.h"
#include "notifier/subscriber/worker.h"
#include "notifier/worker.h"

namespace sonde::notifier {
namespace {

// The longest a stop can wait for the database after its drain; no statement of ours takes a tenth of it.
constexpr milliseconds kStatementTimeout{10'000};
constexpr std::string_view kNotices = "sonde_page_notice";

template <class Value>
Value or_throw(Result<Value> result, std::string_view doing) {
    if (!result) throw std::runtime_error(fmt::format("{}: {}", doing, result.error().message));
    return *std::move(result);
}

net::Guard guard_of(const NotifierConfig& config) {
    return or_throw(net::make_guard(config.guard_allow, config.guard_deny), "cannot read guard.allow and guard.deny");
}

// Of addresses that strangers gave.
net::Guard strangers_guard_of(const NotifierConfig& config) {
    return or_throw(net::make_guard(config.subscriber_guard_allow, config.guard_deny), "cannot read subscribers.guard_allow and guard.deny");
}

// Names this process in leases: for people by its number, and unique wherever that number comes from.
std::string owner_name() { return fmt::format("notifier/{}/{}", getpid(), crypto::hex(crypto::random_bytes(6))); }

WorkerOptions worker_options(const NotifierConfig& config) {
    WorkerOptions options;
    options.owner = owner_name();
    options.max_in_flight = config.max_in_flight;
    options.max_per_channel = config.max_per_channel;
    options.lease = config.lease;
    options.drain = config.drain;
    options.retry.give_up_after = config.give_up_after;
    options.links = {config.base_url, config.acknowledge_for};
    return options;
}

subscriber::WorkerOptions subscriber_options(const NotifierConfig& config) {
    subscriber::WorkerOptions options;
    options.owner = owner_name();
    options.base_url = config.base_url;
    options.max_mails = config.subscriber_mails;
    options.max_webhooks = config.subscriber_webhooks;
    options.mails_per_second = config.subscriber_mails_per_second;
    options.lease = config.lease;
    options.drain = config.drain;
    options.retry.give_up_after = config.give_up_after;
    return options;
}

}  // namespace

// In the order of starting; destroyed in reverse.
struct NotifierApp::Parts {
    metrics::Registry registry;
    Metrics metrics{registry};
    subscriber::Metrics subscriber_metrics{registry};
    service::Health health;
    http::Router router;
    std::optional<db::Pool> pool;
    std::optional<Courier> courier;
    std::optional<Courier> strangers_courier;
    std::optional<Worker> worker;
    std::optional<subscriber::Worker> subscribers;
    std::optional<db::Listener> listener;
    std::optional<Deadman> deadman;
    std::optional<http::Server> server;
};

NotifierApp::NotifierApp(const NotifierConfig& config) : config_(config) {}

NotifierApp::~NotifierApp() { stop(); }

void NotifierApp::start() {
    auto box = or_throw(crypto::SecretBox::from_key_file(config_.key_file), "cannot use secrets.key_file");
    auto guard = guard_of(config_);
    parts_ = std::make_unique<Parts>();
    auto& parts = *parts_;

    auto pool = service::pool_options(config_.database, "sonde-notifier");
    pool.statement_timeout = kStatementTimeout;
    parts.pool.emplace(std::move(pool), parts.registry);
    or_throw(db::check_schema(*parts.pool), "cannot use the database");
    const SenderOptions sender{config_.timeout, config_.mail_timeout, config_.ca_file};
    parts.courier.emplace(sender, std::move(guard));
    parts.strangers_courier.emplace(sender, strangers_guard_of(config_));
    parts.worker.emplace(*parts.pool, *parts.courier, box, worker_options(config_), parts.metrics);
    parts.worker->start();
    parts.subscribers.emplace(*parts.pool, *parts.courier, *parts.strangers_courier, std::move(box), subscriber_options(config_), parts.subscriber_metrics);
    parts.subscribers->start();
    parts.listener.emplace(config_.database.dsn, std::vector<std::string>{"sonde_outbox", "sonde_change", std::string(kNotices)}, [&parts](std::string_view channel) {
        if (channel.empty() || channel != kNotices) parts.worker->wake();
        if (channel.empty() || channel == kNotices) parts.subscribers->wake();
    });

    if (!config_.deadman_url.empty()) parts.deadman.emplace(DeadmanOptions{config_.deadman_url, config_.deadman_every}, *parts.pool, *parts.courier, parts.registry);

    parts.health.add("database", [worker = &*parts.worker] { return worker->database_trouble(); });
    parts.health.add("backlog", [worker = &*parts.worker] { return worker->backlog_trouble(); });
    service::add_operational_routes(parts.router, parts.health, parts.registry);
    http::ServerOptions server;
    server.address = config_.common.listen_address;
    server.port = config_.common.listen_port;
    server.workers = 1;
    parts.server.emplace(server, parts.router, parts.registry);
}

void NotifierApp::stop() {
    if (!parts_) return;
    parts_->server.reset();
    parts_->deadman.reset();
    parts_->listener.reset();
    // Side by side: each waits for the answers to what it sent.
    std::thread subscribers([this] {
        if (parts_->subscribers) parts_->subscribers->stop();
    });
    if (parts_->worker) parts_->worker->stop();
    subscribers.join();
    parts_->courier.reset();
    parts_->strangers_courier.reset();
    parts_.reset();
}

void NotifierApp::reload() {
    if (parts_ && parts_->courier) parts_->courier->set_guard(guard_of(config_));
    if (parts_ && parts_->strangers_courier) parts_->strangers_courier->set_guard(strangers_guard_of(config_));
}

int NotifierApp::port() const { return parts_ && parts_->server ? parts_->server->port() : 0; }

}  // namespace sonde::notifier
