#include "tests/integration/http/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "tests/support/servers.h"

namespace sonde::test {
namespace {

constexpr int kDeadlineSeconds = 10;

std::string lower(std::string text) {
    for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

}  // namespace

RawClient::RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval deadline{kDeadlineSeconds * patience(), 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(fd_);
        throw std::runtime_error("cannot connect to the server under test");
    }
}

RawClient::~RawClient() { close(fd_); }

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawClient::end_sending() { shutdown(fd_, SHUT_WR); }

bool RawClient::fill() {
    std::array<char, 16384> part{};
    const auto received = recv(fd_, part.data(), part.size(), 0);
    if (received <= 0) return false;
    buffer_.append(part.data(), static_cast<std::size_t>(received));
    return true;
}

RawAnswer RawClient::receive(bool head) {
    RawAnswer answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return answer;
    }
    const auto lines = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    for (auto at = lines.find("\r\n") + 2; at < lines.size();) {
        const auto stop = lines.find("\r\n", at);
        const auto colon = lines.find(':', at);
        answer.headers[lower(lines.substr(at, colon - at))] = lines.substr(colon + 2, stop - colon - 2);
        at = stop + 2;
    }
    const auto length = answer.headers.contains("content-length") ? std::stoul(answer.headers["content-length"]) : 0;
    while (!head && buffer_.size() < length) {
        if (!fill()) return answer;
    }
    answer.status = std::stoi(lines.substr(9, 3));
    if (head) return answer;
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return answer;
}

std::string RawClient::until(std::string_view text) {
    std::size_t found = 0;
    while ((found = buffer_.find(text)) == std::string::npos) {
        if (!fill()) return std::exchange(buffer_, {});
    }
    auto taken = buffer_.substr(0, found + text.size());
    buffer_.erase(0, taken.size());
    return taken;
}

bool RawClient::closed() { return buffer_.empty() && !fill() && errno != EAGAIN; }

std::chrono::milliseconds RawClient::until_closed() {
    const auto start = std::chrono::steady_clock::now();
    while (fill()) buffer_.clear();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

void RawClient::shrink_receive_buffer() {
    const int size = 4096;
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

RawAnswer get(int port, std::string_view target) {
    RawClient client(port);
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.receive();
}

}  // namespace sonde::test
