#include "probe-agent/probe/tls/probe.h"

#include <fmt/format.h>

#include "probe-agent/probe/net/approach.h"
#include "probe-agent/probe/net/stream.h"
#include "probe-agent/probe/timed_check.h"
#include "probe-agent/probe/tls/starttls.h"

namespace sonde::agent {

using check::FailureClass;
using check::Phase;
using check::StartTls;

namespace {

class TlsCheck final : public TimedCheck {
public:
    TlsCheck(Network& network, TlsContexts& contexts, std::shared_ptr<const Target> target, milliseconds timeout, Probe::Done done)
        : TimedCheck(network, std::move(target), timeout, std::move(done)), contexts_(contexts), starttls_(spec().starttls) {}

private:
    [[nodiscard]] const check::TlsSpec& spec() const { return std::get<check::TlsSpec>(target().spec); }

    void run() override {
        approach_ = std::make_unique<Approach>(network_, spec().host, spec().port, [this](Arrival arrival) { arrived(std::move(arrival)); });
        approach_->start();
    }

    void note(const Arrival& arrival) {
        seen_.phases.resolve = arrival.resolve;
        seen_.phases.connect = arrival.connect;
    }

    void arrived(Arrival arrival) {
        note(arrival);
        approach_.reset();
        if (arrival.failure) return fail(std::move(arrival.failure));
        seen_.address = net::with_port(arrival.address, spec().port);
        connected_ = std::chrono::steady_clock::now();
        stream_ = std::make_unique<Stream>(network_.loop, std::move(arrival.socket), seen_.address, [this](const Stream::Turn& turn) { heard(turn); });
        if (spec().starttls == StartTls::none) return secure();
        if (const auto opening = starttls_.opening(); !opening.empty()) stream_->send(opening);
    }

    void secure() {
        is_agreed_ = true;
        const auto context = contexts_.find(spec().ca);
        if (!context) return fail({FailureClass::agent_error, context.error().message, Phase::tls});
        stream_->secure({.context = *context,
                         .server_name = spec().name(),
                         .verification = Verification::recorded,
                         .min_version = std::nullopt,
                         .certificates = &network_.certificates});
    }

    void heard(const Stream::Turn& turn) {
        if (is_agreed_) {
            if (turn.secured) return shaken();
            return fail(turn.failure);  // in a handshake nothing else can come
        }
        if (!turn.bytes.empty()) {
            const auto step = starttls_.feed(turn.bytes);
            if (step.state == StartTlsDialogue::State::refused) {
                return fail({FailureClass::tls_handshake, fmt::format("{} {}", seen_.address, step.reason), Phase::tls});
            }
            if (step.state == StartTlsDialogue::State::agreed) return secure();
            if (!step.send.empty()) stream_->send(step.send);
        }
        if (turn.failure) return fail({turn.failure.cause, turn.failure.message, Phase::tls});
        if (turn.ended) {
            return fail({FailureClass::tls_handshake, fmt::format("{} closed the connection before it agreed to TLS", seen_.address), Phase::tls});
        }
    }

    void shaken() {
        note_tls();
        auto& facts = seen_.facts<check::HandshakeFacts>();
        facts.server_name = spec().name();
        facts.greeting = starttls_.greeting();
        stream_->close();
        finish();
    }

    // The negotiation in clear is part of the phase.
    void note_tls() {
        seen_.phases.tls = since(connected_);
        seen_.tls = stream_->tls();
    }

    check::Failure overdue() override {
        if (approach_ != nullptr) {
            auto late = approach_->overdue(timeout());
            note(late);
            return std::move(late.failure);
        }
        note_tls();
        const auto* waiting = is_agreed_ ? "the TLS handshake" : "the agreement to TLS";
        return {FailureClass::timeout_total, fmt::format("{} ms were over waiting for {} of {}", timeout().count(), waiting, seen_.address),
                Phase::tls};
    }

    void release() override {
        if (stream_ != nullptr && !seen_.tls) note_tls();
        approach_.reset();
        stream_.reset();
    }

    TlsContexts& contexts_;
    StartTlsDialogue starttls_;
    MonotonicPoint connected_{};
    bool is_agreed_ = false;  // the handshake has begun
    std::unique_ptr<Approach> approach_;
    std::unique_ptr<Stream> stream_;
};

}  // namespace

std::unique_ptr<Attempt> TlsProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<TlsCheck>(network_, contexts_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
