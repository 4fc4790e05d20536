#include "lib/http/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace sonde::http {
namespace {

constexpr int kBacklog = 1024;

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

Address parse(const std::string& text, int port) {
    Address address;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&address.storage, &v4, address.length = sizeof v4);
    } else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&address.storage, &v6, address.length = sizeof v6);
    } else {
        throw std::runtime_error(fmt::format("cannot listen on \"{}\": it is not a literal IPv4 or IPv6 address", text));
    }
    return address;
}

int bound_port(int fd) {
    Address bound;
    bound.length = sizeof bound.storage;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0) return -1;
    // The port stands at the same place in both families.
    sockaddr_in v4{};
    std::memcpy(&v4, &bound.storage, sizeof v4);
    return ntohs(v4.sin_port);
}

}  // namespace

Listening listen_on(const std::string& address, int port) {
    const auto wanted = parse(address, port);
    const int fd = socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    // A restart must not wait for connections of the one before to leave TIME_WAIT.
    const bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                      bind(fd, reinterpret_cast<const sockaddr*>(&wanted.storage), wanted.length) == 0 &&
                      listen(fd, kBacklog) == 0;
    const int chosen = good ? bound_port(fd) : -1;
    if (chosen >= 0) return {fd, chosen};
    const auto reason = std::generic_category().message(errno);
    if (fd >= 0) close(fd);
    throw std::runtime_error(fmt::format("cannot listen on {} port {}: {}", address, port, reason));
}

std::string address_text(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address != nullptr && address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address != nullptr && address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
        } else {
            inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        }
    }
    return text.data();
}

}  // namespace sonde::http
