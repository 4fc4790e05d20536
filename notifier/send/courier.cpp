#include "notifier/send/courier.h"

#include <utility>

namespace sonde::notifier {

Courier::Courier(SenderOptions options, net::Guard guard)
    : sender_(std::make_unique<CurlSender>(loop_, std::move(options), std::move(guard))), thread_([this] { loop_.run(); }) {}

Courier::~Courier() {
    loop_.post([this] { sender_.reset(); });
    loop_.stop();
    thread_.join();
}

void Courier::send(HttpRequest request, std::function<void(HttpReply)> done) {
    loop_.post([this, request = std::move(request), done = std::move(done)]() mutable {
        sender_->send(std::move(request), std::move(done));
    });
}

void Courier::set_guard(net::Guard guard) {
    loop_.post([this, guard = std::move(guard)]() mutable { sender_->set_guard(std::move(guard)); });
}

}  // namespace sonde::notifier
