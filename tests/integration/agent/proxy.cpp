#include "tests/integration/agent/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/crypto/crypto.h"

namespace sonde::test {
namespace {

int connect_local(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
}

// Carries bytes both ways until either side ends.
void carry(int one, int other) {
    pollfd ends[2] = {{one, POLLIN, 0}, {other, POLLIN, 0}};
    char buffer[16 * 1024];
    while (::poll(ends, 2, -1) > 0) {
        for (int i = 0; i < 2; ++i) {
            if (ends[i].revents == 0) continue;
            const auto got = ::recv(ends[i].fd, buffer, sizeof buffer, 0);
            if (got <= 0 || !send_all(ends[1 - i].fd, std::string_view(buffer, static_cast<std::size_t>(got)))) return;
        }
    }
}

}  // namespace

Proxy::Proxy(std::string credentials) : credentials_(std::move(credentials)), server_([this](int fd) { serve(fd); }) {}

std::string Proxy::request() const {
    const std::scoped_lock lock(mutex_);
    return request_;
}

void Proxy::serve(int fd) {
    const auto request = read_request(fd);
    {
        const std::scoped_lock lock(mutex_);
        request_ = request;
    }
    const auto wanted = "\r\nProxy-Authorization: Basic " + crypto::base64(credentials_) + "\r\n";
    if (!credentials_.empty() && request.find(wanted) == std::string::npos) {
        send_all(fd, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    if (!request.starts_with("CONNECT ")) {
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nby proxy!");
        return;
    }
    const int to = connect_local(std::atoi(request.c_str() + request.find(':') + 1));
    if (to < 0) {
        send_all(fd, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    send_all(fd, "HTTP/1.1 200 Connection established\r\nX-Proxy: here\r\n\r\n");
    carry(fd, to);
    ::close(to);
}

}  // namespace sonde::test
