#include "notifier/send/curl_sender.h"

#include <mutex>
#include <stdexcept>
#include <utility>

namespace sonde::notifier {
namespace {

void initialize_libcurl() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("cannot set up libcurl");
    });
}

}  // namespace

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
    for (const auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
    transfers_.clear();
    curl_multi_cleanup(multi_);
}

void CurlSender::send(HttpRequest request, std::function<void(HttpReply)> done) {
    auto transfer = std::make_unique<HttpTransfer>(options_, guard_, std::move(request), std::move(done));
    auto* easy = transfer->easy();
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
        auto transfer = std::move(found->second);
        transfers_.erase(found);
        curl_multi_remove_handle(multi_, transfer->easy());  // and `message` is gone
        const auto done = transfer->conclude(code);
        transfer.reset();
        done();
    }
}

}  // namespace sonde::notifier
