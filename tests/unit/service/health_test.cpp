#include <doctest/doctest.h>

#include <stdexcept>

#include "lib/service/service.h"

namespace health_test {

using namespace sonde;

namespace {

struct Operations {
    service::Health health;
    metrics::Registry metrics;
    http::Router router;

    Operations() { service::add_operational_routes(router, health, metrics); }

    http::Response get(const char* path) {
        http::Request request;
        request.path = path;
        return router.dispatch(request);
    }
};

}  // namespace

TEST_CASE("a service is ready when all conditions hold, and says which does not") {
    Operations operations;
    std::string database;
    operations.health.add("database", [&database] { return database; });
    operations.health.add("bus", [] { return std::string(); });
    CHECK(operations.get("/readyz").status == 200);
    CHECK(operations.get("/readyz").body == R"({"ready":true,"checks":{"database":"ok","bus":"ok"}})");
    database = "no connection";
    CHECK(operations.get("/readyz").status == 503);
    CHECK(operations.get("/readyz").body == R"({"ready":false,"checks":{"database":"no connection","bus":"ok"}})");
    CHECK(operations.get("/livez").status == 200);
}

TEST_CASE("a condition that throws does not hold") {
    service::Health health;
    health.add("broken", []() -> std::string { throw std::runtime_error("gone"); });
    CHECK_FALSE(health.report().ready);
    CHECK(health.report().document["checks"]["broken"] == "gone");
}

TEST_CASE("the metrics route exposes the registry and the process") {
    Operations operations;
    operations.metrics.counter({"sonde_test_total", "A test."}).add(3);
    const auto response = operations.get("/metrics");
    CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(response.body.find("sonde_test_total 3\n") != std::string::npos);
    for (const auto* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds ",
                             "process_start_time_seconds ", "sonde_build_info{version=\""}) {
        CHECK_MESSAGE(response.body.find(std::string("\n") + name) != std::string::npos, name);
    }
}

TEST_CASE("the common keys refuse what can never work") {
    service::CommonConfig common;
    service::BusConfig bus;
    int replicas = 1;
    service::DatabaseConfig database;
    config::Keys keys;
    service::add_common_keys(keys, common);
    service::add_bus_keys(keys, bus);
    service::add_replicas_key(keys, replicas);
    service::add_database_keys(keys, database);
    CHECK(config::load_text("", "defaults", keys).ok());
    const auto refused = config::load_text(
        "listen: {address: localhost}\n"
        "nats:\n"
        "  urls: [http://x]\n"
        "  password: p\n"
        "  replicas: 2\n"
        "database:\n"
        "  dsn: somewhere\n",
        "x", keys);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message ==
          "x:1: \"listen.address\" must be a literal IPv4 or IPv6 address\n"
          "x:3: \"nats.urls\" must be URLs that begin with nats:// or tls://\n"
          "x:4: \"nats.password\" needs \"nats.user\"\n"
          "x:5: \"nats.replicas\" must be 1, 3 or 5\n"
          "x:7: \"database.dsn\" must be a PostgreSQL URI or connection string");
}

}  // namespace health_test
