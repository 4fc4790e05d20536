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

int CurlSender::on_socket(CURL*, curl_socket_t socket, int action, void* self, void*) noexcept {
    auto& sender = *static_cast<CurlSender*>(self);
    if (action == CURL_POLL_REMOVE) {
        sender.watched_.erase(socket);
        return 0;
    }
    try {
        auto& poll = sender.watched_[socket];
        if (poll == nullptr) poll = std::make_unique<uv::Poll>(sender.loop_, socket, self, &CurlSender::ready);
        poll->watch(((action & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((action & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0));
        return 0;
    } catch (const std::exception&) {
        sender.watched_.erase(socket);
        return -1;  // libcurl fails the transfer
    }
}

void CurlSender::ready(void* self, int socket, int status, int events) {
    const int seen = ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) | ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0);
    static_cast<CurlSender*>(self)->advance(socket, status < 0 ? CURL_CSELECT_ERR : seen);
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
