#include "notifier/send/http_transfer.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sonde::notifier {
namespace {

// Header lines of an answer, all together: far more than any receiver has to say.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

bool starts_with_any_case(std::string_view text, std::string_view lower_prefix) {
    return text.size() >= lower_prefix.size() &&
           std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(), [](char lower, char any) {
               return lower == (any >= 'A' && any <= 'Z' ? static_cast<char>(any + ('a' - 'A')) : any);
           });
}

// The code of `HTTP/1.1 200 OK`; 0 if it is none.
int status_of_line(std::string_view line) {
    const auto space = line.find(' ');
    int status = 0;
    if (space != std::string_view::npos) std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
    return status;
}

}  // namespace

HttpTransfer::HttpTransfer(const SenderOptions& options, const net::Guard& guard, HttpRequest request, std::function<void(HttpReply)> done)
    : Transfer(options, guard), request_(std::move(request)), done_(std::move(done)) {
    for (const auto& line : request_.headers) headers_.add(line);
    headers_.add("Expect:");  // the document is small: no round trip to ask whether it may come
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_POST, 1L);
    if (request_.method != "POST") set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_HTTPHEADER, headers_.head());
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    set(CURLOPT_BUFFERSIZE, 4096L);
    set(CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

std::function<void()> HttpTransfer::conclude(CURLcode code) {
    reply_.took = took();
    if (reply_.status == 0 && header_bytes_ > kMaxHeaderBytes) {
        reply_.failure = Outcome::unreachable;
        reply_.error = "the answer's header is too large";
    } else if (reply_.status == 0) {
        auto what = failure(code);
        reply_.failure = what.outcome;
        reply_.error = std::move(what.error);
    }
    return [done = std::move(done_), reply = std::move(reply_)]() mutable { done(std::move(reply)); };
}

std::size_t HttpTransfer::on_header(const char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    auto& reply = transfer.reply_;
    transfer.header_bytes_ += size;
    if (transfer.header_bytes_ > kMaxHeaderBytes) return 0;
    const std::string_view line(data, size);
    constexpr std::string_view retry_after = "retry-after:";
    if (line.starts_with("HTTP/")) {
        transfer.status_in_progress_ = status_of_line(line);  // an interim answer (1xx) may have come before
    } else if (line == "\r\n" || line == "\n") {
        if (reply.status == 0 && transfer.status_in_progress_ >= 200) reply.status = transfer.status_in_progress_;
    } else if (reply.status == 0 && starts_with_any_case(line, retry_after)) {
        reply.retry_after = line.substr(retry_after.size());
    }
    return size;
}

std::size_t HttpTransfer::on_body(const char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    auto& body = transfer.reply_.body;
    body.append(data, std::min(size, transfer.request_.keep - body.size()));
    // Enough is enough: the answer is known, so the rest of it is cut off rather than read.
    return body.size() < transfer.request_.keep ? size : 0;
}

}  // namespace sonde::notifier
