#include "probe-agent/probe/net/ares_channel.h"

#include <ares.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace sonde::agent {
namespace {

void must(int code, const std::string& doing) {
    if (code != ARES_SUCCESS) throw std::runtime_error(fmt::format("cannot {}: {}", doing, ares_strerror(code)));
}

bool is_readable(int events) { return (events & UV_READABLE) != 0; }
bool is_writable(int events) { return (events & UV_WRITABLE) != 0; }

}  // namespace

AresChannel::AresChannel(uv::Loop& on, const Options& options) : loop_(on), timer_(on) {
    ares_options settings{};
    settings.flags = options.flags;
    settings.timeout = static_cast<int>(options.timeout.count());
    settings.tries = options.tries;
    settings.lookups = lookups_;
    settings.sock_state_cb = &AresChannel::socket_changed;
    settings.sock_state_cb_data = this;
    must(ares_init_options(&ares, &settings,
                           ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB),
         "start the resolver");
    if (options.servers.empty()) return;
    std::string list;
    for (const auto& server : options.servers) list += (list.empty() ? "" : ",") + server;
    if (const int code = ares_set_servers_ports_csv(ares, list.c_str()); code != ARES_SUCCESS) {
        ares_destroy(ares);
        must(code, fmt::format("use the name servers {}", list));
    }
}

AresChannel::~AresChannel() { ares_destroy(ares); }

void AresChannel::socket_changed(void* self, int fd, int readable, int writable) {
    auto& channel = *static_cast<AresChannel*>(self);
    if (readable == 0 && writable == 0) {
        channel.polls_.erase(fd);
        return;
    }
    auto& poll = channel.polls_[fd];
    if (poll == nullptr) {
        poll = std::make_unique<uv::Poll>(channel.loop_, fd, self, [](void* owner, int socket, int status, int events) {
            auto& on = *static_cast<AresChannel*>(owner);
            const bool broken = status < 0;
            ares_process_fd(on.ares, broken || is_readable(events) ? socket : ARES_SOCKET_BAD,
                            broken || is_writable(events) ? socket : ARES_SOCKET_BAD);
            on.arm();
        });
    }
    poll->watch((readable != 0 ? UV_READABLE : 0) | (writable != 0 ? UV_WRITABLE : 0));
}

void AresChannel::arm() {
    timeval wait{};
    if (ares_timeout(ares, nullptr, &wait) == nullptr) {
        if (armed_) timer_.cancel();
        armed_ = false;
        return;
    }
    // One timer for all: it need not be moved for each query, as long as it does not fire late.
    const auto at = loop_.now() + seconds{wait.tv_sec} + microseconds{wait.tv_usec};
    if (armed_ && due_ <= at) return;
    armed_ = true;
    due_ = at;
    timer_.once(milliseconds{wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1}, [this] {
        armed_ = false;
        ares_process_fd(ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        arm();
    });
}

std::vector<std::string> AresChannel::servers() const {
    std::vector<std::string> list;
    ares_addr_port_node* found = nullptr;
    if (ares_get_servers_ports(ares, &found) != ARES_SUCCESS) return list;
    for (const auto* node = found; node != nullptr; node = node->next) {
        net::Address address;
        address.family = node->family;
        const auto* const bytes = reinterpret_cast<const unsigned char*>(&node->addr);
        std::copy(bytes, bytes + (node->family == AF_INET ? 4 : 16), address.bytes);
        list.push_back(net::with_port(address, node->udp_port != 0 ? node->udp_port : 53));
    }
    ares_free_data(found);
    return list;
}

}  // namespace sonde::agent
