#include "notifier/send/courier.h"

#include <utility>

namespace sonde::notifier {

Courier::Courier(SenderOptions options, net::Guard guard)
    : sender_(std::make_unique<CurlSender>(loop_, options, guard)),
      thread_([this] { loop_.run(); }),
      postman_(std::make_unique<Postman>(std::move(options), std::move(guard))) {}

Courier::~Courier() {
    postman_.reset();
    loop_.post([this] { sender_.reset(); });
    loop_.stop();
    thread_.join();
}

void Courier::send(HttpRequest request, std::function<void(HttpReply)> done) {
    loop_.post([this, request = std::move(request), done = std::move(done)]() mutable {
        sender_->send(std::move(request), std::move(done));
    });
}

void Courier::send(MailRequest request, std::function<void(MailReply)> done) { postman_->send(std::move(request), std::move(done)); }

void Courier::set_guard(net::Guard guard) {
    postman_->set_guard(guard);
    loop_.post([this, guard = std::move(guard)]() mutable { sender_->set_guard(std::move(guard)); });
}

}  // namespace sonde::notifier
