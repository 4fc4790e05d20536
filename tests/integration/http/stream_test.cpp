// Answers of events: to many clients at once, to slow ones, and to those that go away.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lib/http/document_event.h"
#include "lib/http/server.h"
#include "lib/http/stream.h"
#include "tests/integration/http/raw_client.h"
#include "tests/support/servers.h"

namespace stream_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const std::string kGet = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

// A server whose streams the test sends to. It has one worker.
struct Streaming {
    metrics::Registry metrics;
    http::Router router;
    std::mutex mutex;
    std::vector<std::shared_ptr<http::Stream>> streams;
    std::atomic<int> over{0};
    std::atomic<bool> dropped{false};
    std::unique_ptr<http::Server> server;

    explicit Streaming(http::ServerOptions options = {}, http::StreamLimits limits = {}) {
        router.add(http::Method::get, "/events", [this, limits](const http::Request& request) {
            const auto stream = http::open_stream(request, limits);
            stream->on_closed([this] { ++over; });
            const auto* last = http::last_event_id(request);
            stream->send({"hello", last == nullptr ? "new" : "after " + *last, "1"});
            const std::scoped_lock lock(mutex);
            streams.push_back(stream);
            return http::Response::events(stream);
        });
        router.add(http::Method::get, "/unsendable", [this](const http::Request& request) {
            const auto stream = http::open_stream(request);
            stream->on_closed([this] { ++over; });
            return http::Response::events(stream).with("X-Evil", "a\r\nb");
        });
        router.add(http::Method::get, "/drops", [this](const http::Request& request) -> http::Response {
            const auto stream = http::open_stream(request);
            dropped = true;
            throw http::ProblemError{http::problem::conflict, "", {}};
        });
        options.workers = 1;
        server = std::make_unique<http::Server>(options, router, metrics);
    }
    std::shared_ptr<http::Stream> wait_for(std::size_t count) {
        REQUIRE(eventually([&] {
            const std::scoped_lock lock(mutex);
            return streams.size() == count;
        }));
        const std::scoped_lock lock(mutex);
        return streams.back();
    }
    [[nodiscard]] bool counted(const std::string& line) const {
        return eventually([&] { return metrics.expose().find(line + "\n") != std::string::npos; });
    }
};

}  // namespace

TEST_CASE("events arrive as they are sent, from any thread, and the connection is good for another request after the end") {
    Streaming streaming;
    RawClient client(streaming.server->port());
    client.send(kGet);
    const auto head = client.until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200 "));
    CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(head.find("Cache-Control: no-store\r\n") != std::string::npos);
    CHECK(client.until("data: new\n\n").ends_with("id: 1\nevent: hello\ndata: new\n\n"));
    const auto stream = streaming.wait_for(1);
    std::thread([&] { CHECK(stream->send({"tick", "1"})); }).join();
    CHECK(client.until("\n\n").ends_with("event: tick\ndata: 1\n\n"));
    CHECK(stream->send({"tick", "2"}));
    CHECK(client.until("\n\n").ends_with("event: tick\ndata: 2\n\n"));
    CHECK(streaming.metrics.expose().find("sonde_http_requests_total{") == std::string::npos);
    CHECK(streaming.over == 0);
    stream->send({"tick", "3"});
    stream->end();
    CHECK_FALSE(stream->send({"tick", "4"}));
    CHECK(client.until("\r\n0\r\n\r\n").find("data: 3\n\n") != std::string::npos);
    CHECK(streaming.counted("sonde_http_requests_total{method=\"GET\",route=\"/events\",status=\"200\"} 1"));
    CHECK(streaming.counted("sonde_http_streams_ended_total{reason=\"done\"} 1"));
    CHECK(streaming.counted("sonde_http_streams 0"));
    CHECK(eventually([&] { return streaming.over == 1; }));
    client.send("GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 41\r\n\r\n");
    CHECK(client.until("after 41\n\n").ends_with("after 41\n\n"));
}

TEST_CASE("a client of HTTP/1.0 reads to the end of its connection") {
    Streaming streaming;
    RawClient client(streaming.server->port());
    client.send("GET /events HTTP/1.0\r\n\r\n");
    CHECK(client.until("\r\n\r\n").find("chunked") == std::string::npos);
    CHECK(client.until("new\n\n") == "retry: 3000\n\nid: 1\nevent: hello\ndata: new\n\n");
    const auto stream = streaming.wait_for(1);
    const std::string large(100'000, 'x');
    stream->send({"", large});
    stream->end();
    CHECK(client.until("\n\n") == "data: " + large + "\n\n");
    CHECK(client.closed());
}

TEST_CASE("a HEAD request has the head alone, and its stream is over") {
    Streaming streaming;
    RawClient client(streaming.server->port());
    client.send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.receive(true).headers["content-type"] == "text/event-stream");
    const auto stream = streaming.wait_for(1);
    CHECK(eventually([&] { return streaming.over == 1; }));
    CHECK(stream->closed());
    CHECK(streaming.counted("sonde_http_requests_total{method=\"HEAD\",route=\"/events\",status=\"200\"} 1"));
    CHECK(client.until("nothing") == "");
}

TEST_CASE("a stream without events says now and then that it lives") {
    http::ServerOptions options;
    options.stream_heartbeat = milliseconds{30};
    Streaming streaming(options);
    RawClient client(streaming.server->port());
    client.send(kGet);
    CHECK(client.until("data: new\n\n").ends_with("data: new\n\n"));
    for (int i = 0; i < 3; ++i) CHECK(client.until(":\n\n").ends_with(":\n\n"));
}

TEST_CASE("a stream begins with how long to wait before one comes again, which is no event and takes no place of one") {
    http::ServerOptions options;
    options.stream_retry = milliseconds{1'250};
    Streaming streaming(options, {.max_queued_bytes = 16});
    RawClient client(streaming.server->port());
    client.send("GET /events HTTP/1.0\r\n\r\n");
    client.until("\r\n\r\n");
    CHECK(client.until("new\n\n") == "retry: 1250\n\nid: 1\nevent: hello\ndata: new\n\n");
    CHECK(streaming.counted("sonde_http_stream_events_total 1"));
}

TEST_CASE("a document that cannot be told is a problem, and the end") {
    const auto fails = []() -> Json { throw std::runtime_error("a secret reason"); };
    const auto lacks = [] { return Json::object().at("verdict"); };
    for (const std::function<Json()>& document : {std::function<Json()>(fails), std::function<Json()>(lacks)}) {
        Streaming streaming;
        RawClient client(streaming.server->port());
        client.send("GET /events HTTP/1.0\r\n\r\n");
        CHECK(client.until("new\n\n").ends_with("new\n\n"));
        const auto stream = streaming.wait_for(1);
        CHECK(http::send_document(*stream, "region", [] { return Json{{"region", "eu"}}; }));
        CHECK(client.until("\n\n") == "event: region\ndata: {\"region\":\"eu\"}\n\n");
        CHECK_FALSE(http::send_document(*stream, "report", document));
        const std::string begin = "event: problem\ndata: ";
        const auto event = client.until("\n\n");
        REQUIRE_MESSAGE(event.starts_with(begin), event);
        const auto problem = json::parse(event.substr(begin.size(), event.size() - begin.size() - 2));
        REQUIRE(problem);
        CHECK((*problem)["status"] == 500);
        CHECK(event.find("secret reason") == std::string::npos);
        CHECK(client.closed());
        CHECK(eventually([&] { return streaming.over == 1; }));
        CHECK_FALSE(http::send_document(*stream, "report", [] { return Json(1); }));
    }
}

TEST_CASE("hundreds of streams need no thread each, and an event is for all of them") {
    Streaming streaming({.max_connections_per_peer = 1000});
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < 300; ++i) {
        clients.push_back(std::make_unique<RawClient>(streaming.server->port()));
        REQUIRE(clients.back()->send(kGet));
        streaming.wait_for(i + 1);
    }
    CHECK(streaming.counted("sonde_http_streams 300"));
    const auto frame = http::encode({"all", "of you"});
    for (const auto& stream : streaming.streams) CHECK(stream->send(frame));
    for (const auto& stream : streaming.streams) stream->end();
    int heard = 0;
    for (const auto& client : clients) heard += client->until("of you\n\n").ends_with("of you\n\n") ? 1 : 0;
    CHECK(heard == 300);
    CHECK(streaming.counted("sonde_http_streams_ended_total{reason=\"done\"} 300"));
}

TEST_CASE("a stream more than there may be is refused, and has its place when another is over") {
    http::ServerOptions options;
    options.max_streams = 1;
    Streaming streaming(options);
    RawClient first(streaming.server->port());
    first.send(kGet);
    CHECK(first.until("data: new\n\n").ends_with("data: new\n\n"));
    const auto refused = get(streaming.server->port(), "/events");
    CHECK(refused.status == 503);
    CHECK(refused.headers.at("content-type") == "application/problem+json");
    CHECK(refused.headers.at("retry-after") == "5");
    streaming.wait_for(1)->end();
    CHECK(streaming.counted("sonde_http_streams 0"));
    RawClient second(streaming.server->port());
    second.send(kGet);
    CHECK(second.until("data: new\n\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a client that does not read is cut off, and nobody waits for it") {
    Streaming streaming({}, {.max_queued_bytes = 64 << 10});
    RawClient client(streaming.server->port());
    client.shrink_receive_buffer();
    client.send(kGet);
    const auto stream = streaming.wait_for(1);
    // More than all buffers on the way can hold.
    const auto frame = http::encode({"", std::string(16 << 10, 'x')});
    int taken = 0;
    while (taken < 10'000 && stream->send(frame)) ++taken;
    CHECK(taken < 10'000);
    CHECK(stream->closed());
    CHECK(streaming.counted("sonde_http_streams_ended_total{reason=\"slow\"} 1"));
    CHECK(eventually([&] { return streaming.over == 1; }));
    CHECK(client.until_closed() < std::chrono::seconds{10});
}

TEST_CASE("a client that stops reading with little to come is cut off too") {
    http::ServerOptions options;
    options.request_deadline = milliseconds{300};
    Streaming streaming(options, {.max_queued_bytes = 64 << 20});
    RawClient client(streaming.server->port());
    client.shrink_receive_buffer();
    client.send(kGet);
    const auto stream = streaming.wait_for(1);
    REQUIRE(stream->send({"", std::string(32 << 20, 'x')}));
    CHECK(eventually([&] { return streaming.over == 1; }));
    CHECK_FALSE(stream->send({"", "x"}));
}

TEST_CASE("that a client has gone is noticed though nothing is sent, whether it closes, resets, or says no more") {
    Streaming streaming;
    for (int i = 0; i < 2; ++i) {
        RawClient client(streaming.server->port());
        client.send(kGet);
        CHECK(client.until("data: new\n\n").ends_with("data: new\n\n"));
        // Bytes that nobody reads, so that the kernel of the server would reset.
        if (i == 1) client.send("GET /events HTTP/1.1\r\n");
    }
    RawClient silent(streaming.server->port());
    silent.send(kGet);
    CHECK(silent.until("data: new\n\n").ends_with("data: new\n\n"));
    silent.end_sending();
    CHECK(eventually([&] { return streaming.over == 3; }));
    CHECK(streaming.counted("sonde_http_streams_ended_total{reason=\"gone\"} 3"));
    for (const auto& stream : streaming.streams) CHECK_FALSE(stream->send({"", "x"}));
    bool at_once = false;
    streaming.streams[0]->on_closed([&] { at_once = true; });
    CHECK(at_once);
}

TEST_CASE("a stream whose answer cannot begin is over, and gives its place back") {
    Streaming streaming;
    CHECK(get(streaming.server->port(), "/unsendable").status == 500);
    CHECK(eventually([&] { return streaming.over == 1; }));
    CHECK(get(streaming.server->port(), "/drops").status == 409);
    CHECK(streaming.dropped);
    CHECK(streaming.counted("sonde_http_streams 0"));
}

TEST_CASE("a stopping server ends its streams with what they have, and is not held up by a client that does not read") {
    Streaming streaming;
    RawClient idle(streaming.server->port());
    RawClient stuck(streaming.server->port());
    stuck.shrink_receive_buffer();
    for (auto* client : {&stuck, &idle}) {
        client->send(kGet);
        const auto stream = streaming.wait_for(client == &stuck ? 1 : 2);
        if (client == &stuck) REQUIRE(stream->send({"", std::string(32 << 20, 'x')}));
    }
    const auto stream = streaming.wait_for(2);
    CHECK(idle.until("data: new\n\n").ends_with("data: new\n\n"));
    CHECK(stream->send({"", "last"}));
    streaming.server.reset();
    CHECK(idle.until("\r\n0\r\n\r\n").find("data: last\n\n") != std::string::npos);
    CHECK(idle.closed());
    CHECK(streaming.over == 2);
    CHECK_FALSE(stream->send({"", "x"}));
    CHECK(streaming.counted("sonde_http_streams_ended_total{reason=\"stopping\"} 2"));
}

TEST_CASE("many threads send while clients come and go and the server stops") {
    Streaming streaming({.max_connections_per_peer = 1000});
    std::atomic<bool> enough{false};
    std::vector<std::thread> producers;
    for (int i = 0; i < 3; ++i) {
        producers.emplace_back([&] {
            while (!enough) {
                std::vector<std::shared_ptr<http::Stream>> all;
                {
                    const std::scoped_lock lock(streaming.mutex);
                    all = streaming.streams;
                }
                for (const auto& stream : all) static_cast<void>(stream->send({"", "x"}));
                std::this_thread::yield();
            }
        });
    }
    for (int i = 0; i < 40; ++i) {
        RawClient client(streaming.server->port());
        client.send(kGet);
        CHECK(client.until("data: x\n\n").ends_with("data: x\n\n"));
    }
    RawClient last(streaming.server->port());
    last.send(kGet);
    CHECK(last.until("data: new\n\n").ends_with("data: new\n\n"));
    streaming.server.reset();
    enough = true;
    for (auto& producer : producers) producer.join();
    CHECK(streaming.over == 41);
}

}  // namespace stream_test
