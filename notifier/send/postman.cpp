#include "notifier/send/postman.h"

#include <stdexcept>
#include <system_error>
#include <utility>

#include "notifier/send/mail_transfer.h"

namespace sonde::notifier {

Postman::Postman(SenderOptions options, net::Guard guard) : options_(std::move(options)), guard_(std::move(guard)) {}

Postman::~Postman() {
    stopping_ = true;
    std::unordered_map<int, std::thread> left;
    {
        const std::scoped_lock lock(mutex_);
        left.swap(threads_);
    }
    for (auto& [number, thread] : left) thread.join();
}

void Postman::send(MailRequest request, std::function<void(MailReply)> done) {
    const std::scoped_lock lock(mutex_);
    for (const auto number : std::exchange(ended_, {})) {
        const auto found = threads_.find(number);
        found->second.join();
        threads_.erase(found);
    }
    const auto number = next_++;
    try {
        threads_.emplace(number, std::thread([this, number, guard = guard_, request = std::move(request), done]() mutable { deliver(number, guard, std::move(request), done); }));
    } catch (const std::system_error& error) {
        MailReply reply;
        reply.error = std::string("no thread to send it on: ") + error.what();
        done(std::move(reply));
    }
}

void Postman::deliver(int number, const net::Guard& guard, MailRequest request, const std::function<void(MailReply)>& done) {
    MailReply reply;
    try {
        reply = send_mail(options_, guard, std::move(request), stopping_);
    } catch (const std::exception& error) {
        reply.error = error.what();
    }
    if (!stopping_ || reply.end.code != 0) done(std::move(reply));
    const std::scoped_lock lock(mutex_);
    ended_.push_back(number);
}

void Postman::set_guard(net::Guard guard) {
    const std::scoped_lock lock(mutex_);
    guard_ = std::move(guard);
}

}  // namespace sonde::notifier
