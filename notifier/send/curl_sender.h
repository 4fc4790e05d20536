// Sends requests by libcurl on a libuv loop, any number at once, each with its own connection and deadline.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <unordered_map>

#include "lib/uv/loop.h"
#include "lib/uv/poll.h"
#include "notifier/send/http_transfer.h"

namespace sonde::notifier {

// Loop thread only; the loop must outlive it, and must still turn or be destroyed after it.
class CurlSender {
public:
    // Throws std::runtime_error if libcurl cannot be set up, or lacks TLS.
    CurlSender(uv::Loop& loop, SenderOptions options, net::Guard guard);
    // Cuts off what is under way; those callbacks are never called.
    ~CurlSender();
    CurlSender(const CurlSender&) = delete;
    CurlSender& operator=(const CurlSender&) = delete;

    // `done` is called exactly once, never before `send` returned.
    void send(HttpRequest request, std::function<void(HttpReply)> done);
    // For connections begun from now on.
    void set_guard(net::Guard guard) { guard_ = std::move(guard); }

private:
    static int on_socket(CURL* easy, curl_socket_t socket, int action, void* self, void* unused) noexcept;
    static int on_timer(CURLM* multi, long timeout_ms, void* self) noexcept;
    static void ready(void* self, int socket, int status, int events);
    void advance(curl_socket_t socket, int events);
    void finish_done();

    uv::Loop& loop_;
    SenderOptions options_;
    net::Guard guard_;
    uv::Timer timer_;
    CURLM* multi_ = nullptr;
    std::unordered_map<curl_socket_t, std::unique_ptr<uv::Poll>> watched_;
    std::unordered_map<CURL*, std::unique_ptr<HttpTransfer>> transfers_;
};

}  // namespace sonde::notifier
