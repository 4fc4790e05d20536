#include "probe-agent/probe/net/connector.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "probe-agent/probe/net/socket_address.h"

namespace sonde::agent {
namespace {

using check::FailureClass;

// Of several failures the target's own word says most, and this machine's troubles least.
int weight(FailureClass cause) {
    switch (cause) {
        case FailureClass::connect_refused:
            return 5;
        case FailureClass::reset:
            return 4;
        case FailureClass::connect_timeout:
            return 3;
        case FailureClass::unreachable:
            return 2;
        case FailureClass::none:
            return 0;
        default:
            return 1;
    }
}

}  // namespace

Connector::Connector(uv::Loop& loop, std::vector<net::Address> addresses, int port, std::function<void(Connected)> done)
    : loop_(loop), addresses_(std::move(addresses)), port_(port), done_(std::move(done)) {}

void Connector::start() { next(); }

std::string Connector::trying() const {
    std::string list;
    for (const auto& attempt : trying_) list += (list.empty() ? "" : ", ") + net::with_port(attempt.address, port_);
    return list;
}

// Starts tries until one is under way, or none is left.
void Connector::next() {
    while (next_ < addresses_.size()) {
        const auto address = addresses_[next_++];
        Socket socket(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
        if (!socket) {
            failed(address, "open a socket for", errno);
            continue;
        }
        const auto to = socket_address(address, port_);
        if (::connect(socket.fd(), to.raw(), to.length) == 0) {
            return finish({FailureClass::none, "", std::move(socket), address});
        }
        if (errno != EINPROGRESS) {
            failed(address, "connect to", errno);
            continue;
        }
        auto poll = std::make_unique<uv::Poll>(loop_, socket.fd(), this,
                                           [](void* self, int fd, int, int) { static_cast<Connector*>(self)->ready(fd); });
        poll->watch(UV_WRITABLE);
        trying_.push_back({std::move(socket), address, std::move(poll)});
        if (next_ < addresses_.size()) {
            if (stagger_ == nullptr) stagger_ = std::make_unique<uv::Timer>(loop_);
            stagger_->once(kStagger, [this] { next(); });
        }
        return;
    }
    if (trying_.empty()) finish(std::move(worst_));
}

void Connector::ready(int fd) {
    const auto found =
        std::find_if(trying_.begin(), trying_.end(), [fd](const Try& attempt) { return attempt.socket.fd() == fd; });
    if (found == trying_.end()) return;
    int code = 0;
    socklen_t length = sizeof code;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
    found->poll.reset();
    auto socket = std::move(found->socket);
    const auto address = found->address;
    trying_.erase(found);
    if (code == 0) return finish({FailureClass::none, "", std::move(socket), address});
    failed(address, "connect to", code);
    next();
}

void Connector::failed(const net::Address& address, const char* doing, int code) {
    const auto cause = class_of_error(code);
    if (weight(cause) <= weight(worst_.cause)) return;
    worst_.cause = cause;
    worst_.message = fmt::format("cannot {} {}: {}", doing, net::with_port(address, port_), std::strerror(code));
    worst_.address = address;
}

void Connector::finish(Connected outcome) {
    trying_.clear();
    stagger_.reset();
    next_ = addresses_.size();
    const auto done = std::move(done_);
    done(std::move(outcome));
}

}  // namespace sonde::agent
