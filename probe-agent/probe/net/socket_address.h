// Addresses as the system's calls want them, and what their errors mean for a check.
#pragma once

#include <sys/socket.h>

#include "lib/check/verdict.h"
#include "lib/net/guard.h"

namespace sonde::agent {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const net::Address& address, int port);

// What an errno of connecting or sending says: of the target, of the way to it, or of this machine.
check::FailureClass class_of_error(int code);

}  // namespace sonde::agent
