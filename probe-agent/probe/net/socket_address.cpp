#include "probe-agent/probe/net/socket_address.h"

#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace sonde::agent {

using check::FailureClass;

SocketAddress socket_address(const net::Address& address, int port) {
    SocketAddress result;
    if (address.family == AF_INET6) {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&in.sin6_addr, address.bytes, 16);
        std::memcpy(&result.storage, &in, sizeof in);
        result.length = sizeof in;
    } else {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(static_cast<std::uint16_t>(port));
        std::memcpy(&in.sin_addr, address.bytes, 4);
        std::memcpy(&result.storage, &in, sizeof in);
        result.length = sizeof in;
    }
    return result;
}

check::FailureClass class_of_error(int code) {
    switch (code) {
        case ECONNREFUSED:
            return FailureClass::connect_refused;
        case ETIMEDOUT:
            return FailureClass::connect_timeout;
        case ECONNRESET:
            return FailureClass::reset;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case EADDRNOTAVAIL:
            return FailureClass::agent_overload;  // out of descriptors, of memory, of local ports
        case EACCES:
        case EPERM:
        case EAFNOSUPPORT:
            return FailureClass::agent_error;  // this machine's own rules
        default:
            return FailureClass::unreachable;
    }
}

}  // namespace sonde::agent
