#include "probe-agent/probe/udp/probe.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lib/check/hex.h"
#include "probe-agent/probe/datagram_check.h"
#include "probe-agent/probe/net/socket.h"
#include "probe-agent/probe/net/socket_address.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr std::size_t kLargestDatagram = 65535;

class UdpCheck final : public DatagramCheck {
public:
    using DatagramCheck::DatagramCheck;

private:
    [[nodiscard]] const check::UdpSpec& spec() const { return std::get<check::UdpSpec>(target().spec); }
    [[nodiscard]] check::UdpFacts& facts() { return seen_.facts<check::UdpFacts>(); }

    void run() override { look_up(spec().host, AF_UNSPEC); }

    void reach(const net::Address& address) override {
        seen_.address = net::with_port(address, spec().port);
        datagram_ = spec().send_hex.empty() ? spec().send : check::from_hex(spec().send_hex).value_or("");
        const auto to = socket_address(address, spec().port);
        socket_ = Socket(::socket(address.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_ || ::connect(socket_.fd(), to.raw(), to.length) != 0) return fail_of(errno, "reach");
        if (listen(socket_.fd())) send();
    }

    void send() {
        if (facts().sent > spec().retries) return finish();  // nothing came
        if (::send(socket_.fd(), datagram_.data(), datagram_.size(), MSG_NOSIGNAL) < 0) return fail_of(errno, "send to");
        ++facts().sent;
        timer_.once(spec().wait, [this] { send(); });
    }

    void readable() override {
        std::string buffer(kLargestDatagram, '\0');
        const auto length = ::recv(socket_.fd(), buffer.data(), buffer.size(), 0);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) return listen_on();
        if (length < 0) return fail_of(errno, "hear from");
        seen_.phases.first_byte = since(began_);
        buffer.resize(static_cast<std::size_t>(length));
        facts().answered = true;
        facts().answer = std::move(buffer);
        finish();
    }

    // Over UDP a refusal is an ICMP message that the port is closed.
    void fail_of(int code, const char* doing) {
        seen_.seen = std::monostate{};
        fail({class_of_error(code), fmt::format("cannot {} {}: {}", doing, seen_.address, std::strerror(code)), Phase::connect});
    }

    check::Failure silent() override {
        return {};  // silence: what that means is not for the probe to say
    }

    void release() override {
        DatagramCheck::release();
        socket_.reset();
    }

    Socket socket_;
    std::string datagram_;
};

}  // namespace

std::unique_ptr<Attempt> UdpProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<UdpCheck>(network_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
