// The agent's /probe by itself, and what it answers, taken apart.
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "lib/http/server.h"
#include "probe-agent/blackbox/endpoint.h"
#include "probe-agent/probe/probes.h"
#include "tests/integration/http/raw_client.h"
#include "tests/support/temp_dir.h"

namespace sonde::test {

// A series without blanks, labels in the order of their names, and its value. Throws std::runtime_error for what is not Prometheus' text format.
std::map<std::string, double> read_series(const std::string& text);

// Serves modules on a free port of 127.0.0.1. Loopback may be probed but for 127.0.0.66, which is `blocked.test`; `good.test` is 127.0.0.1,
// other names are what `name_servers` say.
class Exporter {
public:
    explicit Exporter(const std::string& modules, agent::blackbox::EndpointOptions options = {}, std::vector<std::string> name_servers = {});
    ~Exporter();
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    // `query` as it stands behind `/probe?`.
    RawAnswer ask(const std::string& query, const std::string& headers = "");
    RawAnswer request(const std::string& head);
    // The series of an answer, which must be 200.
    std::map<std::string, double> probe(const std::string& query, const std::string& headers = "");
    void write_modules(const std::string& text) { std::ofstream(modules_file()) << text; }
    void reload() { endpoint_.reload(); }
    // Ends what is under way, as the agent does when it stops.
    void stop();

    [[nodiscard]] std::string modules_file() const { return directory_.path() + "/modules.yaml"; }
    [[nodiscard]] std::string directory() const { return directory_.path(); }
    [[nodiscard]] int port() const { return server_->port(); }
    [[nodiscard]] std::string metrics() const { return registry_.expose(); }

private:
    agent::Resolver::Options names(std::vector<std::string> name_servers);
    agent::blackbox::EndpointOptions with_modules(agent::blackbox::EndpointOptions options, const std::string& modules);

    TempDir directory_;
    metrics::Registry registry_;
    uv::Loop loop_;
    agent::Resolver resolver_;
    agent::Probes probes_;
    agent::blackbox::Scrapes scrapes_;
    agent::blackbox::Endpoint endpoint_;
    http::Router router_;
    std::thread thread_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace sonde::test
