// `/probe`: the agent as a blackbox_exporter.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "lib/http/router.h"
#include "lib/metrics/metrics.h"
#include "lib/uv/loop.h"
#include "probe-agent/blackbox/answer_thread.h"
#include "probe-agent/blackbox/module_file.h"
#include "probe-agent/blackbox/scrapes.h"

namespace sonde::agent::blackbox {

constexpr metrics::Family kScrapes{"sonde_agent_probe_requests_total", "Requests for probes at /probe, by what became of them."};

struct EndpointOptions {
    std::string modules_file{};
    std::string token_file{};  // with the bearer token that is asked for; empty: none is
    int concurrency = 50;
    milliseconds timeout_offset{500};  // less than the scrape has, so that the answer comes in time
};

// Takes requests on the HTTP server's thread, has them run on the loop, and answers from a thread of its own. The loop and the scrapes must
// outlive it, and it the server.
class Endpoint {
public:
    static constexpr const char* kPath = "/probe";
    static constexpr const char* kUsualModule = "http_2xx";

    // Throws std::runtime_error for files that cannot be read, with every mistake in them.
    Endpoint(uv::Loop& loop, Scrapes& scrapes, EndpointOptions options, metrics::Registry& metrics);
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    void add_routes(http::Router& router);
    // Reads both files again. What is wrong with them is logged, and what was read before is kept. Any thread.
    void reload();
    // From now on, requests are told that the agent stops. Any thread.
    void close() { closed_ = true; }

private:
    struct Settings {
        std::shared_ptr<const Modules> modules;
        std::string token;
    };
    static Result<Settings> read(const EndpointOptions& options);
    [[nodiscard]] std::shared_ptr<const Settings> settings() const;
    void asked(const http::Request& request, const http::Reply& reply);
    void run(Errand errand, milliseconds timeout, bool debug, const http::Reply& reply);
    void refuse(const http::Reply& reply, http::Response response);
    metrics::Counter& counter(const char* outcome);

    uv::Loop& loop_;
    Scrapes& scrapes_;
    EndpointOptions options_;
    metrics::Registry& metrics_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Settings> settings_;
    std::atomic<bool> closed_{false};
    std::atomic<int> open_{0};  // run, or waiting to be answered
    AnswerThread answers_;
};

}  // namespace sonde::agent::blackbox
