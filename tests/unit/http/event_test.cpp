// The format of server-sent events, and who asks for them.
#include <doctest/doctest.h>

#include <stdexcept>

#include "lib/http/event.h"

namespace event_test {

using namespace sonde;
using http::encode;

namespace {

bool accepts(std::vector<std::string> values) {
    http::Request request;
    for (auto& value : values) request.headers.emplace_back("accept", std::move(value));
    return http::accepts_events(request);
}

}  // namespace

TEST_CASE("an event has its id, its type and its data, and ends with an empty line") {
    CHECK(*encode({"region", R"({"a":1})", "17"}) == "id: 17\nevent: region\ndata: {\"a\":1}\n\n");
    CHECK(*encode({"", "x"}) == "data: x\n\n");
    CHECK(*encode({"ping", ""}) == "event: ping\ndata: \n\n");
}

TEST_CASE("how long to wait before one comes again is told with an event or alone, and then no client sees one") {
    CHECK(*encode({.type = {}, .data = {}, .retry = milliseconds{3'000}}) == "retry: 3000\n\n");
    CHECK(*encode({.type = "ready", .data = "x", .id = "1", .retry = milliseconds{1}}) == "id: 1\nretry: 1\nevent: ready\ndata: x\n\n");
    CHECK(*encode({.type = "ready", .data = {}, .retry = milliseconds{1}}) == "retry: 1\nevent: ready\ndata: \n\n");
}

TEST_CASE("no line break in the data can end the event or begin a field") {
    CHECK(*encode({"", "a\nb"}) == "data: a\ndata: b\n\n");
    CHECK(*encode({"", "a\r\nb\rid: 5\n\nevent: evil"}) == "data: a\ndata: b\ndata: id: 5\ndata: \ndata: event: evil\n\n");
    CHECK(*encode({"", "\n"}) == "data: \ndata: \n\n");
    CHECK(*encode({"", "a\r\n"}) == "data: a\ndata: \n\n");
    CHECK(*encode({"", " leading: colon"}) == "data:  leading: colon\n\n");
}

TEST_CASE("a type or an id that could not be sent as it is is a defect of whoever sends it") {
    for (const auto* evil : {"a\nb", "a\rb", "\n"}) {
        CHECK_THROWS_AS(encode({evil, "x"}), std::logic_error);
        CHECK_THROWS_AS(encode({"t", "x", evil}), std::logic_error);
    }
    CHECK_THROWS_AS(encode({"t", "x", std::string("a\0b", 3)}), std::logic_error);
}

TEST_CASE("a comment is nothing to a client") { CHECK(*http::comment() == ":\n\n"); }

TEST_CASE("events are for those who name their type, in whatever case and place") {
    CHECK(accepts({"text/event-stream"}));
    CHECK(accepts({"application/json;q=0.5 , Text/Event-Stream ; charset=utf-8"}));
    CHECK(accepts({"application/json", "text/event-stream;q=0.1"}));
    CHECK_FALSE(accepts({}));
    CHECK_FALSE(accepts({""}));
    CHECK_FALSE(accepts({"*/*"}));
    CHECK_FALSE(accepts({"text/*, application/json"}));
    CHECK_FALSE(accepts({"text/event-streams"}));
    CHECK_FALSE(accepts({"text/event-stream;q=0", "text/event-stream; Q = 0.000"}));
    CHECK_FALSE(accepts({"application/json;x=text/event-stream"}));
}

TEST_CASE("a client that comes again says what it has seen") {
    http::Request request;
    CHECK(http::last_event_id(request) == nullptr);
    request.headers.emplace_back("last-event-id", "42");
    CHECK(*http::last_event_id(request) == "42");
}

}  // namespace event_test
