#include "lib/http/server.h"

#include <fmt/format.h>
#include <malloc.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

#include "lib/http/connections.h"
#include "lib/http/event_thread.h"
#include "lib/http/exchange.h"
#include "lib/http/listen.h"
#include "lib/http/stream_answer.h"
#include "lib/http/streams.h"
#include "lib/http/workers.h"
#include "lib/log/log.h"

namespace sonde::http {
namespace {

constexpr metrics::Family kRequests{"sonde_http_requests_total", "HTTP requests answered."};
constexpr metrics::Family kSeconds{"sonde_http_request_seconds",
                                   "From a whole request to its response, the wait for a worker included."};
constexpr metrics::Family kQueued{"sonde_http_queued", "Requests waiting for a worker."};

// In place of the pattern, for requests that no route matched.
const std::string kNoRoute = "none";

// How long a stopping server waits for the responses of handlers that have ended to be taken by their clients.
constexpr milliseconds kDrain{3000};
constexpr std::size_t kLargeAnswer = 1U << 20U;
constexpr milliseconds kBetweenTrims{100};

// What a large request took to be worked on, several times its size, the allocator would keep for the next one. Meanwhile nobody gets memory, so that those who send many make no difference.
void give_memory_back(const Exchange& exchange) {
    if (exchange.request.body.size() <= BodyBudget::kSmall && exchange.response->body.size() <= kLargeAnswer) return;
    static std::atomic<MonotonicPoint> next{MonotonicPoint{}};
    const auto now = std::chrono::steady_clock::now();
    auto due = next.load();
    if (now >= due && next.compare_exchange_strong(due, now + kBetweenTrims)) malloc_trim(0);
}

Connection& connection_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return *static_cast<Connection*>(info->socket_context);
}

void collect_headers(MHD_Connection* connection, Request& request) {
    MHD_get_connection_values_n(
        connection, MHD_HEADER_KIND,
        [](void* to, MHD_ValueKind, const char* name, std::size_t name_size, const char* value, std::size_t value_size) {
            std::string lower(name, name_size);
            for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            static_cast<Request*>(to)->headers.emplace_back(std::move(lower),
                                                            value == nullptr ? "" : std::string(value, value_size));
            return MHD_YES;
        },
        &request);
}

bool has_header(const Response& response, std::string_view lower_name) {
    return std::any_of(response.headers.begin(), response.headers.end(), [lower_name](const auto& header) {
        return std::equal(header.first.begin(), header.first.end(), lower_name.begin(), lower_name.end(),
                          [](char left, char right) { return (left >= 'A' && left <= 'Z' ? left + 32 : left) == right; });
    });
}

struct Freed {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using LibraryResponse = std::unique_ptr<MHD_Response, Freed>;

bool response_has_body(const Exchange& exchange) { return exchange.request.method != Method::head; }

// Nothing if a header or the status cannot be sent as it is. Refers to the body, which must stay until the exchange has ended.
LibraryResponse build(Exchange& exchange, EventThread& events, MHD_Connection* connection) {
    auto& response = *exchange.response;
    if (response.status < 200 || response.status > 599) return nullptr;
    const std::string_view body = response.shared ? *response.shared : response.fixed.empty() ? response.body : response.fixed;
    // The library does not write to what it is given to keep, though it takes it as if it did.
    LibraryResponse built(exchange.stream ? StreamAnswer::begin(exchange.stream, events, connection, response_has_body(exchange))
                                          : MHD_create_response_from_buffer(body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_PERSISTENT));
    bool good = built != nullptr;
    const auto add = [&](const char* name, const char* value) {
        good = good && MHD_add_response_header(built.get(), name, value) == MHD_YES;
    };
    if (!response.content_type.empty()) add("Content-Type", response.content_type.c_str());
    for (const auto& [name, value] : response.headers) add(name.c_str(), value.c_str());
    if (!has_header(response, "cache-control")) add("Cache-Control", "no-store");
    if (!has_header(response, "x-content-type-options")) add("X-Content-Type-Options", "nosniff");
    if (exchange.close) add("Connection", "close");
    return good ? std::move(built) : nullptr;
}

// How many requests wait for a reply that is to come later.
class Deferred {
public:
    void began() { ++open_; }
    void ended() {
        const std::scoped_lock lock(mutex_);
        if (--open_ == 0) none_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        none_.wait(lock, [this] { return open_ == 0; });
    }

private:
    std::atomic<int> open_{0};
    std::mutex mutex_;
    std::condition_variable none_;
};

// The right to answer one of them.
class Ticket {
public:
    Ticket(Deferred& deferred, EventThread& events, Exchange& exchange, MHD_Connection* connection)
        : deferred_(deferred), events_(events), exchange_(exchange), connection_(connection) {
        deferred_.began();
    }
    ~Ticket() {
        if (!replied_) reply(problem_response(problem::internal, "The request was dropped by a defect of the server."));
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void reply(Response response) {
        if (replied_.exchange(true)) return;
        exchange_.response = std::move(response);
        events_.resume(connection_);  // the exchange is no longer ours
        deferred_.ended();
    }

private:
    Deferred& deferred_;
    EventThread& events_;
    Exchange& exchange_;
    MHD_Connection* connection_;
    std::atomic<bool> replied_{false};
};

}  // namespace

// Callbacks of the library run on its one event thread; handlers on the workers. An exchange belongs to the event thread, but
// while its connection is suspended, when it belongs to the worker.
struct Server::Impl {
    Impl(ServerOptions wanted, const Router& routes, metrics::Registry& registry)
        : options(std::move(wanted)),
          router(routes),
          metrics(registry, options.name.empty() ? metrics::Labels{} : metrics::Labels{{"server", options.name}}),
          streams(std::make_shared<Streams>(StreamsLimits{options.max_streams, options.stream_heartbeat, options.stream_retry, options.request_deadline}, metrics)),
          connections({options.max_connections_per_peer, options.request_deadline, options.idle_timeout}, events, metrics),
          bodies(options.max_bodies_bytes, metrics),
          workers(options.workers, static_cast<std::size_t>(options.max_queued), metrics.gauge(kQueued)) {}

    void start();
    void stop();

    MHD_Result access(Exchange& exchange, MHD_Connection* connection, const char* method, const char* part, std::size_t* size);
    MHD_Result head_arrived(Exchange& exchange, MHD_Connection* connection, const char* method);
    void defer(const Route& route, Exchange& exchange, MHD_Connection* connection);
    MHD_Result hand_over(Exchange& exchange, MHD_Connection* connection);
    MHD_Result answer(Exchange& exchange, MHD_Connection* connection, Response response);
    static void end_stream(Exchange& exchange);
    void completed(Exchange& exchange, MHD_Connection* connection);
    void count(const Exchange& exchange);
    void say_overloaded();

    static MHD_Result on_accept(void* self, const sockaddr* address, socklen_t) noexcept;
    static void on_connection(void* self, MHD_Connection* connection, void** context,
                              MHD_ConnectionNotificationCode code) noexcept;
    static void* on_target(void* self, const char* target, MHD_Connection* connection) noexcept;
    static MHD_Result on_access(void* self, MHD_Connection* connection, const char*, const char* method, const char*,
                                const char* part, std::size_t* size, void** context) noexcept;
    static void on_completed(void* self, MHD_Connection* connection, void** context, MHD_RequestTerminationCode) noexcept;

    const ServerOptions options;
    const Router& router;
    const metrics::Scope metrics;
    const std::shared_ptr<Streams> streams;
    EventThread events;
    Connections connections;
    BodyBudget bodies;
    Workers workers;
    std::atomic<bool> stopping_now{false};
    Deferred deferred;
    MHD_Daemon* daemon = nullptr;
    int port = 0;
    // Event thread only. What was counted before, so that the registry's lock is taken once a series.
    std::map<std::tuple<std::string, Method, int>, metrics::Counter*> requests;
    std::map<std::string, metrics::Histogram*> seconds;
    MonotonicPoint said_overloaded;
};

void Server::Impl::start() {
    const auto listening = listen_on(options.address, options.port);
    port = listening.port;
    // Head and target share the library's memory for a connection with its own notes on them.
    const std::size_t memory = options.max_header_bytes + options.max_target_bytes + 4096;
    const auto unescape =
        +[](void*, MHD_Connection*, char* text) { return std::strlen(text); };  // decode_target does that, strictly
    // clang-format off
    daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, &Impl::on_accept, this, &Impl::on_access, this,
        MHD_OPTION_LISTEN_SOCKET, listening.fd,
        MHD_OPTION_CONNECTION_LIMIT, static_cast<unsigned>(options.max_connections),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, &Impl::on_target, this,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, nullptr,
        MHD_OPTION_NOTIFY_CONNECTION, &Impl::on_connection, this,
        MHD_OPTION_NOTIFY_COMPLETED, &Impl::on_completed, this,
        MHD_OPTION_END);
    // clang-format on
    if (daemon == nullptr) {
        const auto reason = std::generic_category().message(errno);
        close(listening.fd);
        throw std::runtime_error(fmt::format("cannot serve HTTP on {} port {}: {}", options.address, port, reason));
    }
    events.start(daemon);
}

void Server::Impl::stop() {
    if (daemon == nullptr) return;
    stopping_now = true;
    const auto listening = MHD_quiesce_daemon(daemon);
    shutdown(listening, SHUT_RDWR);  // new clients are refused from here on; the event thread may still look at the descriptor
    streams->stop();
    deferred.wait();
    workers.stop();                  // after it no connection is suspended, which the library would not survive below
    if (!connections.drain(kDrain)) log::warning("http_stopped_early", "reason", "clients did not take their responses in time");
    events.stop();
    MHD_stop_daemon(daemon);
    close(listening);
    daemon = nullptr;
}

MHD_Result Server::Impl::access(Exchange& exchange, MHD_Connection* connection, const char* method, const char* part,
                                std::size_t* size) {
    switch (exchange.stage) {
        case Exchange::Stage::arriving:
            return head_arrived(exchange, connection, method);
        case Exchange::Stage::reading: {
            if (*size == 0) {
                // It is handed over when the library asks again, which it does at once. If it were suspended in the turn that read its last byte, the library
                // would read once more before it takes the response, and drop a client that has said its last word.
                exchange.stage = Exchange::Stage::whole;
                return MHD_YES;
            }
            const auto taken = take_body(exchange, {part, *size}, options, bodies);
            *size = 0;
            return taken ? MHD_YES : MHD_NO;
        }
        case Exchange::Stage::whole:
            return hand_over(exchange, connection);
        case Exchange::Stage::handling:  // resumed
            return answer(exchange, connection, std::move(*exchange.response));
        case Exchange::Stage::answered:
            break;
    }
    return MHD_NO;
}

MHD_Result Server::Impl::head_arrived(Exchange& exchange, MHD_Connection* connection, const char* method) {
    exchange.stage = Exchange::Stage::reading;
    exchange.request.peer = connection_of(connection).peer;
    exchange.request.streams = streams.get();
    collect_headers(connection, exchange.request);
    auto refusal = check_head(exchange, method, options);
    if (!refusal) return MHD_YES;
    exchange.close = true;
    if (refusal->at_once) return answer(exchange, connection, std::move(refusal->response));
    exchange.refusal = std::move(refusal->response);
    return MHD_YES;
}

MHD_Result Server::Impl::hand_over(Exchange& exchange, MHD_Connection* connection) {
    exchange.whole_at = std::chrono::steady_clock::now();
    if (exchange.refusal) return answer(exchange, connection, std::move(*exchange.refusal));
    connections.request_whole(connection_of(connection));
    exchange.stage = Exchange::Stage::handling;
    MHD_suspend_connection(connection);
    if (const auto* route = router.find_deferred(exchange.request)) {
        defer(*route, exchange, connection);
        return MHD_YES;
    }
    const bool submitted = workers.submit([this, &exchange, connection](bool may_run) {
        exchange.response = may_run ? run_handler(router, exchange.request) : stopping();
        give_memory_back(exchange);
        exchange.close = !may_run;
        events.resume(connection);  // the exchange is no longer ours
    });
    if (submitted) return MHD_YES;
    if (!stopping_now) say_overloaded();
    exchange.response = stopping_now ? stopping() : overloaded();
    exchange.close = stopping_now;
    events.resume(connection);
    return MHD_YES;
}

// The exchange is the one's who replies, until he has.
void Server::Impl::defer(const Route& route, Exchange& exchange, MHD_Connection* connection) {
    auto ticket = std::make_shared<Ticket>(deferred, events, exchange, connection);
    if (stopping_now) return ticket->reply(stopping());
    route.deferred(exchange.request, [ticket](Response response) { ticket->reply(std::move(response)); });
}

MHD_Result Server::Impl::answer(Exchange& exchange, MHD_Connection* connection, Response response) {
    exchange.stage = Exchange::Stage::answered;
    drop_body(exchange, bodies);
    exchange.response = std::move(response);
    exchange.stream = std::move(exchange.response->stream);
    exchange.close = exchange.close || stopping_now;
    connections.response_began(connection_of(connection));
    auto built = build(exchange, events, connection);
    if (!built) {
        log::error("http_response_unsendable", "route", exchange.request.route, "status", exchange.response->status);
        end_stream(exchange);
        exchange.response = problem_response(problem::internal, "");
        built = build(exchange, events, connection);
    }
    if (!response_has_body(exchange)) end_stream(exchange);
    if (exchange.stream) {
        connections.stream_began(connection_of(connection), exchange.stream);  // counted when it is over
    } else {
        count(exchange);
    }
    if (!built) return MHD_NO;
    return MHD_queue_response(connection, static_cast<unsigned>(exchange.response->status), built.get());
}

void Server::Impl::end_stream(Exchange& exchange) {
    if (const auto stream = std::exchange(exchange.stream, nullptr)) StreamAnswer::finish(*stream);
}

void Server::Impl::count(const Exchange& exchange) {
    const auto& route = exchange.request.route.empty() ? kNoRoute : exchange.request.route;
    const auto method = exchange.request.method;
    const auto status = exchange.response->status;
    auto& counter = requests[{route, method, status}];
    if (counter == nullptr) {
        counter = &metrics.counter(
            kRequests, {{"route", route}, {"method", std::string(name_of(method))}, {"status", std::to_string(status)}});
    }
    counter->add();
    if (exchange.whole_at == MonotonicPoint{}) return;  // refused before that
    auto& histogram = seconds[route];
    if (histogram == nullptr) histogram = &metrics.histogram(kSeconds, metrics::kSecondsBounds, {{"route", route}});
    histogram->observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - exchange.whole_at).count());
}

void Server::Impl::say_overloaded() {
    const auto now = std::chrono::steady_clock::now();
    if (said_overloaded != MonotonicPoint{} && now - said_overloaded < std::chrono::minutes{1}) return;
    said_overloaded = now;
    log::warning("http_overloaded", "queued", options.max_queued, "workers", options.workers);
}

MHD_Result Server::Impl::on_accept(void* self, const sockaddr* address, socklen_t) noexcept {
    return static_cast<Impl*>(self)->connections.admits(address_text(address)) ? MHD_YES : MHD_NO;
}

void Server::Impl::on_connection(void* self, MHD_Connection* connection, void** context,
                                 MHD_ConnectionNotificationCode code) noexcept {
    auto& connections = static_cast<Impl*>(self)->connections;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections.closed(static_cast<Connection*>(*context));
        return;
    }
    const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const auto* address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *context = connections.opened(fd->connect_fd, address_text(address->client_addr));
}

void* Server::Impl::on_target(void* self, const char* target, MHD_Connection* connection) noexcept {
    static_cast<Impl*>(self)->connections.request_began(connection_of(connection));
    auto exchange = std::make_unique<Exchange>();
    exchange->target = target;
    // The library would note each parameter in the memory for the head, and answers nothing if there are more (some 700) than fit. We read the target
    // ourselves, so that it need not see any: its buffer is one it writes to, though it is shown as constant.
    if (auto* query = std::strchr(const_cast<char*>(target), '?')) query[1] = '\0';
    return exchange.release();
}

MHD_Result Server::Impl::on_access(void* self, MHD_Connection* connection, const char*, const char* method, const char*,
                                   const char* part, std::size_t* size, void** context) noexcept {
    return static_cast<Impl*>(self)->access(*static_cast<Exchange*>(*context), connection, method, part, size);
}

void Server::Impl::on_completed(void* self, MHD_Connection* connection, void** context, MHD_RequestTerminationCode) noexcept {
    const std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(std::exchange(*context, nullptr)));
    static_cast<Impl*>(self)->completed(*exchange, connection);
}

void Server::Impl::completed(Exchange& exchange, MHD_Connection* connection) {
    connections.response_ended(connection_of(connection));
    drop_body(exchange, bodies);
    if (exchange.stream) count(exchange);
    // The client may have gone before its answer began.
    if (!exchange.stream && exchange.response) exchange.stream = std::move(exchange.response->stream);
    end_stream(exchange);
}

Server::Server(ServerOptions options, const Router& router, metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), router, metrics)) {
    impl_->start();
}

Server::~Server() { impl_->stop(); }

int Server::port() const { return impl_->port; }

}  // namespace sonde::http
