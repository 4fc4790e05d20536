#include "probe-agent/probe/websocket/probe.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/crypto/crypto.h"
#include "probe-agent/probe/net/link_check.h"
#include "probe-agent/probe/websocket/frames.h"
#include "probe-agent/probe/websocket/handshake.h"

namespace sonde::agent {

using check::FailureClass;

namespace {

constexpr std::size_t kKeptMessage = 4096;
constexpr std::size_t kKeyBytes = 16;  // RFC 6455, section 4.1

class WebSocketCheck final : public LinkCheck {
public:
    WebSocketCheck(Network& network, TlsContexts& contexts, const std::string& user_agent, std::shared_ptr<const Target> target,
                   milliseconds timeout, Probe::Done done)
        : LinkCheck(network, contexts, std::move(target), timeout, std::move(done)),
          user_agent_(user_agent),
          url_(check::parse_websocket_url(spec().url)),
          key_(crypto::base64(crypto::random_bytes(kKeyBytes))) {}

private:
    enum class State : unsigned char { handshake, open, closing };

    [[nodiscard]] const check::WebSocketSpec& spec() const { return std::get<check::WebSocketSpec>(target().spec); }
    [[nodiscard]] check::WebSocketFacts& facts() { return seen_.facts<check::WebSocketFacts>(); }

    [[nodiscard]] Way way() const override { return {url_->host, url_->port, spec().tls ? &*spec().tls : nullptr}; }

    void up() override { stream().send(handshake_request(spec(), *url_, key_, user_agent_)); }

    void heard(const Stream::Turn& turn) override {
        if (state_ == State::handshake) return answered(turn);
        take(turn.bytes);
        go_on(turn);
    }

    void answered(const Stream::Turn& turn) {
        head_ += turn.bytes;
        auto reading = read_handshake(head_, key_, spec().subprotocols);
        if (!reading.malformed.empty()) {
            return fail({FailureClass::http_protocol, fmt::format("the answer of {} {}", peer(), reading.malformed), step()});
        }
        if (!reading.answer) {
            if (turn.failure) return fail(turn.failure);
            if (!turn.ended) return;
            return fail({FailureClass::http_protocol, fmt::format("{} closed the connection before it answered the handshake", peer()), step()});
        }
        const auto rest = std::string_view(head_).substr(reading.answer->bytes);
        note(*reading.answer);
        if (facts().status != 101 || !facts().fault.empty()) {
            stream().close();
            return finish();
        }
        state_ = State::open;
        if (!spec().send.empty()) frames_.send(spec().send);
        if (!spec().expects()) {
            take(rest);
            return part(turn);
        }
        take(rest);
        go_on(turn);
    }

    void note(HandshakeAnswer& answer) {
        facts().status = answer.status;
        facts().status_line = std::move(answer.status_line);
        facts().headers = std::move(answer.headers);
        facts().fault = std::move(answer.fault);
        facts().subprotocol = std::move(answer.subprotocol);
    }

    void take(std::string_view bytes) {
        const auto most = WebSocketProbe::kMaxReceived - std::min(WebSocketProbe::kMaxReceived, received_);
        frames_.feed(bytes.substr(0, most));
        received_ += bytes.size();
        for (auto& message : frames_.take_messages()) {
            ++facts().messages;
            if (facts().met) continue;
            facts().met = spec().expects() && spec().is_met_by(message);
            message.resize(std::min(message.size(), kKeptMessage));
            facts().message = std::move(message);
        }
        facts().close_code = frames_.close_code();
        facts().close_reason = frames_.close_reason();
        facts().breach = frames_.breach();
        if (facts().breach.empty() && received_ > WebSocketProbe::kMaxReceived) {
            facts().breach = fmt::format("more than {} bytes without what was expected", WebSocketProbe::kMaxReceived);
        }
    }

    // Ends the check, begins to end it, or waits for more.
    void go_on(const Stream::Turn& turn) {
        const bool is_over = facts().close_code != 0 || !facts().breach.empty() || turn.ended || turn.failure;
        if (state_ == State::open && facts().met && !is_over) return part(turn);
        if (!is_over) {
            if (const auto output = frames_.take_output(); !output.empty()) stream().send(output);
            return;
        }
        if (turn.failure && state_ == State::open && !facts().met && facts().close_code == 0 && facts().breach.empty()) return fail(turn.failure);
        facts().ended = turn.ended && facts().close_code == 0;
        say_goodbye();
    }

    // The server has said all it is to say, or broke off: our close frame is the answer to its own.
    void say_goodbye() {
        if (const auto output = frames_.take_output(); !output.empty()) stream().send(output);
        stream().close();
        finish();
    }

    void part(const Stream::Turn& turn) {
        state_ = State::closing;
        if (facts().close_code != 0 || turn.ended || turn.failure) {
            facts().ended = turn.ended && facts().close_code == 0;
            return say_goodbye();
        }
        frames_.close();
        stream().send(frames_.take_output());
        closing_.once(WebSocketProbe::kClosing, [this] { finish(); });
    }

    check::Failure late() override {
        if (state_ != State::handshake) return {};  // a message that did not come is for the judge to find, beside the rest
        return {FailureClass::timeout_total, fmt::format("{} ms were over waiting for the handshake of {}", timeout().count(), peer()), step()};
    }

    const std::string& user_agent_;
    Result<net::Url> url_;
    std::string key_;
    State state_ = State::handshake;
    std::string head_;
    WebSocketFrames frames_;
    std::size_t received_ = 0;
    uv::Timer closing_{network_.loop};
};

}  // namespace

std::unique_ptr<Attempt> WebSocketProbe::start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) {
    auto attempt = std::make_unique<WebSocketCheck>(network_, contexts_, user_agent_, std::move(target), timeout, std::move(done));
    attempt->begin();
    return attempt;
}

}  // namespace sonde::agent
