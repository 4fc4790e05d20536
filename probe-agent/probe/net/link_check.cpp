#include "probe-agent/probe/net/link_check.h"

#include <fmt/format.h>

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

void LinkCheck::run() {
    way_ = way();
    approach_ = std::make_unique<Approach>(network_, way_.host, way_.port, [this](Arrival arrival) { arrived(std::move(arrival)); });
    approach_->start();
}

void LinkCheck::note(const Arrival& arrival) {
    seen_.phases.resolve = arrival.resolve;
    seen_.phases.connect = arrival.connect;
}

void LinkCheck::arrived(Arrival arrival) {
    note(arrival);
    approach_.reset();
    if (arrival.failure) return fail(std::move(arrival.failure));
    seen_.address = net::with_port(arrival.address, way_.port);
    step_began_ = std::chrono::steady_clock::now();
    stream_ = std::make_unique<Stream>(network_.loop, std::move(arrival.socket), seen_.address, [this](const Stream::Turn& what) { turn(what); });
    if (way_.tls != nullptr) return secure();
    is_up_ = true;
    up();
}

void LinkCheck::secure() {
    const auto context = contexts_.find(way_.tls->ca);
    if (!context) return fail({FailureClass::agent_error, context.error().message, Phase::tls});
    stream_->secure({.context = *context,
                     .server_name = way_.tls->server_name.empty() ? way_.host : way_.tls->server_name,
                     .verification = way_.tls->verify ? Verification::enforced : Verification::recorded,
                     .min_version = way_.tls->min_version,
                     .certificates = &network_.certificates,
                     .alpn = way_.alpn});
}

void LinkCheck::turn(const Stream::Turn& turn) {
    if (turn.secured) {
        measure();
        is_up_ = true;
        step_began_ = std::chrono::steady_clock::now();
        if (stream_->alpn() != way_.alpn) {
            return fail({FailureClass::tls_handshake, fmt::format("{} does not agree to speak {}", peer(), way_.alpn), Phase::tls});
        }
        up();
    }
    if (!is_up_) return fail(turn.failure);  // in a handshake nothing else can come
    if (!turn.bytes.empty() && !has_heard_) {
        measure();
        has_heard_ = true;
        step_began_ = std::chrono::steady_clock::now();
    }
    if (turn.bytes.empty() && !turn.ended && !turn.failure) return;
    heard(turn);
}

// Time spent in the step under way.
void LinkCheck::measure() {
    if (stream_ == nullptr) return;
    auto& phases = seen_.phases;
    (!is_up_ ? phases.tls : has_heard_ ? phases.transfer : phases.first_byte) = since(step_began_);
}

check::Failure LinkCheck::overdue() {
    if (approach_ != nullptr) {
        auto late = approach_->overdue(timeout());
        note(late);
        return std::move(late.failure);
    }
    if (is_up_) return late();
    return {FailureClass::timeout_total, fmt::format("{} ms were over waiting for the TLS handshake of {}", timeout().count(), peer()), Phase::tls};
}

void LinkCheck::release() {
    measure();
    if (stream_ != nullptr) seen_.tls = stream_->tls();
    approach_.reset();
    stream_.reset();
}

}  // namespace sonde::agent
