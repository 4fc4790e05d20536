// Listening sockets and the addresses of peers. Internal to lib/http.
#pragma once

#include <sys/socket.h>

#include <string>

namespace sonde::http {

struct Listening {
    int fd;    // non-blocking, owned by the caller
    int port;  // the one that was chosen, where any was asked for
};

// Throws std::runtime_error with address, port and reason.
Listening listen_on(const std::string& address, int port);

// `192.0.2.1` or `2001:db8::1`; an IPv4 peer of an IPv6 socket as IPv4. Empty if it is neither.
std::string address_text(const sockaddr* address);

}  // namespace sonde::http
