#include "lib/net/guard.h"

#include <doctest/doctest.h>

namespace guard_test {

using namespace sonde::net;

namespace {

// `allowed`, or why not.
std::string ask(const Guard& guard, const char* text) { return guard.refusal(*Address::parse(text)).value_or("allowed"); }
std::string ask(const char* text) { return ask(Guard{}, text); }

}  // namespace

TEST_CASE("every block of the IANA IPv4 special-purpose registry is refused, from its first address to its last") {
    struct Row {
        const char* first;
        const char* last;
        const char* what;
    };
    const Row rows[] = {
        {"0.0.0.0", "0.255.255.255", "an address of \"this network\""},
        {"10.0.0.0", "10.255.255.255", "a private address"},
        {"100.64.0.0", "100.127.255.255", "a shared address of a carrier's NAT"},
        {"127.0.0.0", "127.255.255.255", "a loopback address"},
        {"169.254.0.0", "169.254.255.255", "a link-local address"},
        {"172.16.0.0", "172.31.255.255", "a private address"},
        {"192.0.0.0", "192.0.0.255", "reserved for protocols"},
        {"192.0.2.0", "192.0.2.255", "a documentation address"},
        {"192.88.99.0", "192.88.99.255", "a 6to4 relay's anycast address"},
        {"192.168.0.0", "192.168.255.255", "a private address"},
        {"198.18.0.0", "198.19.255.255", "a benchmarking address"},
        {"198.51.100.0", "198.51.100.255", "a documentation address"},
        {"203.0.113.0", "203.0.113.255", "a documentation address"},
        {"224.0.0.0", "239.255.255.255", "a multicast address"},
        {"240.0.0.0", "255.255.255.254", "a reserved address"},
        {"255.255.255.255", "255.255.255.255", "the broadcast address"},
    };
    for (const auto& row : rows) {
        CHECK(ask(row.first) == std::string(row.first) + " is " + row.what);
        CHECK(ask(row.last) == std::string(row.last) + " is " + row.what);
    }
}

TEST_CASE("the IPv4 addresses just outside the special blocks are allowed") {
    for (const auto* text :
         {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",      "100.63.255.255", "100.128.0.0",     "126.255.255.255",
          "128.0.0.0",       "169.253.255.255", "169.255.0.0",   "172.15.255.255", "172.32.0.0",      "191.255.255.255",
          "192.0.1.0",       "192.0.3.0",       "192.88.98.255", "192.88.100.0",   "192.167.255.255", "192.169.0.0",
          "198.17.255.255",  "198.20.0.0",      "198.51.99.255", "198.51.101.0",   "203.0.112.255",   "203.0.114.0",
          "223.255.255.255", "8.8.8.8",         "192.31.196.1",  "192.175.48.1"}) {
        CHECK_MESSAGE(ask(text) == "allowed", std::string(text));
    }
}

TEST_CASE("every block of the IANA IPv6 special-purpose registry that is not globally reachable is refused") {
    struct Row {
        const char* address;
        const char* what;
    };
    const Row rows[] = {
        {"::", "the unspecified address"},
        {"::1", "the loopback address"},
        {"::ffff:8.8.8.8", "an IPv4-mapped address"},
        {"::8.8.8.8", "an IPv4-compatible address"},
        {"64:ff9b:1::", "a local NAT64 address"},
        {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "a local NAT64 address"},
        {"100::", "a discard address"},
        {"100::ffff:ffff:ffff:ffff", "a discard address"},
        {"100:0:0:1::", "a dummy address"},
        {"2001::", "a Teredo address"},
        {"2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "a Teredo address"},
        {"2001:1::1", "reserved for protocols"},
        {"2001:1::2", "reserved for protocols"},
        {"2001:2::", "a benchmarking address"},
        {"2001:2:0:ffff:ffff:ffff:ffff:ffff", "a benchmarking address"},
        {"2001:2:1::", "reserved for protocols"},
        {"2001:4:111::1", "reserved for protocols"},
        {"2001:4:113::1", "reserved for protocols"},
        {"2001:10::1", "an ORCHID"},
        {"2001:1f:ffff::", "an ORCHID"},
        {"2001:40::1", "reserved for protocols"},
        {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved for protocols"},
        {"2001:db8::", "a documentation address"},
        {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "a documentation address"},
        {"2002::", "a 6to4 address"},
        {"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a 6to4 address"},
        {"3fff::", "a documentation address"},
        {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "a documentation address"},
        {"5f00::1", "a segment routing identifier"},
        {"fc00::", "a unique local address"},
        {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a unique local address"},
        {"fe80::", "a link-local address"},
        {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a link-local address"},
        {"fec0::1", "a site-local address"},
        {"ff00::", "a multicast address"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a multicast address"},
        {"4000::1", "not a global unicast address"},
        {"::ffff:0:808:808", "not a global unicast address"},
        {"1fff:ffff::", "not a global unicast address"},
        {"fe00::1", "not a global unicast address"},
    };
    for (const auto& row : rows) CHECK(ask(row.address) == std::string(row.address) + " is " + row.what);
}

TEST_CASE("global IPv6 addresses are allowed, the globally reachable special ones too") {
    for (const auto* text : {"2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2001:db7:ffff::", "2001:db9::",
                             "2003::1", "2000::1", "3ffe::1", "3fff:1000::1", "2001:3::1", "2001:4:112::1", "2001:20::1",
                             "2001:2f:ffff::", "2001:30::1", "2620:4f:8000::1", "64:ff9b::808:808"}) {
        CHECK_MESSAGE(ask(text) == "allowed", std::string(text));
    }
}

TEST_CASE("an IPv4 address carried inside an IPv6 one is judged too") {
    CHECK(ask("64:ff9b::7f00:1") == "64:ff9b::7f00:1 carries an IPv4 address: 127.0.0.1 is a loopback address");
    CHECK(ask("64:ff9b::a9fe:a9fe") == "64:ff9b::a9fe:a9fe carries an IPv4 address: 169.254.169.254 is a link-local address");
    // The outer address being allowed by hand does not let the inner one through.
    const auto open = make_guard({"::/0"}, {});
    REQUIRE(open);
    CHECK(ask(*open, "::1") == "allowed");
    CHECK(ask(*open, "::ffff:8.8.8.8") == "allowed");
    CHECK(ask(*open, "::ffff:127.0.0.1") == "::ffff:127.0.0.1 carries an IPv4 address: 127.0.0.1 is a loopback address");
    CHECK(ask(*open, "::10.1.2.3") == "::10.1.2.3 carries an IPv4 address: 10.1.2.3 is a private address");
    CHECK(ask(*open, "::ffff:0:a01:203") == "::ffff:0:a01:203 carries an IPv4 address: 10.1.2.3 is a private address");
    CHECK(ask(*open, "2002:a01:203::1") == "2002:a01:203::1 carries an IPv4 address: 10.1.2.3 is a private address");
    CHECK(ask(*open, "2002:808:808::1") == "allowed");
    // Teredo: the client's address is inverted in the last 32 bits; the server's is in bits 32 to 63.
    CHECK(ask(*open, "2001:0:808:808::f5fe:fdfc") ==
          "2001:0:808:808::f5fe:fdfc carries an IPv4 address: 10.1.2.3 is a private address");
    CHECK(ask(*open, "2001:0:a01:203::f7f7:f7f7") ==
          "2001:0:a01:203::f7f7:f7f7 carries an IPv4 address: 10.1.2.3 is a private address");
    CHECK(ask(*open, "2001:0:808:808::f7f7:f7f7") == "allowed");
}

TEST_CASE("deny is asked first, then allow, then the registries") {
    const auto guard = make_guard({"10.0.0.0/8", "127.0.0.1", "fd00::/8"}, {"10.1.0.0/16", "8.8.8.0/24"});
    REQUIRE(guard);
    CHECK(ask(*guard, "10.2.3.4") == "allowed");
    CHECK(ask(*guard, "10.1.3.4") == "10.1.3.4 is in the denied block 10.1.0.0/16");
    CHECK(ask(*guard, "127.0.0.1") == "allowed");
    CHECK(ask(*guard, "127.0.0.2") == "127.0.0.2 is a loopback address");
    CHECK(ask(*guard, "fd12::1") == "allowed");
    CHECK(ask(*guard, "8.8.8.8") == "8.8.8.8 is in the denied block 8.8.8.0/24");
    CHECK(ask(*guard, "64:ff9b::808:808") ==
          "64:ff9b::808:808 carries an IPv4 address: 8.8.8.8 is in the denied block 8.8.8.0/24");
    CHECK(ask(*guard, "9.9.9.9") == "allowed");
}

TEST_CASE("a guard is not made from a malformed block") {
    CHECK(make_guard({"10.0.0.1/8"}, {}).error().message == "\"10.0.0.1/8\" has bits set behind its prefix of 8");
    CHECK(!make_guard({}, {"localhost"}));
}

}  // namespace guard_test
