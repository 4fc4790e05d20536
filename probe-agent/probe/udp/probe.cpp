#include "probe-agent/probe/udp/probe.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "probe-agent/probe/net/lookup.h"
#include "probe-agent/probe/net/socket.h"
#include "probe-agent/probe/net/socket_address.h"
#include "probe-agent/probe/timed_check.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr std::size_t kLargestDatagram = 65535;

class UdpCheck final : public TimedCheck {
public:
    UdpCheck(Network& network, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), timer_(network.loop) {}

private:
    [[nodiscard]] const check::UdpSpec& spec() const { return std::get<check::UdpSpec>(target().spec); }
    [[nodiscard]] check::UdpFacts& facts() { return seen_.facts<check::UdpFacts>(); }

    void run() override {
        lookup_ = std::make_unique<Lookup>(network_, spec().host, AF_UNSPEC, [this](Lookup::Found found) { found_address(std::move(found)); });
        lookup_->start();
    }

    void found_address(Lookup::Found found) {
        seen_.phases.resolve = found.resolve;
        lookup_.reset();
        if (found.failure) return fail(std::move(found.failure));
        const auto& address = found.addresses.front();
        seen_.address = net::with_port(address, spec().port);
        datagram_ = spec().send_hex.empty() ? spec().send : check::from_hex(spec().send_hex).value_or("");
        const auto to = socket_address(address, spec().port);
        socket_ = Socket(::socket(address.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_ || ::connect(socket_.fd(), to.raw(), to.length) != 0) return fail_of(errno, "reach");
        try {
            poll_ = std::make_unique<Poll>(network_.loop, socket_.fd(), this, [](void* self, int, int, int) { static_cast<UdpCheck*>(self)->ready(); });
            poll_->watch(UV_READABLE);
        } catch (const std::runtime_error& error) {
            return fail({FailureClass::agent_error, error.what(), Phase::none});
        }
        began_ = std::chrono::steady_clock::now();
        send();
    }

    void send() {
        if (facts().sent > spec().retries) return finish();  // nothing came
        if (::send(socket_.fd(), datagram_.data(), datagram_.size(), MSG_NOSIGNAL) < 0) return fail_of(errno, "send to");
        ++facts().sent;
        timer_.once(spec().wait, [this] { send(); });
    }

    void ready() {
        std::string buffer(kLargestDatagram, '\0');
        const auto length = ::recv(socket_.fd(), buffer.data(), buffer.size(), 0);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) return poll_->watch(UV_READABLE);
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

    check::Failure overdue() override {
        if (lookup_ != nullptr) {
            auto late = lookup_->overdue(timeout());
            seen_.phases.resolve = late.resolve;
            return std::move(late.failure);
        }
        return {};  // silence: what that means is not for the probe to say
    }

    void release() override {
        lookup_.reset();
        timer_.cancel();
        poll_.reset();
        socket_.reset();
    }

    std::unique_ptr<Lookup> lookup_;
    Socket socket_;
    std::unique_ptr<Poll> poll_;
    uv::Timer timer_;
    std::string datagram_;
    MonotonicPoint began_{};
};

}  // namespace

std::unique_ptr<Attempt> UdpProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<UdpCheck>(network_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
