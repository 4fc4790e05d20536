#include "tests/integration/agent/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace sonde::test {
namespace {

constexpr std::size_t kHead = 12;

void put16(std::string& out, unsigned value) {
    out += static_cast<char>(value >> 8U);
    out += static_cast<char>(value);
}

struct Question {
    std::string name;
    unsigned type = 0;
    std::size_t end = 0;  // of the question section
};

Question read_question(const std::string& packet) {
    Question question;
    std::size_t at = kHead;
    while (at < packet.size() && packet[at] != 0) {
        const auto length = static_cast<unsigned char>(packet[at]);
        question.name += (question.name.empty() ? "" : ".") + packet.substr(at + 1, length);
        at += length + 1U;
    }
    question.type = static_cast<unsigned>(static_cast<unsigned char>(packet.at(at + 1))) << 8U |
                    static_cast<unsigned char>(packet.at(at + 2));
    question.end = at + 5;
    return question;
}

std::string write_answer(const std::string& packet, const Question& question, const DnsAnswer& answer, bool udp) {
    auto out = packet.substr(0, question.end);
    out[2] = static_cast<char>(0x81);
    out[3] = static_cast<char>(0x80 | answer.rcode);
    out[7] = static_cast<char>(answer.addresses.size());
    for (const std::size_t i : {6U, 8U, 9U, 10U, 11U}) out[i] = 0;
    if (udp && answer.cut_off) {
        out[2] = static_cast<char>(0x83);
        out[7] = 0;
        return out;
    }
    if (!answer.raw.empty()) {
        out[7] = 1;
        return out + answer.raw;
    }
    for (const auto& text : answer.addresses) {
        unsigned char bytes[16] = {};
        const bool is_v6 = question.type == static_cast<unsigned>(DnsType::aaaa);
        if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text.c_str(), bytes) != 1) throw std::runtime_error("not an address: " + text);
        const unsigned length = is_v6 ? 16 : 4;
        put16(out, 0xC00C);
        put16(out, question.type);
        put16(out, 1);
        put16(out, 0);
        put16(out, 60);
        put16(out, length);
        out.append(reinterpret_cast<const char*>(bytes), length);
    }
    return out;
}

}  // namespace

DnsServer::DnsServer(Answer answer, bool tcp) : answer_(std::move(answer)) {
    // The port that UDP gets may be taken for TCP.
    for (int tries = 0; !bind(); ++tries) {
        if (tries == 20) throw std::runtime_error("cannot bind a name server");
    }
    if (!tcp) ::close(std::exchange(listener_, -1));
    thread_ = std::thread([this] { serve(); });
}

bool DnsServer::bind() {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, any, length) == 0 && ::getsockname(fd_, any, &length) == 0 && ::bind(listener_, any, length) == 0 && ::listen(listener_, 64) == 0) {
        port_ = ntohs(address.sin_port);
        return true;
    }
    ::close(fd_);
    ::close(listener_);
    return false;
}

DnsServer::~DnsServer() {
    stopping_ = true;
    thread_.join();
    for (const int fd : connections_) ::close(fd);
    if (listener_ >= 0) ::close(listener_);
    ::close(fd_);
}

void DnsServer::serve() {
    while (!stopping_) {
        std::vector<pollfd> ready{{fd_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const int fd : connections_) ready.push_back({fd, POLLIN, 0});
        if (::poll(ready.data(), ready.size(), 20) < 1) continue;
        if (ready[0].revents != 0) serve_udp();
        connections_.clear();
        for (std::size_t i = 2; i < ready.size(); ++i) {
            if (ready[i].revents == 0 || serve_tcp(ready[i].fd)) {
                connections_.push_back(ready[i].fd);
            } else {
                ::close(ready[i].fd);
            }
        }
        if (ready[1].revents != 0) connections_.push_back(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    }
}

std::optional<std::string> DnsServer::answer_to(const std::string& packet, bool udp) {
    if (packet.size() < kHead) return std::nullopt;
    ++questions_;
    if (!udp) ++tcp_questions_;
    const auto question = read_question(packet);
    const auto answer = answer_(question.name, static_cast<DnsType>(question.type));
    if (!answer) return std::nullopt;
    return write_answer(packet, question, *answer, udp);
}

void DnsServer::serve_udp() {
    char buffer[1500];
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const auto got = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (got <= 0) return;
    if (const auto out = answer_to({buffer, static_cast<std::size_t>(got)}, true))
        ::sendto(fd_, out->data(), out->size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
}

bool DnsServer::serve_tcp(int fd) {
    unsigned char head[2];
    if (::recv(fd, head, sizeof head, MSG_WAITALL) != 2) return false;
    std::string packet(static_cast<std::size_t>(head[0]) << 8U | head[1], '\0');
    if (::recv(fd, packet.data(), packet.size(), MSG_WAITALL) != static_cast<ssize_t>(packet.size())) return false;
    if (const auto answer = answer_to(packet, false)) {
        std::string out;
        put16(out, static_cast<unsigned>(answer->size()));
        out += *answer;
        return ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
    }
    return true;
}

}  // namespace sonde::test
