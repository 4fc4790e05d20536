#include "probe-agent/probe/net/stream.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sonde::agent {

using check::FailureClass;
using check::Phase;

namespace {

constexpr std::size_t kTurn = 16 * 1024;

bool would_wait(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

}  // namespace

Stream::Stream(uv::Loop& loop, Socket socket, std::string peer, Heard heard)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      heard_(std::move(heard)),
      poll_(loop, socket_.fd(), this,
            [](void* self, int, int status, int events) { static_cast<Stream*>(self)->ready(status, events); }) {
    watch();
}

Stream::~Stream() = default;

std::optional<check::TlsFacts> Stream::tls() const { return tls_ == nullptr ? std::nullopt : tls_->facts(); }

Phase Stream::phase() const {
    if (tls_ != nullptr && !tls_->is_up()) return Phase::tls;
    return received_ ? Phase::transfer : Phase::first_byte;
}

void Stream::send(std::string_view bytes) {
    if (tls_ != nullptr) {
        tls_->send(bytes);
        pending_ += tls_->take_output();
    } else {
        pending_ += bytes;
    }
    flush();
}

void Stream::secure(const TlsRequest& request) {
    tls_ = std::make_unique<TlsSession>(request, peer_);
    received_ = false;
    // The first move only makes our hello: there is nothing to fail on.
    static_cast<void>(tls_->feed({}));
    pending_ += tls_->take_output();
    flush();
}

void Stream::close() {
    if (is_secure()) {
        tls_->close();
        pending_ += tls_->take_output();
    }
    wants_end_ = true;
    flush();
}

void Stream::watch() {
    poll_.watch((is_over_ ? 0 : UV_READABLE) | (pending_.empty() ? 0 : UV_WRITABLE));
}

void Stream::flush() {
    while (!pending_.empty() && write_error_ == 0) {
        const auto sent = ::send(socket_.fd(), pending_.data(), pending_.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            pending_.erase(0, static_cast<std::size_t>(sent));
        } else if (would_wait(errno)) {
            break;
        } else {
            write_error_ = errno;
        }
    }
    if (write_error_ != 0) pending_.clear();
    overrun_ = pending_.size() > kMaxPending;
    if (pending_.empty() && std::exchange(wants_end_, false)) ::shutdown(socket_.fd(), SHUT_WR);
    watch();
}

check::Failure Stream::lost(int code) const {
    const auto cause = code == ECONNRESET || code == EPIPE ? FailureClass::reset : code == ETIMEDOUT ? FailureClass::connect_timeout : FailureClass::unreachable;
    return {cause, fmt::format("the connection to {} was lost: {}", peer_, std::strerror(code)), phase()};
}

void Stream::take_from_tls(TlsSession::Step step, bool was_up, std::string& plain, Turn& turn) {
    turn.secured = !was_up && tls_->is_up();
    plain = std::move(step.plain);
    turn.ended = step.ended;
    turn.failure = std::move(step.failure);
    pending_ += tls_->take_output();
}

Stream::Turn Stream::receive(std::string& plain) {
    Turn turn;
    std::array<char, kTurn> buffer;
    const auto got = ::recv(socket_.fd(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
        if (!would_wait(errno)) turn.failure = lost(errno);
        return turn;
    }
    if (got == 0) {
        if (write_error_ != 0) {
            turn.failure = lost(write_error_);
        } else if (phase() == Phase::tls) {
            turn.failure = {FailureClass::tls_handshake, fmt::format("{} closed the connection during the TLS handshake", peer_), Phase::tls};
        } else {
            turn.ended = true;
        }
        return turn;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (tls_ == nullptr) {
        plain = bytes;
    } else {
        const bool was_up = tls_->is_up();
        take_from_tls(tls_->feed(bytes), was_up, plain, turn);
        if (turn.failure) turn.failure.phase = phase();
    }
    received_ = received_ || !plain.empty();
    return turn;
}

void Stream::ready(int status, int events) {
    std::string plain;
    Turn turn;
    // An error of the socket is told by reading from it.
    if (!is_over_ && (status < 0 || (events & UV_READABLE) != 0)) turn = receive(plain);
    flush();
    if (overrun_ && !turn.failure) {
        turn.failure = {FailureClass::reset, fmt::format("{} does not take what is sent to it", peer_), phase()};
    }
    turn.bytes = plain;
    const bool was_over = is_over_;
    is_over_ = is_over_ || turn.ended || turn.failure;
    watch();
    if (!was_over && (is_over_ || turn.secured || !turn.bytes.empty())) heard_(turn);  // the last act: it may destroy us
}

}  // namespace sonde::agent
