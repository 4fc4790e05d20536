#include "notifier/send/transfer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <utility>

#include "notifier/core/clean_text.h"

namespace sonde::notifier {
namespace {

constexpr std::size_t kMaxErrorBytes = 256;

Outcome outcome_of(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return Outcome::timed_out;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_USE_SSL_FAILED:
            return Outcome::tls;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_LOGIN_DENIED:  // without an answer that says so: the server knows no way to log in that we know
            return Outcome::not_sendable;
        default:
            return Outcome::unreachable;
    }
}

}  // namespace

void CurlList::add(const std::string& line) {
    auto* longer = curl_slist_append(head_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    head_ = longer;
}

Transfer::Transfer(const SenderOptions& options, const net::Guard& guard) : guard_(guard), easy_(curl_easy_init(), &curl_easy_cleanup) {
    if (easy_ == nullptr) throw std::bad_alloc();
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    // Without it, the end of a transfer whose name is still being resolved waits for the resolver's thread, and so does the loop.
    set(CURLOPT_QUICK_EXIT, 1L);
    // libcurl sends a request again by itself when a kept connection turns out dead: fresh ones leave that decision to us.
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    // With a directory of certificates set, libcurl reads the whole bundle again for each connection.
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

void Transfer::check(CURLcode code) {
    if (code != CURLE_OK) throw std::runtime_error(std::string("cannot set an option of libcurl: ") + curl_easy_strerror(code));
}

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto known = net::Address::from(&address->addr);
    auto refusal = known ? transfer.refusal(*known) : std::optional<std::string>("not an IP address");
    if (refusal) {
        if (transfer.refused_.empty()) transfer.refused_ = std::move(*refusal);
        return CURL_SOCKET_BAD;
    }
    const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket < 0) return CURL_SOCKET_BAD;
    transfer.connected_to_any_ = true;
    return socket;
}

microseconds Transfer::took() const { return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begun_); }

Transfer::Failure Transfer::failure(CURLcode code) const {
    if (!refused_.empty() && !connected_to_any_) return {Outcome::blocked_address, "not allowed to connect: " + refused_};
    return {code == CURLE_OK ? Outcome::unreachable : outcome_of(code), clean_text(error_[0] != '\0' ? error_ : curl_easy_strerror(code), kMaxErrorBytes)};
}

}  // namespace sonde::notifier
