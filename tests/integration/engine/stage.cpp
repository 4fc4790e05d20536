#include "tests/integration/engine/stage.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <stdexcept>

#include "lib/base/shard.h"
#include "lib/check/policy.h"
#include "lib/check/spec.h"
#include "lib/message/subject.h"

namespace sonde::engine::test {
namespace {

const std::vector<std::string> kRegions{"eu", "us", "ap"};

db::PoolOptions pool_options(const Secret& dsn) {
    db::PoolOptions options;
    options.dsn = dsn;
    options.application_name = "test";
    options.size = 2;
    return options;
}

sonde::test::PostgresServer& shared_postgres() {
    static sonde::test::PostgresServer server;
    return server;
}

sonde::test::NatsServer& shared_nats() {
    static sonde::test::NatsServer server;
    return server;
}

void require(const Status& status, const char* doing) {
    if (!status) throw std::runtime_error(std::string(doing) + ": " + status.error().message);
}

}  // namespace

Stage::Stage() : postgres(shared_postgres()), nats(shared_nats()) {
    pool_ = std::make_unique<db::Pool>(pool_options(postgres.dsn()), registry_);
    bus::Options options;
    options.urls = {nats.url()};
    options.client_name = "test";
    bus_ = bus::Bus::connect(options, registry_);
    if (!eventually([&] { return bus_->health().connected; })) throw std::runtime_error("no connection to NATS");
    run("truncate region, site, monitor, agent, change, lease, scheduler_cursor, slot_ledger, result, evidence, sight, monitor_state, decision, incident,"
        " incident_monitor, incident_event, incident_update, incident_postmortem, advisory, region_coverage, incident_command, voting_command, outbox,"
        " maintenance, maintenance_occurrence, dependency, monitor_group, group_state, suppression, rollup_again restart identity cascade");
    for (const auto stream : {message::subject::results_stream, message::subject::events_stream, message::subject::parked_stream}) {
        require(bus_->delete_stream(std::string(stream)), "old stream");
    }
    for (const auto& region : kRegions) {
        require(bus_->delete_stream(message::subject::urgent_stream(region)), "old urgent stream");
        require(bus::topology::ensure(*bus_, bus::topology::urgent(region, 1)), "urgent stream");
        run("insert into region (name, failure_domain) values ($1, $1)", {region});
        pullers_.push_back(bus_->pull(message::subject::urgent_stream(region), std::string(message::subject::agents_consumer),
                                      [this, region](bus::Delivery delivery) {
                                          bus_->ack(delivery);
                                          const std::scoped_lock lock(mutex_);
                                          asked_[region].push_back(delivery.payload);
                                      }));
        pullers_.back()->want(1000);
    }
    require(bus::topology::ensure(*bus_, bus::topology::results(1)), "results stream");
    config.bus.urls = {nats.url()};
    config.database.dsn = postgres.dsn();
    config.key_file = directory_.path() + "/key";
    if (const auto made = crypto::SecretBox::make_key_file(config.key_file); !made) throw std::runtime_error(made.error().message);
    config.lease = milliseconds{2000};
    config.linger = milliseconds{5};
    config.relaxed_linger = milliseconds{20};
    config.poll = milliseconds{200};
    config.agent_silence = milliseconds{60'000};
    config.watch_every = milliseconds{600};
    config.hold = milliseconds{0};
    config.stuck_after = milliseconds{1000};
    start_ = wall_now() - seconds{600};
}

Stage::~Stage() { pullers_.clear(); }

std::unique_ptr<EngineApp> Stage::engine() {
    auto app = std::make_unique<EngineApp>(config);
    app->start();
    return app;
}

void Stage::run(const std::string& sql, const std::vector<db::Param>& params) {
    pool_->transact([&](db::Tx& tx) { tx.run_text(sql, params); });
}

SiteId Stage::site(const std::string& name) {
    const auto id = new_id<SiteId>();
    run("insert into site (id, name) values ($1, $2)", {id, name});
    return id;
}

MonitorId Stage::monitor(SiteId site, const std::string& name, std::vector<std::string> regions) {
    const auto id = new_id<MonitorId>();
    check::HttpSpec spec;
    spec.url = "http://192.0.2.1/";
    run("insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, regions, policy)"
        " values ($1, $2, $3, $4, 'http', $5, $6, 30000, 2000, 0, $7, $8)",
        {id, site, shard_of(site), scheduler_share_of(id), name, json::dump(check::write_spec(spec)), regions,
         json::dump(check::write_policy({}))});
    return id;
}

void Stage::publish(const std::string& subject, const std::string& payload) {
    // While NATS comes back, as an agent's spool does: until the stream has it.
    const bool accepted = eventually([&] {
        std::promise<bus::PublishOutcome> outcome;
        bus_->publish_to_stream(subject, payload, [&](bus::PublishOutcome got) { outcome.set_value(got); }, milliseconds{1000});
        return outcome.get_future().get() == bus::PublishOutcome::accepted;
    });
    if (!accepted) throw std::runtime_error("nobody took a message on " + subject);
}

void Stage::report(const std::vector<Report>& reports) {
    std::map<std::pair<std::string, int>, message::ResultBatch> batches;
    for (const auto& report : reports) {
        const auto site = SiteId{count("select site_id from monitor where id = $1", {report.monitor})};
        const auto owner = site ? site : SiteId{1};  // of a monitor nobody knows
        const int shard = shard_of(owner);
        auto& batch = batches[{report.region, shard}];
        batch.region = report.region;
        batch.agent = report.region + "-1";
        batch.shard = shard;
        batch.sent_at = wall_now();
        message::ProbeResult result;
        result.monitor = report.monitor;
        result.site = owner;
        result.revision = report.revision;
        result.slot = report.slot;
        result.attempt = report.attempt;
        result.reason = report.attempt == 0 ? message::JobReason::schedule : message::JobReason::confirm;
        result.started_at = report.started_at.value_or(wall_now());
        result.verdict = report.verdict;
        result.cause = report.cause;
        result.phases.total = microseconds{1500};
        result.http_status = report.verdict == check::Verdict::up ? 200 : 0;
        result.detail = report.detail;
        result.evidence = report.evidence;
        batch.results.push_back(std::move(result));
    }
    for (const auto& [key, batch] : batches) publish(message::subject::results(key.second, key.first), message::write_result_batch(batch));
}

void Stage::round(MonitorId monitor, int n, check::Verdict verdict, check::FailureClass cause) {
    std::vector<Report> reports;
    auto at = wall_now() - milliseconds{10};
    for (const auto& region : kRegions) {
        reports.push_back({.region = region, .monitor = monitor, .slot = slot(n), .verdict = verdict, .cause = cause, .started_at = at});
        at += milliseconds{1};
    }
    report(reports);
}

std::string Stage::text(const std::string& sql, const std::vector<db::Param>& params) {
    return pool_->transact([&](db::Tx& tx) -> std::string {
        const auto rows = tx.run_text(sql, params);
        return rows.empty() || rows[0].is_null(0) ? std::string{} : std::string(rows[0].text(0));
    });
}

std::int64_t Stage::count(const std::string& sql, const std::vector<db::Param>& params) {
    const auto value = text(sql, params);
    return value.empty() ? 0 : std::stoll(value);
}

std::string Stage::state_of(MonitorId monitor) { return text("select state from monitor_state where monitor_id = $1", {monitor}); }

std::string Stage::told_of(SiteId site) {
    return text("select string_agg(kind, ' ' order by id) from outbox where site_id = $1 and kind <> 'monitor.changed'", {site});
}

std::int64_t Stage::command(SiteId site, const std::string& action, std::optional<int> if_version) {
    const auto number = count(
        "insert into incident_command (incident_id, shard, action, actor, body, if_version)"
        " select id, shard, $2, 'token:ann', '{\"comment\": \"on it\"}', $3 from incident where site_id = $1 order by id desc limit 1 returning id",
        {site, action, if_version});
    run("select pg_notify('sonde_command', '')");
    return number;
}

std::string Stage::outcome(std::int64_t command) { return text("select outcome from incident_command where id = $1", {command}); }

std::vector<std::string> Stage::asked(const std::string& region) {
    const std::scoped_lock lock(mutex_);
    return asked_[region];
}

std::uint64_t Stage::messages_in(std::string_view stream) {
    const auto state = bus_->stream_state(std::string(stream));
    return state && *state ? (*state)->messages : 0;
}

namespace {

std::string page(int port, const std::string& path) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string answer;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const auto request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
        if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
            char buffer[4096];
            for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
        }
    }
    ::close(fd);
    return answer;
}

}  // namespace

double metric(const EngineApp& engine, const std::string& line) {
    const auto text = page(engine.port(), "/metrics");
    const auto at = text.find("\n" + line + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size() + 2));
}

bool ready(const EngineApp& engine) { return page(engine.port(), "/readyz").starts_with("HTTP/1.1 200"); }

}  // namespace sonde::engine::test
