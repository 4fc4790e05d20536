#include "cli/up/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "lib/json/json.h"

namespace sonde::cli::up {

bool is_free(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw Failure{"cannot make a socket"};
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // Binding alone does not tell: with SO_REUSEADDR two sockets may be bound to one port until one of them listens.
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 1) == 0;
    ::close(fd);
    return free;
}

int free_port() {
    int outgoing = 32768;
    std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> outgoing;
    std::random_device random;
    std::uniform_int_distribution<int> any{15000, outgoing > 16000 ? outgoing - 1 : 65535};
    for (int i = 0; i < 200; ++i) {
        if (const int port = any(random); is_free(port)) return port;
    }
    throw Failure{"found no free local port in 200 attempts"};
}

Ports::Ports(const Layout& layout) : file_(layout.ports()) {
    const auto text = read_file(file_);
    if (!text) return;
    const auto document = json::parse(*text);
    if (!document || !document->is_object()) throw Failure{file_.string() + " is damaged; remove it, and new ports are chosen"};
    for (const auto& [name, port] : document->items()) {
        if (port.is_number_integer()) ports_[name] = port.get<int>();
    }
}

int Ports::take(const std::string& name) {
    if (const auto found = ports_.find(name); found != ports_.end() && is_free(found->second)) return found->second;
    int port = free_port();
    const auto taken = [&] { return std::any_of(ports_.begin(), ports_.end(), [&](const auto& p) { return p.second == port; }); };
    while (taken()) port = free_port();
    set(name, port);
    return port;
}

void Ports::set(const std::string& name, int port) {
    ports_[name] = port;
    save();
}

int Ports::remembered(const std::string& name) const {
    const auto found = ports_.find(name);
    return found == ports_.end() ? 0 : found->second;
}

void Ports::save() const {
    Json document = Json::object();
    for (const auto& [name, port] : ports_) document[name] = port;
    write_file(file_, json::dump_pretty(document) + "\n");
}

}  // namespace sonde::cli::up
