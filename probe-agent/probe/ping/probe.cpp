#include "probe-agent/probe/ping/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "probe-agent/probe/datagram_check.h"
#include "probe-agent/probe/net/socket_address.h"
#include "probe-agent/probe/ping/socket.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;
using check::PingFamily;

namespace {

int family_of(PingFamily family) {
    switch (family) {
        case PingFamily::ipv4: return AF_INET;
        case PingFamily::ipv6: return AF_INET6;
        case PingFamily::any: break;
    }
    return AF_UNSPEC;
}

struct Packet {
    enum class State : unsigned char { under_way, answered, lost };
    MonotonicPoint sent;
    State state = State::under_way;
    microseconds rtt{0};
};

class PingCheck final : public DatagramCheck {
public:
    using DatagramCheck::DatagramCheck;

private:
    using State = Packet::State;

    [[nodiscard]] const check::PingSpec& spec() const { return std::get<check::PingSpec>(target().spec); }
    [[nodiscard]] bool all_sent() const { return static_cast<int>(packets_.size()) == spec().packets; }
    [[nodiscard]] bool any(State state) const {
        return std::any_of(packets_.begin(), packets_.end(), [state](const Packet& packet) { return packet.state == state; });
    }

    void run() override { look_up(spec().host, family_of(spec().family)); }

    void reach(const net::Address& address) override {
        seen_.address = address.text();
        auto socket = PingSocket::open(address, spec().payload_bytes);
        if (!socket) return fail(socket.error());
        socket_.emplace(std::move(*socket));
        facts().raw = socket_->is_raw();
        if (listen(socket_->fd())) step();
    }

    // Sends what is due, gives up what is too late, and sets the timer for the next of either.
    void step() {
        const auto now = std::chrono::steady_clock::now();
        if (!all_sent() && now >= next_send() && !send(now)) return;
        for (auto& packet : packets_) {
            if (packet.state == State::under_way && now - packet.sent >= spec().wait) packet.state = State::lost;
        }
        if (all_sent() && !any(State::under_way)) return complete();
        auto due = MonotonicPoint::max();
        if (!all_sent()) due = next_send();
        for (const auto& packet : packets_) {
            if (packet.state == State::under_way) due = std::min(due, packet.sent + spec().wait);
        }
        const auto left = std::chrono::ceil<milliseconds>(due - now);
        timer_.once(std::max(left, milliseconds{0}), [this] { step(); });
    }

    [[nodiscard]] MonotonicPoint next_send() const { return began_ + spec().interval * static_cast<int>(packets_.size()); }

    // False if the check is over.
    bool send(MonotonicPoint now) {
        auto& packet = packets_.emplace_back();
        packet.sent = now;
        const int code = socket_->send(static_cast<std::uint16_t>(packets_.size()));
        if (code == 0) return true;
        const auto cause = class_of_error(code);
        if (is_agents_fault(cause)) {
            fail({cause, fmt::format("cannot send to {}: {}", seen_.address, std::strerror(code)), Phase::connect});
            return false;
        }
        packet.state = State::lost;
        facts().error = fmt::format("cannot send: {}", std::strerror(code));
        return true;
    }

    void readable() override {
        while (auto heard = socket_->hear()) take(*heard);
        if (all_sent() && !any(State::under_way)) return complete();
        listen_on();
    }

    void take(const PingSocket::Heard& heard) {
        if (heard.sequence == 0 || heard.sequence > packets_.size()) return;
        auto& packet = packets_[heard.sequence - 1];
        if (!heard.error.empty()) {
            facts().error = heard.error;
            if (packet.state == State::under_way) packet.state = State::lost;
            return;
        }
        if (packet.state == State::answered) ++facts().duplicates;
        if (packet.state != State::under_way) return;
        packet.rtt = std::max(since(packet.sent) - heard.waited, microseconds{0});
        packet.state = packet.rtt > spec().wait ? State::lost : State::answered;
        facts().reply_ttl = heard.ttl;
    }

    [[nodiscard]] check::PingFacts& facts() { return seen_.facts<check::PingFacts>(); }

    void complete() {
        sum_up();
        finish();
    }

    void sum_up() {
        auto& facts = this->facts();
        double sum = 0;
        double squares = 0;
        for (const auto& packet : packets_) {
            if (packet.state == State::under_way) continue;
            ++facts.sent;
            if (packet.state == State::lost) continue;
            facts.rtt_min = facts.received == 0 ? packet.rtt : std::min(facts.rtt_min, packet.rtt);
            facts.rtt_max = std::max(facts.rtt_max, packet.rtt);
            ++facts.received;
            const auto rtt = static_cast<double>(packet.rtt.count());
            sum += rtt;
            squares += rtt * rtt;
        }
        if (facts.received == 0) return;
        const auto mean = sum / facts.received;
        facts.rtt_avg = microseconds{std::llround(mean)};
        facts.rtt_mdev = microseconds{std::llround(std::sqrt(std::max(squares / facts.received - mean * mean, 0.0)))};
        seen_.phases.first_byte = facts.rtt_avg;
    }

    check::Failure silent() override {
        sum_up();
        if (facts().sent > 0) return {};
        const bool to_blame = since(began_) * 2 >= timeout();
        return {to_blame ? FailureClass::unreachable : FailureClass::timeout_total,
                fmt::format("no answer from {} within {} ms", seen_.address, timeout().count()), Phase::first_byte};
    }

    void release() override {
        DatagramCheck::release();
        socket_.reset();
    }

    std::optional<PingSocket> socket_;
    std::vector<Packet> packets_;
};

}  // namespace

std::unique_ptr<Attempt> PingProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<PingCheck>(network_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
