// A small HTTP proxy: CONNECT to anywhere on this machine, and plain requests, which it answers itself.
#pragma once

#include "tests/integration/agent/raw_server.h"

namespace sonde::test {

class Proxy {
public:
    // With `credentials` (`user:password`) it wants them, and refuses with 407 otherwise.
    explicit Proxy(std::string credentials = "");

    [[nodiscard]] std::string url() const { return "http://good.test:" + std::to_string(server_.port()); }
    [[nodiscard]] int port() const { return server_.port(); }
    // The head of the last request.
    [[nodiscard]] std::string request() const;

private:
    void serve(int fd);

    std::string credentials_;
    mutable std::mutex mutex_;
    std::string request_;
    RawServer server_;  // last: its threads use the others
};

}  // namespace sonde::test
