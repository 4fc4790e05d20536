#include "probe-agent/probe/tcp/conversation.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr std::size_t kTranscript = 4096;

}  // namespace

Conversation::Conversation(Network& network, TlsContexts& contexts, const check::TcpSpec& spec, std::string host,
                           std::function<void(ConversationEnd)> done)
    : network_(network),
      contexts_(contexts),
      spec_(spec),
      done_(std::move(done)),
      approach_(std::make_unique<Approach>(network, std::move(host), spec.port, [this](Arrival arrival) { arrived(std::move(arrival)); })),
      dialogue_(spec.dialogue) {}

void Conversation::start() { approach_->start(); }

void Conversation::arrived(Arrival arrival) {
    approach_.reset();
    end_.phases.resolve = arrival.resolve;
    end_.phases.connect = arrival.connect;
    if (arrival.failure) return report(std::move(arrival.failure));
    end_.conversation.address = net::with_port(arrival.address, spec_.port);
    step_began_ = std::chrono::steady_clock::now();
    stream_ = std::make_unique<Stream>(network_.loop, std::move(arrival.socket), end_.conversation.address,
                                       [this](const Stream::Turn& turn) { heard(turn); });
    if (spec_.tls && !spec_.starts_tls()) {
        secure();
        return;
    }
    is_talking_ = true;
    talk(dialogue_.begin());
}

// As `take`.
bool Conversation::secure() {
    const auto& tls = *spec_.tls;
    const auto context = contexts_.find(tls.ca);
    if (!context) {
        report({FailureClass::agent_error, context.error().message, Phase::tls});
        return false;
    }
    stream_->secure({.context = *context,
                     .server_name = tls.server_name.empty() ? spec_.host : tls.server_name,
                     .verification = tls.verify ? Verification::enforced : Verification::recorded,
                     .min_version = tls.min_version,
                     .certificates = &network_.certificates});
    return true;
}

void Conversation::heard(const Stream::Turn& turn) {
    if (turn.secured) {
        measure();
        is_talking_ = true;
        step_began_ = std::chrono::steady_clock::now();
        if (!talk(spec_.starts_tls() ? dialogue_.secured() : dialogue_.begin())) return;
    }
    if (!turn.bytes.empty() && !take(turn.bytes)) return;
    if (turn.failure) return report(turn.failure);
    if (!turn.ended) return;
    dialogue_.end();
    report({});
}

bool Conversation::take(std::string_view bytes) {
    if (end_.conversation.received == 0) {
        measure();
        step_began_ = std::chrono::steady_clock::now();
    }
    end_.conversation.received += static_cast<std::int64_t>(bytes.size());
    auto& transcript = end_.conversation.transcript;
    transcript += bytes.substr(0, kTranscript - std::min(transcript.size(), kTranscript));
    return talk(dialogue_.feed(bytes));
}

bool Conversation::talk(const std::string& sending) {
    if (!sending.empty()) stream_->send(sending);
    if (dialogue_.state() == TcpDialogue::State::waiting) return true;
    if (dialogue_.state() == TcpDialogue::State::securing) {
        measure();
        is_talking_ = false;
        step_began_ = std::chrono::steady_clock::now();
        return secure();
    }
    if (dialogue_.state() == TcpDialogue::State::done) stream_->close();
    report({});
    return false;
}

// Time spent in the step under way.
void Conversation::measure() {
    const auto spent = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - step_began_);
    auto& phases = end_.phases;
    if (!is_talking_) {
        phases.tls = spent;
    } else if (end_.conversation.received == 0) {
        phases.first_byte = spent;
    } else {
        phases.transfer = spent;
    }
}

ConversationEnd Conversation::so_far() {
    if (stream_ != nullptr && (is_talking_ || spec_.tls)) measure();
    if (stream_ != nullptr) end_.tls = stream_->tls();
    end_.conversation.steps = dialogue_.heard();
    end_.conversation.ended = dialogue_.ended();
    end_.conversation.overfull = dialogue_.overfull();
    return end_;
}

// The stream is left to the destructor: this may be within a call of it.
void Conversation::report(check::Failure failure) {
    end_.conversation.failure = std::move(failure);
    auto end = so_far();
    const auto done = std::exchange(done_, nullptr);
    done(std::move(end));
}

ConversationEnd Conversation::overdue(milliseconds timeout) {
    if (approach_ != nullptr) {
        auto late = approach_->overdue(timeout);
        end_.phases.resolve = late.resolve;
        end_.phases.connect = late.connect;
        end_.conversation.failure = std::move(late.failure);
        return end_;
    }
    auto end = so_far();
    const auto& address = end.conversation.address;
    if (!is_talking_) {
        end.conversation.failure = {FailureClass::timeout_total,
                                    fmt::format("{} ms were over waiting for the TLS handshake of {}", timeout.count(), address), Phase::tls};
        return end;
    }
    const auto phase = end.conversation.received == 0 ? Phase::first_byte : Phase::transfer;
    if (dialogue_.is_answered()) {
        end.conversation.failure = {FailureClass::body_mismatch,
                                    fmt::format("{} answered something else than {}: {}", address, dialogue_.waiting_for(),
                                                json::clean_utf8(end.conversation.steps.back().found)),
                                    phase};
        return end;
    }
    end.conversation.failure = {FailureClass::timeout_total,
                                fmt::format("{} ms were over waiting for {} of {}", timeout.count(), dialogue_.waiting_for(), address), phase};
    return end;
}

}  // namespace sonde::agent
