// Takes messages to mail servers, any number at once, each on a thread of its own: at the end of an SMTP exchange libcurl waits for the server by itself, also where it
// is driven by a loop, and would keep all others waiting.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "notifier/send/transfer.h"

namespace sonde::notifier {

class Postman {
public:
    Postman(SenderOptions options, net::Guard guard);
    // Cuts off what is under way, which takes about a second. No callback runs after it returned.
    ~Postman();
    Postman(const Postman&) = delete;
    Postman& operator=(const Postman&) = delete;

    // Any thread. `done` is called once, on a thread of ours, and must return soon; never if it was cut off. The caller bounds how many are open.
    void send(MailRequest request, std::function<void(MailReply)> done);
    // Any thread; for messages from now on.
    void set_guard(net::Guard guard);

private:
    void deliver(int number, const net::Guard& guard, MailRequest request, const std::function<void(MailReply)>& done);

    const SenderOptions options_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;  // of what follows
    net::Guard guard_;
    int next_ = 0;
    std::unordered_map<int, std::thread> threads_;
    std::vector<int> ended_;  // their numbers, until somebody joins them
};

}  // namespace sonde::notifier
