#include "tests/integration/agent/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

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

std::string write_answer(const std::string& packet, const Question& question, const DnsAnswer& answer) {
    auto out = packet.substr(0, question.end);
    out[2] = static_cast<char>(0x81);
    out[3] = static_cast<char>(0x80 | answer.rcode);
    out[7] = static_cast<char>(answer.addresses.size());
    for (const std::size_t i : {6U, 8U, 9U, 10U, 11U}) out[i] = 0;
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

DnsServer::DnsServer(Answer answer) : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (fd_ < 0 || ::bind(fd_, any, length) != 0 || ::getsockname(fd_, any, &length) != 0)
        throw std::runtime_error("cannot bind a name server");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
    stopping_ = true;
    thread_.join();
    ::close(fd_);
}

void DnsServer::serve() {
    while (!stopping_) {
        pollfd ready{fd_, POLLIN, 0};
        if (::poll(&ready, 1, 20) != 1) continue;
        char buffer[1500];
        sockaddr_storage from{};
        socklen_t length = sizeof from;
        const auto got = ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
        if (got < static_cast<ssize_t>(kHead)) continue;
        ++questions_;
        const std::string packet(buffer, static_cast<std::size_t>(got));
        const auto question = read_question(packet);
        if (const auto answer = answer_(question.name, static_cast<DnsType>(question.type))) {
            const auto out = write_answer(packet, question, *answer);
            ::sendto(fd_, out.data(), out.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
        }
    }
}

}  // namespace sonde::test
