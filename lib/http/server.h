// The HTTP server: libmicrohttpd behind Request, Response and Router. One event thread; handlers run on a pool of workers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/instant.h"
#include "lib/http/router.h"
#include "lib/metrics/metrics.h"

namespace sonde::http {

struct ServerOptions {
    std::string address = "127.0.0.1";  // a literal IPv4 or IPv6 address
    int port = 0;                       // 0: any free one
    int workers = 4;
    int max_connections = 1024;
    int max_connections_per_peer = 256;
    int max_queued = 256;  // requests waiting for a worker; beyond, 503 with Retry-After
    std::size_t max_body_bytes = 1 << 20;
    std::size_t max_bodies_bytes = 256U << 20U;  // of all requests at one time; beyond, 503 with Retry-After, but for bodies of up to 128 KiB
    // The bound for one request, by its method and path, where it is not the same for all; never more than `max_body_bytes`.
    // Called on the event thread while the body arrives: must be quick and not throw.
    std::function<std::size_t(Method method, std::string_view path)> body_limit{};
    // Whether a body beyond its bound is cut there and served, where it would be refused; up to 64 MiB, then it is refused all the same.
    // As `body_limit`.
    std::function<bool(Method method, std::string_view path)> cuts_body{};
    std::size_t max_target_bytes = 8192;
    std::size_t max_header_bytes = 32768;
    // From the first byte of a request to the end of its body, and again for the client to take the response: slow ones are cut
    // off.
    milliseconds request_deadline{30000};
    milliseconds idle_timeout{60000};  // between requests
    // Answers that are written bit by bit. Each holds a connection, so these are to be fewer; beyond, `open_stream` throws 503.
    int max_streams = 512;
    milliseconds stream_heartbeat{15000};  // without an event: proxies keep what speaks, and the dead are found
    milliseconds stream_retry{3000};       // what every stream begins with: how long a client that is cut off is to wait; above 0
    std::string name{};  // of one among several in a process: the label `server` of its metrics
};

// Requests that cannot be read as HTTP, or whose head is too large (431), are answered by the library below without a problem
// document. Every response has `Cache-Control: no-store` and `X-Content-Type-Options: nosniff` unless its handler set them.
//
// A response with a stream (lib/http/stream.h) has no deadline; a client of one that takes nothing for `request_deadline` is cut off. It is counted when it is over.
//
// Metrics: sonde_http_requests_total{route,method,status}, sonde_http_request_seconds{route}, sonde_http_connections,
// sonde_http_queued, sonde_http_cut_total{reason}, and those of lib/http/streams.h and body_budget.h.
class Server {
public:
    // Binds and begins to serve; throws std::runtime_error with address, port and reason if it cannot.
    // `router` must outlive the server.
    Server(ServerOptions options, const Router& router, metrics::Registry& metrics);
    // Stops accepting, ends streams with what they have, lets running handlers end, answers what waits for a worker with 503, gives clients three seconds to take
    // their responses, closes. Takes as long as the slowest running handler.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] int port() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::http
