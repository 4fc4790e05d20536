// A server with a handler of every sort that tests need.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "lib/http/server.h"
#include "tests/integration/http/raw_client.h"
#include "tests/support/servers.h"

namespace sonde::test {

// Handlers wait at it until it is opened.
class Door {
public:
    ~Door() { open(); }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        wake_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        wake_.wait(lock, [this] { return open_; });
        --waiting_;
    }
    int waiting() {
        const std::scoped_lock lock(mutex_);
        return waiting_;
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool open_ = false;
    int waiting_ = 0;
};

struct HttpFixture {
    metrics::Registry metrics;
    http::Router router;
    Door door;
    std::unique_ptr<http::Server> server;

    explicit HttpFixture(http::ServerOptions options = {}) {
        using http::Method;
        using http::Request;
        using http::Response;
        router.add(Method::get, "/fast", [](const Request&) { return Response::text("fast"); });
        router.add(Method::get, "/slow", [this](const Request&) {
            door.pass();
            return Response::text("slow");
        });
        router.add(Method::post, "/echo", [](const Request& request) { return Response::text(request.body); });
        router.add(Method::get, "/say/{what}", [](const Request& request) {
            return Response::text(request.parameters.at("what") + "|" + request.peer + "|" +
                                  (request.header("x-test") ? *request.header("x-test") : ""));
        });
        router.add(Method::get, "/throws", [](const Request&) -> Response { throw std::runtime_error("the key is hunter2"); });
        router.add(Method::get, "/problem", [](const Request&) -> Response {
            throw http::ProblemError{http::problem::conflict, "Taken.", {}};
        });
        router.add(Method::get, "/cached",
                   [](const Request&) { return Response::text("c").with("Cache-Control", "max-age=5").with("ETag", "\"1\""); });
        router.add(Method::get, "/unsendable",
                   [](const Request&) { return Response::text("x").with("X-Evil", "a\r\nSet-Cookie: b"); });
        router.add(Method::get, "/large", [](const Request&) { return Response::text(std::string(16U << 20U, 'x')); });
        router.add(Method::del, "/empty", [](const Request&) { return Response::empty(); });
        server = std::make_unique<http::Server>(std::move(options), router, metrics);
    }
    ~HttpFixture() { door.open(); }
    HttpFixture(const HttpFixture&) = delete;
    HttpFixture& operator=(const HttpFixture&) = delete;

    [[nodiscard]] int port() const { return server->port(); }
    [[nodiscard]] bool exposes(const std::string& line) const { return metrics.expose().find(line) != std::string::npos; }
};

}  // namespace sonde::test
