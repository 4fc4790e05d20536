// The whole control plane in one process, on real servers.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "controlplane/app.h"
#include "lib/base/status_page_id.h"
#include "lib/crypto/crypto.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/http/raw_client.h"

namespace api_app_test {

using namespace sonde;
using namespace sonde::test;

namespace {

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-app-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Directory() { std::filesystem::remove_all(path); }
};

controlplane::ControlplaneConfig configuration(const Secret& dsn, const std::string& nats, const Directory& directory) {
    controlplane::ControlplaneConfig config;
    config.database.dsn = dsn;
    config.bus.urls = {nats};
    config.key_file = directory.path / "key";
    REQUIRE(crypto::SecretBox::make_key_file(config.key_file).ok());
    return config;
}

std::string why_not(controlplane::ControlplaneConfig& config) {
    controlplane::ControlplaneApp app(config);
    try {
        app.start();
    } catch (const std::runtime_error& error) {
        app.stop();
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the control plane starts, tells what it lacks, finds it again and stops") {
    PostgresServer postgres;
    NatsServer nats;
    const Directory directory;
    auto config = configuration(postgres.dsn(), nats.url(), directory);
    controlplane::ControlplaneApp app(config);
    app.start();
    const Client client(app.port(), "");
    const auto ready = [&client] { return client.get("/readyz").status; };
    CHECK(eventually([&] { return ready() == 200; }));
    CHECK(client.get("/").json()["name"] == "sonde");
    CHECK(client.get("/v1/sites").status == 401);
    CHECK(client.get("/metrics").body.find("sonde_http_requests_total") != std::string::npos);

    nats.kill_hard();
    CHECK(eventually([&] { return ready() == 503; }));
    CHECK(client.get("/readyz").json()["checks"]["bus"] == "not connected to NATS");
    CHECK(client.get("/v1/sites").status == 401);  // the API goes on without the bus
    nats.restart();
    CHECK(eventually([&] { return ready() == 200; }));

    postgres.kill_hard();
    CHECK(eventually([&] { return ready() == 503; }));
    postgres.restart();
    CHECK(eventually([&] { return ready() == 200; }));
    app.stop();
    app.stop();
    CHECK(app.port() == 0);
}

TEST_CASE("with status pages on disk it starts without the database, and begins its work when that is there") {
    PostgresServer postgres;
    NatsServer nats;
    const Directory directory;
    auto config = configuration(postgres.dsn(), nats.url(), directory);
    config.status_pages.directory = directory.path / "pages";
    {
        controlplane::ControlplaneApp app(config);
        app.start();
        db::PoolOptions options;
        options.dsn = postgres.dsn();
        metrics::Registry metrics;
        db::Pool pool(options, metrics);
        pool.transact([](db::Tx& tx) {
            tx.run_text(R"(insert into status_page (id, slug, title, description, language, time_zone, logo, favicon, accent, css, home_url, support_url, indexed, shows_uptime,
                                                    shows_history, access, days, accounting, groups, monitors, sites)
                           values (7, 'acme', 'Acme', '', 'en', 'UTC', '', '', '#2563eb', '', '', '', true, true, true, 'public', 90, '{}', '[]', '{}', '{}'))");
        });
        CHECK(eventually([&] { return std::filesystem::exists(directory.path / "pages" / (StatusPageId{7}.text() + ".json")); }, 30000));
        app.stop();
    }
    postgres.kill_hard();
    config.status_pages_port = free_port();
    controlplane::ControlplaneApp app(config);
    app.start();
    app.stop();  // also while it waits
    app.start();
    const Client client(app.port(), "");
    CHECK(client.get("/livez").status == 200);
    // The pages are there, and at a port of their own nothing else is.
    CHECK(get(app.port(), "/status/acme/").status == 200);
    CHECK(get(config.status_pages_port, "/status/acme/").status == 200);
    for (const auto* target : {"/", "/v1/sites", "/metrics", "/livez", "/docs", "/status/other/"}) CHECK(get(config.status_pages_port, target).status == 404);
    CHECK(client.get("/metrics").body.find("sonde_http_connections{server=\"status_pages\"}") != std::string::npos);
    CHECK(client.get("/readyz").status == 503);
    CHECK(client.get("/ping/whoever").status == 503);
    postgres.restart();
    CHECK(eventually([&] { return client.get("/readyz").status == 200; }, 30000));
    CHECK(eventually([&] { return client.get("/ping/whoever").status == 404; }, 30000));
    app.stop();
}

TEST_CASE("a control plane that cannot start says why, and leaves nothing behind") {
    const PostgresServer unmigrated(false);
    const Directory directory;
    auto config = configuration(unmigrated.dsn(), "nats://127.0.0.1:1", directory);
    CHECK(why_not(config).starts_with("cannot use the database: "));
    std::filesystem::permissions(config.key_file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
    CHECK(why_not(config).find("may be read by others") != std::string::npos);
    config.key_file = directory.path / "nothing";
    CHECK(why_not(config).starts_with("cannot use secrets.key_file: cannot read the key file"));
}

}  // namespace api_app_test
