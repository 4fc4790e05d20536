#include "tests/integration/notifier/receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sonde::test {
namespace {

constexpr int kTickMs = 50;

// One connection, plain or TLS. Reads and writes give up when `stopping` is set.
class Stream {
public:
    Stream(int socket, const TlsIdentity* identity) : socket_(socket) {
        if (identity == nullptr) return;
        ssl_ = SSL_new(identity->context());
        SSL_set_fd(ssl_, socket);
    }
    ~Stream() {
        if (ssl_ != nullptr) SSL_free(ssl_);
        ::close(socket_);
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    bool handshake() { return ssl_ == nullptr || SSL_accept(ssl_) == 1; }
    std::string read_some() {
        char buffer[4096];
        const auto count = ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer) : ::recv(socket_, buffer, sizeof buffer, 0);
        return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : std::string();
    }
    bool write(const std::string& text) {
        std::size_t done = 0;
        while (done < text.size()) {
            const auto left = text.size() - done;
            const auto count = ssl_ != nullptr ? SSL_write(ssl_, text.data() + done, static_cast<int>(left))
                                               : ::send(socket_, text.data() + done, left, MSG_NOSIGNAL);
            if (count <= 0) return false;
            done += static_cast<std::size_t>(count);
        }
        return true;
    }
    void reset() {
        const linger abortive{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
    }

private:
    int socket_;
    SSL* ssl_ = nullptr;
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool read_request(Stream& stream, Received& request) {
    std::string text;
    auto end = std::string::npos;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
        const auto more = stream.read_some();
        if (more.empty()) return false;
        text += more;
    }
    const auto head = text.substr(0, end + 2);
    const auto first = head.substr(0, head.find("\r\n"));
    const auto space = first.find(' ');
    request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
    for (auto at = head.find("\r\n") + 2; at < head.size(); at = head.find("\r\n", at) + 2) {
        const auto line = head.substr(at, head.find("\r\n", at) - at);
        const auto colon = line.find(':');
        request.headers[lower(line.substr(0, colon))] = line.substr(std::min(colon + 2, line.size()));
    }
    const auto length = std::stoul(request.headers["content-length"]);
    request.body = text.substr(end + 4);
    while (request.body.size() < length) {
        const auto more = stream.read_some();
        if (more.empty()) return false;
        request.body += more;
    }
    return true;
}

}  // namespace

Receiver::Receiver(Script answer, const TlsIdentity* identity) : answer_(std::move(answer)), identity_(identity) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening_, 1024) != 0 ||
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the receiver cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_connections(); });
}

Receiver::~Receiver() {
    stopping_ = true;
    let_go();
    acceptor_.join();
    for (auto& connection : connections_) connection.join();
    ::close(listening_);
}

std::string Receiver::url(const std::string& path) const {
    return (identity_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

int Receiver::count() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<int>(received_.size());
}

std::vector<Received> Receiver::received() const {
    const std::scoped_lock lock(mutex_);
    return received_;
}

void Receiver::let_go() {
    const std::scoped_lock lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
}

void Receiver::accept_connections() {
    while (!stopping_) {
        pollfd waiting{listening_, POLLIN, 0};
        if (::poll(&waiting, 1, kTickMs) <= 0) continue;
        const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        const timeval limit{10, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        connections_.emplace_back([this, socket] { serve(socket); });
    }
}

// Until let go, or the other end has closed.
void Receiver::wait_until_let_go(int socket, const std::function<bool()>& drip) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (changed_.wait_for(lock, std::chrono::milliseconds(kTickMs), [this] { return let_go_; })) return;
        }
        pollfd other{socket, POLLIN | POLLRDHUP, 0};
        if (::poll(&other, 1, 0) > 0 || !drip()) return;
    }
}

void Receiver::serve(int socket) {
    Stream stream(socket, identity_);
    Received request;
    if (!stream.handshake() || !read_request(stream, request)) return;
    request.at = std::chrono::steady_clock::now();
    int number = 0;
    {
        const std::scoped_lock lock(mutex_);
        received_.push_back(request);
        number = static_cast<int>(received_.size());
    }
    const auto answer = answer_ ? answer_(request, number) : Answer{};
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Said\r\n";
    for (const auto& line : answer.headers) head += line + "\r\n";
    switch (answer.how) {
        case Answer::How::whole:
            stream.write(head + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body);
            break;
        case Answer::How::hang:
            wait_until_let_go(socket, [] { return true; });
            break;
        case Answer::How::reset:
            stream.reset();
            break;
        case Answer::How::drip_header:
            stream.write(head + "X-Slow: ");
            wait_until_let_go(socket, [&] { return stream.write("x"); });
            break;
        case Answer::How::drip_body:
            stream.write(head + "Content-Length: 1000000\r\n\r\n");
            wait_until_let_go(socket, [&] { return stream.write("x"); });
            break;
    }
}

}  // namespace sonde::test
