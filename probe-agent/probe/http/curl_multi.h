// libcurl's multi interface on the loop.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/uv/loop.h"
#include "lib/uv/poll.h"

namespace sonde::agent {

// Moves any number of easy handles. Loop thread only; must outlive the transfers it was given.
class CurlMulti {
public:
    // What is told of a transfer. Called from the loop, never from inside libcurl: it may add and remove transfers and destroy
    // itself.
    class Listener {
    public:
        virtual void transferred(CURLcode code) = 0;

    protected:
        ~Listener() = default;
    };

    // Throws std::runtime_error if libcurl cannot begin.
    explicit CurlMulti(uv::Loop& loop);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    // Begins a transfer; `listener` is told once, when it ended, unless `remove` was called before. Takes CURLOPT_PRIVATE.
    // Of each socket one transfer.
    void add(CURL* easy, Listener* listener);
    // Ends a transfer at once. Not from inside a callback of libcurl.
    void remove(CURL* easy);

private:
    static int socket_changed(CURL* easy, curl_socket_t fd, int what, void* self, void* poll);
    static int timer_changed(CURLM* multi, long timeout_ms, void* self);
    void ready(int fd, int status, int events);
    void act(curl_socket_t fd, int events);
    void look_again(curl_socket_t fd);
    void take_second_looks();
    void tell_finished();

    struct Watched {
        std::unique_ptr<uv::Poll> poll;
        std::uint64_t serial = 0;  // tells a socket from the next one of the same number
        CURL* easy = nullptr;
    };
    struct Finished {
        CURL* easy = nullptr;  // null: told, or removed
        CURLcode code = CURLE_OK;
    };
    struct SecondLook {
        curl_socket_t fd;
        std::uint64_t serial;
    };

    uv::Loop& loop_;
    CURLM* multi_;
    uv_timer_t* timer_;
    std::unordered_map<int, Watched> watched_;
    std::uint64_t last_serial_ = 0;
    std::vector<Finished> finished_;  // of the turn that is being told; nothing is added meanwhile
    // libcurl (7.88) may stop reading though TLS or HTTP/2 hold more that has arrived. With these sockets there is nothing to read then, so that
    // nothing would ever move again: after each read they are looked at once more, until a look finds nothing new.
    std::vector<SecondLook> second_looks_;
    uv::Timer second_look_;
};

}  // namespace sonde::agent
