// One HTTP request and its answer, by libcurl, over a connection that is there already.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/check/observation.h"
#include "lib/net/guard.h"
#include "lib/net/url.h"
#include "probe-agent/probe/tls/certificate.h"
#include "probe-agent/probe/net/socket.h"
#include "probe-agent/probe/http/curl_multi.h"
#include "probe-agent/probe/http/request.h"

namespace sonde::agent {

struct HttpAnswer {
    check::Failure failure;
    check::HttpFacts facts;  // without redirects and final_url, of which an exchange knows nothing
    std::optional<check::TlsFacts> tls;
    std::string location;  // of a redirect; empty if there was none
    // Of this exchange: tls, first_byte and transfer; the others are zero.
    check::Phases phases;
};

bool is_redirect(int status);

// What all exchanges share: the multi handle, the certificate store in it, and easy handles kept for the next one.
class HttpClient {
public:
    struct Options {
        std::string user_agent;
        std::string ca_file;  // empty: the system's bundle
    };

    // Throws std::runtime_error if libcurl cannot begin or the file cannot be read. The cache must outlive it.
    HttpClient(uv::Loop& loop, CertificateCache& certificates, Options options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

private:
    friend class HttpExchange;
    struct Easy;
    struct DropEasy {
        void operator()(Easy* easy) const;
    };
    using EasyHandle = std::unique_ptr<Easy, DropEasy>;

    EasyHandle take();
    void give_back(EasyHandle easy);

    Options options_;
    CertificateCache& certificates_;
    CurlMulti multi_;
    std::vector<EasyHandle> idle_;
};

// One exchange. Destroying it ends it and closes its connection. Loop thread only.
class HttpExchange final : private CurlMulti::Listener {
public:
    // `socket` is connected to `address` and `port`: the server, or the proxy that the request names.
    HttpExchange(HttpClient& client, HttpRequest request, Socket socket, net::Address address, int port,
                 std::function<void(HttpAnswer)> done);
    ~HttpExchange();
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    // `done` is called once, never before this returned; it may destroy the exchange.
    void start();
    // What is known so far; for when the time is up.
    HttpAnswer so_far();

private:
    friend class HttpClient;
    void prepare();
    void note_header(std::string_view line);
    void note_facts();
    [[nodiscard]] std::string peer() const;
    void transferred(CURLcode code) override;
    check::Phases phases() const;
    [[nodiscard]] check::Failure shortfall(CURLcode code) const;
    // The step an exchange that failed now was in.
    check::Phase step() const;

    static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_socket(void* self, curl_socket_t fd, curlsocktype purpose);
    static CURLcode on_tls(CURL* easy, void* context, void* self);

    HttpClient& client_;
    HttpRequest request_;
    Socket socket_;
    net::Address address_;
    int port_;
    std::function<void(HttpAnswer)> done_;
    HttpClient::EasyHandle easy_;
    CurlRequest curl_;
    CertificateWatch certificate_;
    HttpAnswer answer_;
    MonotonicPoint started_{};
    std::size_t header_bytes_ = 0;
    bool headers_ended_ = false;  // of the answer itself: what comes now are trailers
    bool stopped_ = false;        // we have seen all we wanted
    bool headers_too_long_ = false;
};

}  // namespace sonde::agent
