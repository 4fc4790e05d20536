#include "lib/bus/server_info.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>

namespace sonde::bus {
namespace {

constexpr std::size_t kLongestInfo = 32768;

struct Socket {
    int fd = -1;
    ~Socket() {
        if (fd >= 0) ::close(fd);
    }
};

bool wait_for(int fd, short what, MonotonicPoint deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd waiting{fd, what, 0};
    return left > 0 && ::poll(&waiting, 1, static_cast<int>(left)) == 1;
}

std::string read_info(const addrinfo& address, MonotonicPoint deadline) {
    const Socket socket{::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket.fd < 0) return {};
    if (::connect(socket.fd, address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) return {};
    std::string info;
    while (info.find('\n') == std::string::npos && info.size() < kLongestInfo && wait_for(socket.fd, POLLIN, deadline)) {
        std::array<char, 4096> piece;
        const auto got = ::recv(socket.fd, piece.data(), piece.size(), 0);
        if (got <= 0) break;
        info.append(piece.data(), static_cast<std::size_t>(got));
    }
    return info;
}

}  // namespace

std::string server_version(std::string_view host_and_port, milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    const auto colon = host_and_port.rfind(':');
    if (colon == std::string_view::npos) return {};
    auto host = host_and_port.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(std::string(host).c_str(), std::string(host_and_port.substr(colon + 1)).c_str(), &hints, &found) != 0) return {};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);
    const auto info = read_info(*addresses, until);
    constexpr std::string_view before = "\"version\":\"";
    const auto at = info.find(before);
    if (!info.starts_with("INFO ") || at == std::string::npos) return {};
    const auto end = info.find('"', at + before.size());
    return end == std::string::npos ? std::string{} : info.substr(at + before.size(), end - at - before.size());
}

bool is_older(std::string_view version, std::string_view than) {
    while (!version.empty() && !than.empty()) {
        int ours = 0, theirs = 0;
        const auto [our_end, our_error] = std::from_chars(version.data(), version.data() + version.size(), ours);
        const auto [their_end, their_error] = std::from_chars(than.data(), than.data() + than.size(), theirs);
        if (our_error != std::errc{} || their_error != std::errc{}) return false;
        if (ours != theirs) return ours < theirs;
        version.remove_prefix(static_cast<std::size_t>(our_end - version.data()));
        than.remove_prefix(static_cast<std::size_t>(their_end - than.data()));
        if (!version.starts_with('.') || !than.starts_with('.')) return version.empty() && than.starts_with('.');
        version.remove_prefix(1);
        than.remove_prefix(1);
    }
    return false;
}

}  // namespace sonde::bus
