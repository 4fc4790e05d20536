#include <doctest/doctest.h>

#include "probe-agent/probe/grpc/wire.h"

namespace grpc_wire_test {

using namespace sonde;
using namespace sonde::agent;

namespace {

std::string framed(const std::string& message) { return std::string("\0\0\0\0", 4) + static_cast<char>(message.size()) + message; }

}  // namespace

TEST_CASE("a request is framed and encoded as gRPC and protobuf say") {
    CHECK(health_request("") == std::string("\0\0\0\0\0", 5));
    CHECK(health_request("a.B") == std::string("\0\0\0\0\5\x0a\3a.B", 10));
    const auto longer = health_request(std::string(200, 'x'));
    CHECK(longer.substr(0, 8) == std::string("\0\0\0\0\xcb\x0a\xc8\x01", 8));
    CHECK(longer.size() == 208);
}

TEST_CASE("a response is read by protobuf's rules, unknown fields passed over and the last value taken") {
    CHECK(!read_health_response("").serving);
    CHECK(read_health_response("").fault.empty());
    CHECK(read_health_response(framed("")).serving == 0);
    CHECK(read_health_response(framed("\x08\x01")).serving == 1);
    CHECK(read_health_response(framed("\x08\x02\x08\x01")).serving == 1);
    CHECK(read_health_response(framed("\x12\x02hi\x19" "12345678" "\x25" "1234" "\x38\x96\x01\x08\x02")).serving == 2);
    CHECK(read_health_response(framed("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")).serving == -1);  // as a negative enum is written
    CHECK(read_health_response(framed("\x0a\x01\x01")).serving == 0);                                   // the field in another type is an unknown one
}

TEST_CASE("what is no response says why") {
    CHECK(read_health_response(std::string("\0\0\0", 3)).fault == "ends within a frame");
    CHECK(read_health_response(framed("\x08\x01").substr(0, 6)).fault == "ends within a frame");
    CHECK(read_health_response(framed("\x08\x01") + "x").fault == "has more than one message");
    CHECK(read_health_response(std::string("\1\0\0\0\0", 5)).fault == "is compressed, which was not asked for");
    CHECK(read_health_response(std::string("\7\0\0\0\0", 5)).fault == "has a frame with flags that do not exist");
    CHECK(read_health_response(std::string("\0\xff\xff\xff\xff", 5)).fault == "has a message of more than 4096 bytes");
    for (const auto* message : {"\x08", "\x08\x80", "\x0b\x0c", "\x0f", "\x12\x05hi", "\x19" "1234567", "\x25" "123", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "\x02\x01"}) {
        CHECK(read_health_response(framed(message)).fault == "has a message that is not protobuf");
    }
}

TEST_CASE("status and message are decoded") {
    CHECK(read_grpc_status("0") == 0);
    CHECK(read_grpc_status("16") == 16);
    for (const auto* text : {"", "-1", "ok", "1 ", "1000"}) CHECK(!read_grpc_status(text));
    CHECK(decode_grpc_message("a%20b%C3%A9") == "a bé");
    CHECK(decode_grpc_message("100%, %zz %4") == "100%, %zz %4");
}

}  // namespace grpc_wire_test
