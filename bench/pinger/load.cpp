#include "bench/pinger/load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace sonde::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int fd = -1;
    std::string received;
    MonotonicPoint asked;
    bool waits = false;  // for an answer
};

int connect_to(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect to port " + std::to_string(port) + ": " + std::strerror(errno));
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// The status of the answer at the beginning of `text`, which is removed from it; 0 if it is not whole yet. Answers have a Content-Length.
int take_answer(std::string& text) {
    const auto head = text.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    constexpr std::string_view kLength = "Content-Length: ";
    const auto field = text.find(kLength);
    std::size_t length = 0;
    if (field < head) std::from_chars(text.data() + field + kLength.size(), text.data() + head, length);
    if (text.size() < head + 4 + length) return 0;
    int status = 0;
    std::from_chars(text.data() + 9, text.data() + 12, status);
    text.erase(0, head + 4 + length);
    return status == 0 ? -1 : status;
}

class Loop {
public:
    explicit Loop(const PingLoad& load) : load_(load), epoll_(::epoll_create1(EPOLL_CLOEXEC)), connections_(static_cast<std::size_t>(load.connections)) {
        requests_.reserve(load.paths.size());
        for (const auto& path : load.paths) requests_.push_back("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        report_.latencies_us.reserve(static_cast<std::size_t>(load.count));
        for (auto& connection : connections_) open(connection);
    }
    ~Loop() {
        for (const auto& connection : connections_) ::close(connection.fd);
        ::close(epoll_);
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    PingReport run() {
        const auto began = Clock::now();
        for (auto& connection : connections_) ask(connection);
        std::array<epoll_event, 64> events{};
        while (ended() < load_.count) {
            const int ready = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            for (int i = 0; i < ready; ++i) hear(*static_cast<Connection*>(events.at(static_cast<std::size_t>(i)).data.ptr));
        }
        report_.took = std::chrono::duration_cast<microseconds>(Clock::now() - began);
        return std::move(report_);
    }

private:
    [[nodiscard]] std::int64_t ended() const { return report_.answered + report_.refused + report_.lost; }

    void open(Connection& connection) {
        connection.fd = connect_to(load_.port);
        connection.received.clear();
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    }

    // A request fits into what a socket takes at once.
    void ask(Connection& connection) {
        connection.waits = false;
        if (asked_ == load_.count) return;
        const auto& request = requests_[static_cast<std::size_t>(asked_++) % requests_.size()];
        connection.asked = Clock::now();
        connection.waits = true;
        if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) lose(connection);
    }

    void hear(Connection& connection) {
        std::array<char, 4096> buffer{};
        const auto got = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return lose(connection);
        connection.received.append(buffer.data(), static_cast<std::size_t>(got));
        const int status = take_answer(connection.received);
        if (status == 0) return;
        if (status == 200) {
            ++report_.answered;
            report_.latencies_us.push_back(static_cast<std::uint32_t>(std::chrono::duration_cast<microseconds>(Clock::now() - connection.asked).count()));
        } else {
            ++report_.refused;
        }
        ask(connection);
    }

    void lose(Connection& connection) {
        ::close(connection.fd);
        if (connection.waits) ++report_.lost;
        open(connection);
        ask(connection);
    }

    const PingLoad& load_;
    int epoll_;
    std::vector<std::string> requests_;
    std::vector<Connection> connections_;
    std::int64_t asked_ = 0;
    PingReport report_;
};

}  // namespace

PingReport run(const PingLoad& load) { return Loop(load).run(); }

}  // namespace sonde::bench
