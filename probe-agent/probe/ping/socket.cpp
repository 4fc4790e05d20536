#include "probe-agent/probe/ping/socket.h"

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "probe-agent/probe/net/socket_address.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr std::size_t kLargest = 2048;
constexpr int kMostAtOnce = 64;  // messages that are not for us, before the loop gets its turn

bool is_refusal(int code) { return code == EACCES || code == EPERM; }

// Only answers wake us: whatever else comes would be looked at in vain.
void let_answers_through(int fd, int family) {
    if (family == AF_INET6) {
        icmp6_filter filter{};
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    } else {
        icmp_filter filter{};
        filter.data = ~(1U << static_cast<unsigned>(ICMP_ECHOREPLY));
        ::setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    }
}

check::Failure cannot_open(int code) {
    if (is_refusal(code)) {
        return {FailureClass::agent_error,
                "this agent may not send pings: its group is not within net.ipv4.ping_group_range, and it lacks CAP_NET_RAW", Phase::none};
    }
    return {class_of_error(code) == FailureClass::agent_overload ? FailureClass::agent_overload : FailureClass::agent_error,
            fmt::format("cannot open a socket for pings: {}", std::strerror(code)), Phase::none};
}

// A message with what the kernel says of it.
struct Received {
    char bytes[kLargest];
    alignas(cmsghdr) char control[512];
    sockaddr_storage name{};
    iovec part{bytes, sizeof bytes};
    msghdr head{};
    ssize_t length = -1;

    Received(int fd, int flags) {
        head.msg_name = &name;
        head.msg_namelen = sizeof name;
        head.msg_iov = &part;
        head.msg_iovlen = 1;
        head.msg_control = control;
        head.msg_controllen = sizeof control;
        length = ::recvmsg(fd, &head, flags | MSG_DONTWAIT);
    }
    [[nodiscard]] std::string_view text() const { return {bytes, static_cast<std::size_t>(std::max<ssize_t>(length, 0))}; }

    [[nodiscard]] const cmsghdr* find(int level, int type) {
        for (auto* each = CMSG_FIRSTHDR(&head); each != nullptr; each = CMSG_NXTHDR(&head, each)) {
            if (each->cmsg_level == level && each->cmsg_type == type) return each;
        }
        return nullptr;
    }
};

microseconds since_arrival(Received& message) {
    const auto* stamp = message.find(SOL_SOCKET, SCM_TIMESTAMPNS);
    if (stamp == nullptr) return microseconds{0};
    timespec then{};
    timespec now{};
    std::memcpy(&then, CMSG_DATA(stamp), sizeof then);
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto waited = seconds{now.tv_sec - then.tv_sec} + std::chrono::nanoseconds{now.tv_nsec - then.tv_nsec};
    // The clock of day may have been set in between.
    return std::clamp(std::chrono::duration_cast<microseconds>(waited), microseconds{0}, microseconds{seconds{1}});
}

int ttl_of(Received& message, bool is_v6) {
    const auto* told = is_v6 ? message.find(static_cast<int>(SOL_IPV6), IPV6_HOPLIMIT) : message.find(static_cast<int>(SOL_IP), IP_TTL);
    int ttl = 0;
    if (told != nullptr) std::memcpy(&ttl, CMSG_DATA(told), sizeof ttl);
    return ttl;
}

std::string describe(const cmsghdr* header) {
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(header), sizeof error);
    sockaddr_storage offender{};
    const auto room = header->cmsg_len - CMSG_LEN(sizeof error);
    std::memcpy(&offender, CMSG_DATA(header) + sizeof error, std::min(room, sizeof offender));
    const auto from = net::Address::from(reinterpret_cast<const sockaddr*>(&offender));
    if (error.ee_origin == SO_EE_ORIGIN_LOCAL || !from) return std::strerror(static_cast<int>(error.ee_errno));
    return fmt::format("{} says: {} (ICMP type {}, code {})", from->text(), std::strerror(static_cast<int>(error.ee_errno)), error.ee_type, error.ee_code);
}

}  // namespace

Result<PingSocket, check::Failure> PingSocket::open(const net::Address& to, int payload_bytes) {
    const int protocol = to.family == AF_INET6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
    PingSocket result;
    result.socket_ = Socket(::socket(to.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!result.socket_ && (is_refusal(errno) || errno == EPROTONOSUPPORT)) {
        result.raw_ = true;
        result.socket_ = Socket(::socket(to.family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    }
    if (!result.socket_) return cannot_open(errno);
    const int fd = result.fd();
    if (result.raw_) let_answers_through(fd, to.family);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    const bool is_v6 = to.family == AF_INET6;
    const int level = is_v6 ? static_cast<int>(SOL_IPV6) : static_cast<int>(SOL_IP);
    ::setsockopt(fd, level, is_v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
    ::setsockopt(fd, level, is_v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, &on, sizeof on);
    const auto address = socket_address(to, 0);
    if (::connect(fd, address.raw(), address.length) != 0) {
        return check::Failure{class_of_error(errno), fmt::format("there is no way to {}: {}", to.text(), std::strerror(errno)), Phase::connect};
    }
    auto& identity = result.identity_;
    identity.family = to.family;
    identity.id_is_ours = result.raw_;
    identity.payload_bytes = payload_bytes;
    struct {
        std::uint16_t id;
        std::array<char, 8> nonce;
    } random{};
    if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) return cannot_open(errno);
    identity.id = random.id;
    identity.nonce = random.nonce;
    return result;
}

int PingSocket::send(std::uint16_t sequence) {
    const auto message = echo_request(identity_, sequence);
    const auto size = static_cast<ssize_t>(message.size());
    if (::send(fd(), message.data(), message.size(), MSG_NOSIGNAL) == size) return 0;
    // It may be what an earlier packet met, which is told here once; what this one meets is told by the second try.
    return ::send(fd(), message.data(), message.size(), MSG_NOSIGNAL) == size ? 0 : errno;
}

std::optional<PingSocket::Heard> PingSocket::hear() {
    if (auto answer = hear_answer()) return answer;
    return hear_error();
}

std::optional<PingSocket::Heard> PingSocket::hear_answer() {
    for (int i = 0; i < kMostAtOnce; ++i) {
        Received message(fd(), 0);
        // A pending error is told, and forgotten, by the first call after it.
        if (message.length < 0 && errno != EAGAIN && errno != EINTR && i == 0) continue;
        if (message.length < 0) return std::nullopt;
        const auto text = raw_ && identity_.family == AF_INET ? without_ipv4_header(message.text()) : message.text();
        if (const auto sequence = sequence_of_reply(identity_, text)) return Heard{*sequence, since_arrival(message), ttl_of(message, identity_.family == AF_INET6), ""};
    }
    return std::nullopt;
}

std::optional<PingSocket::Heard> PingSocket::hear_error() {
    const bool is_v6 = identity_.family == AF_INET6;
    for (int i = 0; i < kMostAtOnce; ++i) {
        Received message(fd(), MSG_ERRQUEUE);
        if (message.length < 0) return std::nullopt;
        const auto* error = message.find(is_v6 ? static_cast<int>(SOL_IPV6) : static_cast<int>(SOL_IP), is_v6 ? IPV6_RECVERR : IP_RECVERR);
        const auto sequence = sequence_of_request(identity_, message.text());
        if (error != nullptr && sequence) return Heard{*sequence, microseconds{0}, 0, describe(error)};
    }
    return std::nullopt;
}

}  // namespace sonde::agent
