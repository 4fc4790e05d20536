#include "notifier/send/curl_sender.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "notifier/core/clean_text.h"

namespace sonde::notifier {
namespace {

// Header lines of an answer, all together: far more than any receiver has to say.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxErrorBytes = 256;

void initialize_libcurl() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("cannot set up libcurl");
    });
}

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
            return Outcome::tls;
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return Outcome::not_sendable;
        default:
            return Outcome::unreachable;
    }
}

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

// One request under way. Owned by the sender's table; its address is what libcurl hands to the callbacks.
struct CurlSender::Transfer {
    CurlSender& sender;
    HttpRequest request;
    std::function<void(HttpReply)> done;
    MonotonicPoint begun = std::chrono::steady_clock::now();
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    char error[CURL_ERROR_SIZE] = {};

    HttpReply reply;
    int status_in_progress = 0;
    std::size_t header_bytes = 0;
    std::string refused;            // the guard's words about the first address it refused
    bool connected_to_any = false;  // a socket was opened for some address

    Transfer(CurlSender& owner, HttpRequest what, std::function<void(HttpReply)> callback)
        : sender(owner), request(std::move(what)), done(std::move(callback)) {}
    ~Transfer() {
        if (easy != nullptr) {
            curl_multi_remove_handle(sender.multi_, easy);
            curl_easy_cleanup(easy);
        }
        curl_slist_free_all(headers);
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    void prepare(const SenderOptions& options);
    HttpReply conclude(CURLcode code);

    static std::size_t on_header(const char* data, std::size_t, std::size_t size, void* self) noexcept;
    static std::size_t on_body(const char* data, std::size_t, std::size_t size, void* self) noexcept;
    static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept;
};

void CurlSender::Transfer::prepare(const SenderOptions& options) {
    easy = curl_easy_init();
    if (easy == nullptr) throw std::bad_alloc();
    for (const auto& line : request.headers) headers = curl_slist_append(headers, line.c_str());
    headers = curl_slist_append(headers, "Expect:");  // the document is small: no round trip to ask whether it may come

    const auto set = [this](CURLoption option, auto value) {
        if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK) {
            throw std::runtime_error(std::string("cannot set an option of libcurl: ") + curl_easy_strerror(code));
        }
    };
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(error));
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
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
    set(CURLOPT_BUFFERSIZE, 4096L);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

std::size_t CurlSender::Transfer::on_header(const char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.header_bytes += size;
    if (transfer.header_bytes > kMaxHeaderBytes) return 0;
    const std::string_view line(data, size);
    constexpr std::string_view retry_after = "retry-after:";
    if (line.starts_with("HTTP/")) {
        transfer.status_in_progress = status_of_line(line);  // an interim answer (1xx) may have come before
    } else if (line == "\r\n" || line == "\n") {
        if (transfer.reply.status == 0 && transfer.status_in_progress >= 200) transfer.reply.status = transfer.status_in_progress;
    } else if (transfer.reply.status == 0 && starts_with_any_case(line, retry_after)) {
        transfer.reply.retry_after = line.substr(retry_after.size());
    }
    return size;
}

std::size_t CurlSender::Transfer::on_body(const char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& reply = static_cast<Transfer*>(self)->reply;
    reply.body.append(data, std::min(size, kMaxReplyBytes - reply.body.size()));
    // Enough is enough: the answer is known, so the rest of it is cut off rather than read.
    return reply.body.size() < kMaxReplyBytes ? size : 0;
}

curl_socket_t CurlSender::Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto known = net::Address::from(&address->addr);
    auto refusal = known ? transfer.sender.guard_.refusal(*known) : std::optional<std::string>("not an IP address");
    if (refusal) {
        if (transfer.refused.empty()) transfer.refused = std::move(*refusal);
        return CURL_SOCKET_BAD;
    }
    const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket < 0) return CURL_SOCKET_BAD;
    transfer.connected_to_any = true;
    return socket;
}

HttpReply CurlSender::Transfer::conclude(CURLcode code) {
    reply.took = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begun);
    if (reply.status != 0) return std::move(reply);
    if (!refused.empty() && !connected_to_any) {
        reply.failure = Outcome::blocked_address;
        reply.error = "not allowed to connect: " + refused;
    } else if (header_bytes > kMaxHeaderBytes) {
        reply.failure = Outcome::unreachable;
        reply.error = "the answer's header is too large";
    } else {
        reply.failure = code == CURLE_OK ? Outcome::unreachable : outcome_of(code);
        reply.error = clean_text(error[0] != '\0' ? error : curl_easy_strerror(code), kMaxErrorBytes);
    }
    return std::move(reply);
}

// The poll handle of one of libcurl's sockets; freed in its close callback.
struct CurlSender::Watch {
    uv_poll_t handle{};
    CurlSender* sender = nullptr;
    curl_socket_t socket = CURL_SOCKET_BAD;
};

CurlSender::CurlSender(uv::Loop& loop, SenderOptions options, net::Guard guard)
    : loop_(loop), options_(std::move(options)), guard_(std::move(guard)), timer_(loop) {
    initialize_libcurl();
    multi_ = curl_multi_init();
    if (multi_ == nullptr) throw std::runtime_error("cannot set up libcurl");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlSender::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlSender::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlSender::~CurlSender() {
    transfers_.clear();
    curl_multi_cleanup(multi_);
}

void CurlSender::send(HttpRequest request, std::function<void(HttpReply)> done) {
    auto transfer = std::make_unique<Transfer>(*this, std::move(request), std::move(done));
    transfer->prepare(options_);
    auto* easy = transfer->easy;
    transfers_.emplace(easy, std::move(transfer));
    curl_multi_add_handle(multi_, easy);  // only asks for the timer: whatever happens, happens in a later turn of the loop
}

int CurlSender::on_socket(CURL*, curl_socket_t socket, int action, void* self, void* watch) noexcept {
    auto& sender = *static_cast<CurlSender*>(self);
    auto* known = static_cast<Watch*>(watch);
    if (action == CURL_POLL_REMOVE) {
        if (known == nullptr) return 0;
        curl_multi_assign(sender.multi_, socket, nullptr);
        uv_poll_stop(&known->handle);
        known->sender = nullptr;
        uv_close(reinterpret_cast<uv_handle_t*>(&known->handle),
                 [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
        return 0;
    }
    if (known == nullptr) {
        known = new Watch;
        known->handle.data = known;
        known->sender = &sender;
        known->socket = socket;
        if (uv_poll_init_socket(sender.loop_.raw(), &known->handle, socket) != 0) {
            delete known;
            return -1;  // libcurl fails the transfer
        }
        curl_multi_assign(sender.multi_, socket, known);
    }
    const int events = ((action & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((action & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    uv_poll_start(&known->handle, events, [](uv_poll_t* handle, int status, int happened) {
        const auto* ready = static_cast<Watch*>(handle->data);
        if (ready->sender == nullptr) return;
        const int for_curl = status < 0 ? CURL_CSELECT_ERR
                                        : ((happened & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
                                              ((happened & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
        ready->sender->advance(ready->socket, for_curl);
    });
    return 0;
}

int CurlSender::on_timer(CURLM*, long timeout_ms, void* self) noexcept {
    auto& sender = *static_cast<CurlSender*>(self);
    if (timeout_ms < 0) {
        sender.timer_.cancel();
    } else {
        sender.timer_.once(milliseconds{timeout_ms}, [&sender] { sender.advance(CURL_SOCKET_TIMEOUT, 0); });
    }
    return 0;
}

void CurlSender::advance(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    finish_done();
}

void CurlSender::finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto found = transfers_.find(message->easy_handle);
        const auto code = message->data.result;
        auto transfer = std::move(found->second);  // `message` is gone once the handle is removed
        transfers_.erase(found);
        auto reply = transfer->conclude(code);
        auto done = std::move(transfer->done);
        transfer.reset();
        done(std::move(reply));
    }
}

}  // namespace sonde::notifier
