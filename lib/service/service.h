// What every service has in common: arguments, configuration, logging, signals, health, metrics, ordered start and stop.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/secret.h"
#include "lib/bus/bus.h"
#include "lib/config/config.h"
#include "lib/db/db.h"
#include "lib/http/server.h"
#include "lib/json/json.h"
#include "lib/metrics/metrics.h"

namespace sonde::service {

// Keys that every service has.
struct CommonConfig {
    std::string log_level = "info";
    std::string listen_address = "127.0.0.1";
    int listen_port = 0;  // /metrics, /livez, /readyz; the API as well in the control plane
};
void add_common_keys(config::Keys& keys, CommonConfig& config);

// Keys of the services that use the bus.
struct BusConfig {
    std::vector<std::string> urls{"nats://127.0.0.1:4222"};
    std::string user;
    Secret password;
    std::string credentials_file;
    std::string ca_file;
};
void add_bus_keys(config::Keys& keys, BusConfig& config);
// Of those that make streams.
void add_replicas_key(config::Keys& keys, int& replicas);
// Answers arrive below `inbox_prefix`.
bus::Options bus_options(const BusConfig& config, std::string client_name, std::string inbox_prefix);

// Keys of the services that use the database.
struct DatabaseConfig {
    Secret dsn{"postgresql://localhost/sonde"};
    int pool_size = 4;
    milliseconds acquire_timeout{5000};
};
void add_database_keys(config::Keys& keys, DatabaseConfig& config);
db::PoolOptions pool_options(const DatabaseConfig& config, std::string application_name);

// Named conditions; a service is ready when all hold. Thread-safe; checks are called on the asking thread.
class Health {
public:
    // `check` returns an empty text when well, else the reason. Must return within a second.
    void add(std::string name, std::function<std::string()> check);
    struct Report {
        bool ready = true;
        Json document;  // {"ready": bool, "checks": {"name": "ok" | reason}}
    };
    [[nodiscard]] Report report() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::pair<std::string, std::function<std::string()>>> checks_;
};

// GET /livez (200 while the process answers), /readyz (200, or 503 with what is not well), /metrics (with those of the process).
// All three must outlive the router.
void add_operational_routes(http::Router& router, const Health& health, const metrics::Registry& metrics);

// One service's own part. `main.cpp` builds one and hands it to `run_service`.
class App {
public:
    virtual ~App() = default;
    // Begins to work and returns; throws std::runtime_error with a message for people. What was begun is undone by `stop`.
    virtual void start() = 0;
    // Ends everything `start` began, in reverse order, also after a partial start. May take as long as the drain deadline.
    virtual void stop() = 0;
    // After SIGHUP, with the configuration targets already changed: takes the reloadable keys over.
    virtual void reload() {}
    // The port of the service's HTTP server, once started; written to the ready file.
    [[nodiscard]] virtual int port() const = 0;
};

struct Program {
    std::string name;  // `sonde-agent`
    std::string description;
    config::Keys keys;                               // targets live as long as the process
    std::string* log_level = nullptr;                // among the targets
    std::function<std::unique_ptr<App>()> make_app;  // after the configuration was read
};

// Understands `--config FILE`, `--check-config`, `--print-config`, `--config-reference`, `--ready-file FILE`, `--version`,
// `--help`. With a ready file, writes `{"pid":…,"port":…}` to it (atomically) once started. SIGTERM and SIGINT stop; a second one
// ends at once; SIGHUP reloads: an invalid file is logged and the last good kept; changed keys that are not reloadable are named
// in a warning. Exit codes: 0 stopped, 1 could not start or failed, 2 wrong usage or configuration.
//
// To be called before any thread was started: SIGTERM, SIGINT and SIGHUP are blocked in all threads but one, which waits for
// them; SIGPIPE is ignored. `start`, `reload` and `stop` run on the calling thread. The targets of the keys belong to it: what
// other threads need, an App copies in `start` and `reload`.
int run_service(int argc, char** argv, Program& program);

// The version of this build, `0.1.0`.
std::string_view version();

}  // namespace sonde::service
