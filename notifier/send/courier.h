// Takes everything to its receiver: a CurlSender on a loop and a thread of its own, and a Postman.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "notifier/send/curl_sender.h"
#include "notifier/send/postman.h"

namespace sonde::notifier {

class Courier {
public:
    // Throws std::runtime_error if libcurl or the loop cannot be set up.
    Courier(SenderOptions options, net::Guard guard);
    // Cuts off what is under way. No callback runs after it returned.
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    // Any thread. `done` is called once, on a thread of the courier's, and must return soon. The caller bounds how many are open.
    void send(HttpRequest request, std::function<void(HttpReply)> done);
    void send(MailRequest request, std::function<void(MailReply)> done);
    // Any thread; for connections begun afterwards.
    void set_guard(net::Guard guard);

private:
    uv::Loop loop_;
    std::unique_ptr<CurlSender> sender_;  // the loop's thread only, once that runs
    std::thread thread_;
    std::unique_ptr<Postman> postman_;
};

}  // namespace sonde::notifier
