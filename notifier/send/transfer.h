// One exchange under way by libcurl, and what holds for all of them whatever their protocol: certificates and names verified, no proxy from the environment, a fresh
// connection that is not kept. Every address is shown to the guard right before it would be connected to, so a name that changes its mind between check and use
// gains nothing.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "lib/net/guard.h"
#include "notifier/send/exchange.h"

namespace sonde::notifier {

struct SenderOptions {
    milliseconds timeout{10'000};       // for all of an HTTP exchange, and for a connection to a mail server; name resolution included
    milliseconds mail_timeout{60'000};  // for all of an exchange with a mail server
    std::string ca_file;                // own authorities instead of the system's; empty for the system's
};

// Lines for libcurl.
class CurlList {
public:
    CurlList() = default;
    ~CurlList() { curl_slist_free_all(head_); }
    CurlList(const CurlList&) = delete;
    CurlList& operator=(const CurlList&) = delete;

    void add(const std::string& line);  // throws std::bad_alloc
    [[nodiscard]] curl_slist* head() const { return head_; }

private:
    curl_slist* head_ = nullptr;
};

// One thread at a time. Its address is what libcurl hands to the callbacks.
class Transfer {
public:
    // `guard` must outlive it. Throws std::runtime_error if libcurl lacks what is needed.
    Transfer(const SenderOptions& options, const net::Guard& guard);
    // The handle must not be libcurl's to work on any more.
    virtual ~Transfer() = default;
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    [[nodiscard]] CURL* easy() const { return easy_.get(); }
protected:
    struct Failure {
        Outcome outcome = Outcome::unreachable;
        std::string error;
    };

    template <class Value>
    void set(CURLoption option, Value value) {
        check(curl_easy_setopt(easy(), option, value));
    }
    [[nodiscard]] Failure failure(CURLcode code) const;
    [[nodiscard]] microseconds took() const;
    [[nodiscard]] const net::Guard& guard() const { return guard_; }
    // Why an address must not be connected to, for people.
    [[nodiscard]] virtual std::optional<std::string> refusal(const net::Address& address) const { return guard_.refusal(address); }

private:
    static void check(CURLcode code);
    static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept;

    const net::Guard& guard_;
    MonotonicPoint begun_ = std::chrono::steady_clock::now();
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
    char error_[CURL_ERROR_SIZE] = {};
    std::string refused_;            // the words about the first address that was refused
    bool connected_to_any_ = false;  // a socket was opened for some address
};

}  // namespace sonde::notifier
