#include "tests/integration/agent/raw_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace sonde::test {
namespace {

// A socket bound to a free port of 127.0.0.1, and the port.
std::pair<int, int> bound_socket() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || ::bind(fd, any, length) != 0 || ::getsockname(fd, any, &length) != 0) {
        throw std::runtime_error(std::string("cannot bind: ") + std::strerror(errno));
    }
    return {fd, ntohs(address.sin_port)};
}

}  // namespace

RawServer::RawServer(Serve serve) : serve_(std::move(serve)) {
    std::tie(listener_, port_) = bound_socket();
    if (::listen(listener_, 1024) != 0) throw std::runtime_error("cannot listen");
    acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
}

std::string RawServer::url(const std::string& path, const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
}

void RawServer::accept_all() {
    while (true) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::scoped_lock lock(mutex_);
        if (stopping_) {
            ::close(fd);
            return;
        }
        ++connections_;
        open_.push_back(fd);
        threads_.emplace_back([this, fd] {
            serve_(fd);
            const std::scoped_lock closing(mutex_);
            open_.erase(std::find(open_.begin(), open_.end(), fd));
            ::close(fd);
        });
    }
}

std::string read_request(int fd) {
    std::string text;
    char buffer[4096];
    while (true) {
        if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) {
            constexpr std::string_view field = "Content-Length: ";
            const auto at = text.find(field);
            const auto body =
                at == std::string::npos ? 0U : static_cast<std::size_t>(std::atoi(text.c_str() + at + field.size()));
            if (text.size() >= end + 4 + body) return text;
        }
        const auto got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

RawServer::Serve answering(std::string text) {
    return [text = std::move(text)](int fd) {
        read_request(fd);
        send_all(fd, text);
    };
}

void wait_for_end(int fd) {
    char byte = 0;
    while (::recv(fd, &byte, 1, 0) > 0) {
    }
}

void reset(int fd) {
    const linger at_once{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int closed_port() {
    const auto [fd, port] = bound_socket();
    ::close(fd);
    return port;
}

FullListener::FullListener() {
    std::tie(listener_, port_) = bound_socket();
    if (::listen(listener_, 0) != 0) throw std::runtime_error("cannot listen");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    // Some more than the queue holds: what does not fit hangs, as the check will.
    for (int i = 0; i < 4; ++i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        static_cast<void>(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
        filling_.push_back(fd);
    }
}

FullListener::~FullListener() {
    for (const int fd : filling_) ::close(fd);
    ::close(listener_);
}

}  // namespace sonde::test
