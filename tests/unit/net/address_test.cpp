#include <arpa/inet.h>
#include <doctest/doctest.h>

#include "lib/net/guard.h"

namespace address_test {

using namespace sonde::net;

TEST_CASE("an address is read from its usual text only, and written in the form of RFC 5952") {
    for (const auto* text :
         {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "fe80::1"}) {
        const auto address = Address::parse(text);
        REQUIRE_MESSAGE(address, std::string(text));
        CHECK(address->text() == text);
    }
    CHECK(Address::parse("2001:DB8:0:0:0:0:0:1")->text() == "2001:db8::1");
    for (const auto* text : {"", "1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "01.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4.5",
                             "1.2.3.4 ", " 1.2.3.4", "fe80::1%lo", "[::1]", "::1::", "12345::", "1:2:3:4:5:6:7:8:9", "localhost",
                             "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
        CHECK_MESSAGE(!Address::parse(text), std::string(text));
    }
    CHECK(!Address::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST_CASE("an address comes out of a socket address as it went in") {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    REQUIRE(inet_pton(AF_INET6, "2001:db8::7", &in.sin6_addr) == 1);
    CHECK(Address::from(reinterpret_cast<const sockaddr*>(&in))->text() == "2001:db8::7");
    sockaddr_in in4{};
    in4.sin_family = AF_INET;
    REQUIRE(inet_pton(AF_INET, "192.0.2.7", &in4.sin_addr) == 1);
    CHECK(Address::from(reinterpret_cast<const sockaddr*>(&in4))->text() == "192.0.2.7");
    sockaddr other{};
    other.sa_family = AF_UNIX;
    CHECK(!Address::from(&other));
    CHECK(with_port(*Address::parse("192.0.2.7"), 80) == "192.0.2.7:80");
    CHECK(with_port(*Address::parse("2001:db8::7"), 443) == "[2001:db8::7]:443");
}

TEST_CASE("a block contains what shares its prefix, to the bit") {
    const auto in = [](const char* block, const char* address) { return Cidr::parse(block)->contains(*Address::parse(address)); };
    CHECK(in("10.0.0.0/8", "10.255.255.255"));
    CHECK(!in("10.0.0.0/8", "11.0.0.0"));
    CHECK(in("100.64.0.0/10", "100.127.255.255"));
    CHECK(!in("100.64.0.0/10", "100.128.0.0"));
    CHECK(!in("100.64.0.0/10", "100.63.255.255"));
    CHECK(in("0.0.0.0/0", "203.0.113.9"));
    CHECK(!in("0.0.0.0/0", "::"));
    CHECK(in("::/0", "ffff::"));
    CHECK(in("192.0.2.1", "192.0.2.1"));
    CHECK(!in("192.0.2.1", "192.0.2.0"));
    CHECK(in("fc00::/7", "fdff::1"));
    CHECK(!in("fc00::/7", "fe00::"));
    CHECK(in("2001:db8::1/128", "2001:db8::1"));
    CHECK(!in("2001:db8::1/128", "2001:db8::"));
}

TEST_CASE("a malformed block is refused with the reason") {
    const auto refusal = [](const char* text) {
        const auto block = Cidr::parse(text);
        return block.ok() ? std::string("accepted") : block.error().message;
    };
    CHECK(refusal("10.0.0.1/8") == "\"10.0.0.1/8\" has bits set behind its prefix of 8");
    CHECK(refusal("10.0.0.0/33") == "\"10.0.0.0/33\" must have a prefix length from 0 to 32");
    CHECK(refusal("::/129") == "\"::/129\" must have a prefix length from 0 to 128");
    for (const auto* text : {"10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8", "10.0.0.0/99999999999"}) {
        CHECK_MESSAGE(refusal(text).find("must have a prefix length") != std::string::npos, std::string(text));
    }
    for (const auto* text : {"", "/8", "10/8", "example.com", "10.0.0.0\\8"}) {
        CHECK_MESSAGE(refusal(text).find("is not an IP address") != std::string::npos, std::string(text));
    }
    CHECK(Cidr::parse("10.0.0.0/8")->text() == "10.0.0.0/8");
    CHECK(Cidr::parse("::1")->text() == "::1/128");
}

}  // namespace address_test
