#include "probe-agent/probe/http/curl_multi.h"

#include <stdexcept>
#include <utility>

namespace sonde::agent {
namespace {

CURLM* begin_multi() {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = global == CURLE_OK ? curl_multi_init() : nullptr;
    if (multi == nullptr) throw std::runtime_error("cannot start libcurl");
    return multi;
}

bool is_over_tls(CURL* easy) {
    const char* scheme = nullptr;
    curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);
    return scheme != nullptr && (scheme[4] == 's' || scheme[4] == 'S');
}

// Bytes of headers and body that were handed on.
std::int64_t received(CURL* easy) {
    long head = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    return head + body;
}

}  // namespace

CurlMulti::CurlMulti(uv::Loop& loop) : loop_(loop), multi_(begin_multi()), timer_(new uv_timer_t), second_look_(loop) {
    uv_timer_init(loop.raw(), timer_);
    timer_->data = this;
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::socket_changed);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::timer_changed);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);  // every check has a connection of its own
}

CurlMulti::~CurlMulti() {
    curl_multi_cleanup(multi_);
    uv_timer_stop(timer_);
    uv_close(reinterpret_cast<uv_handle_t*>(timer_), [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void CurlMulti::add(CURL* easy, Listener* listener) {
    curl_easy_setopt(easy, CURLOPT_PRIVATE, listener);
    curl_multi_add_handle(multi_, easy);
}

void CurlMulti::remove(CURL* easy) {
    curl_multi_remove_handle(multi_, easy);
    for (auto& one : finished_) {
        if (one.easy == easy) one.easy = nullptr;  // it ended, and was not told yet
    }
}

int CurlMulti::socket_changed(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (what == CURL_POLL_REMOVE) {
        multi.watched_.erase(fd);
        return 0;
    }
    auto& watched = multi.watched_[fd];
    if (watched.poll == nullptr) {
        watched.serial = ++multi.last_serial_;
        watched.easy = easy;
        watched.poll = std::make_unique<uv::Poll>(multi.loop_, fd, self, [](void* owner, int socket, int status, int events) {
            static_cast<CurlMulti*>(owner)->ready(socket, status, events);
        });
    }
    watched.poll->watch(((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0));
    return 0;
}

void CurlMulti::ready(int fd, int status, int events) {
    if (status == 0) {
        if ((events & UV_READABLE) != 0) look_again(fd);
        return act(fd,
                   ((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) | ((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0));
    }
    // libuv has found an error and stopped watching. Told of it, libcurl would not look further; told to read, it finds out
    // which.
    const auto serial = watched_.at(fd).serial;
    act(fd, CURL_CSELECT_IN | CURL_CSELECT_OUT);
    const auto found = watched_.find(fd);
    if (found != watched_.end() && found->second.serial == serial) act(fd, CURL_CSELECT_ERR);
}

int CurlMulti::timer_changed(CURLM*, long timeout_ms, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (timeout_ms < 0) {
        uv_timer_stop(multi.timer_);
        return 0;
    }
    // Also for 0: libcurl must not be called again from inside its own callback.
    uv_timer_start(
        multi.timer_, [](uv_timer_t* timer) { static_cast<CurlMulti*>(timer->data)->act(CURL_SOCKET_TIMEOUT, 0); },
        static_cast<std::uint64_t>(timeout_ms), 0);
    return 0;
}

void CurlMulti::act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    tell_finished();
}

void CurlMulti::look_again(curl_socket_t fd) {
    const auto& watched = watched_.at(fd);
    if (!is_over_tls(watched.easy)) return;
    second_looks_.push_back({fd, watched.serial});
    second_look_.once(milliseconds{0}, [this] { take_second_looks(); });
}

void CurlMulti::take_second_looks() {
    for (const auto& look : std::exchange(second_looks_, {})) {
        const auto is_there = [&] {
            const auto found = watched_.find(look.fd);
            return found != watched_.end() && found->second.serial == look.serial;
        };
        if (!is_there()) continue;
        CURL* const easy = watched_.at(look.fd).easy;
        const auto before = received(easy);
        act(look.fd, CURL_CSELECT_IN);
        if (is_there() && received(easy) != before) look_again(look.fd);
    }
}

void CurlMulti::tell_finished() {
    // Whatever handle is removed, libcurl looks for it through all messages that nobody has read: so all are read first, for many end together.
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) finished_.push_back({message->easy_handle, message->data.result});
    }
    for (auto& one : finished_) {
        CURL* const easy = std::exchange(one.easy, nullptr);
        if (easy == nullptr) continue;
        char* listener = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &listener);
        curl_multi_remove_handle(multi_, easy);
        reinterpret_cast<Listener*>(listener)->transferred(one.code);
    }
    finished_.clear();
}

}  // namespace sonde::agent
