// TCP servers that misbehave as a test asks them to: one thread accepts, one thread a connection.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sonde::test {

// Listens on a free port of 127.0.0.1. `serve` runs on a thread of its own for each connection, which is closed when it returns;
// the destructor shuts all connections down and joins, so that blocking reads and writes end.
class RawServer {
public:
    using Serve = std::function<void(int fd)>;
    explicit RawServer(Serve serve);
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url(const std::string& path = "/", const std::string& scheme = "http") const;
    [[nodiscard]] int connections() const { return connections_; }

private:
    void accept_all();

    Serve serve_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::mutex mutex_;
    bool stopping_ = false;
    std::vector<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

// The head of an HTTP request and as much of its body as Content-Length says; what came, if the other side ended.
std::string read_request(int fd);
// False if the other side is gone.
bool send_all(int fd, std::string_view bytes);
// Answers a request with one fixed text.
RawServer::Serve answering(std::string text);
// Reads until the other side ends: holds a connection open in silence.
void wait_for_end(int fd);
// Closes with a RST.
void reset(int fd);

// A port on which nobody listens.
int closed_port();

// A listener whose queue is full: connections to it hang.
class FullListener {
public:
    FullListener();
    ~FullListener();
    FullListener(const FullListener&) = delete;
    FullListener& operator=(const FullListener&) = delete;
    [[nodiscard]] int port() const { return port_; }

private:
    int listener_ = -1;
    int port_ = 0;
    std::vector<int> filling_;
};

}  // namespace sonde::test
