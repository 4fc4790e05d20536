// One server for all test cases of the program: they keep apart by the names of their tables.
#pragma once

#include "lib/db/db.h"
#include "tests/support/servers.h"

namespace sonde::test {

inline PostgresServer& shared_postgres() {
    static PostgresServer server;
    return server;
}

inline db::PoolOptions pool_options(const PostgresServer& server, int size = 2) {
    db::PoolOptions options;
    options.dsn = server.dsn();
    options.application_name = "sonde-test";
    options.size = size;
    return options;
}

// A pool on the shared server, with its metrics.
struct TestPool {
    explicit TestPool(int size = 2) : pool(pool_options(shared_postgres(), size), metrics) {}
    explicit TestPool(db::PoolOptions options) : pool(std::move(options), metrics) {}
    metrics::Registry metrics;
    db::Pool pool;
};

// The failure that `body` throws; nothing if it throws none.
template <class Body>
std::optional<db::Failure> failure_of(Body body) {
    try {
        body();
    } catch (const db::DbError& error) {
        return error.failure();
    }
    return std::nullopt;
}

}  // namespace sonde::test
