// An HTTP request under way.
#pragma once

#include <functional>

#include "notifier/send/transfer.h"

namespace sonde::notifier {

// Its method over HTTP/1.1, http and https only, redirects not followed, nothing decompressed. An answer counts from its complete header on: what happens to its
// body afterwards does not change that.
class HttpTransfer : public Transfer {
public:
    HttpTransfer(const SenderOptions& options, const net::Guard& guard, HttpRequest request, std::function<void(HttpReply)> done);

    // It ended with `code`. What comes back is to be called once this is gone.
    std::function<void()> conclude(CURLcode code);

private:
    static std::size_t on_header(const char* data, std::size_t, std::size_t size, void* self) noexcept;
    static std::size_t on_body(const char* data, std::size_t, std::size_t size, void* self) noexcept;

    HttpRequest request_;
    std::function<void(HttpReply)> done_;
    CurlList headers_;
    HttpReply reply_;
    int status_in_progress_ = 0;
    std::size_t header_bytes_ = 0;
};

}  // namespace sonde::notifier
