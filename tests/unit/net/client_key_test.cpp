#include "lib/net/client_key.h"

#include <doctest/doctest.h>

namespace client_key_test {

using namespace sonde::net;

TEST_CASE("a client is his IPv4 address, however that is written, or the /64 of his IPv6 address") {
    struct Row {
        const char* address;
        const char* key;
    };
    const Row rows[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.2", "192.0.2.2"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::ffff:c000:201", "192.0.2.1"},
        {"64:ff9b::192.0.2.1", "192.0.2.1"},  // all of IPv4 has the same first 64 bits there
        {"2001:db8:1:2::", "2001:db8:1:2::/64"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:0DB8:0001:0002:FFFF:FFFF:FFFF:FFFF", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
        {"2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db8:1:1::/64"},
        {"64:ff9b:1::192.0.2.1", "64:ff9b:1::/64"},  // whose prefix this is, we cannot know
        {"fd00::1", "fd00::/64"},
        {"fe80::1", "fe80::/64"},
        {"::1", "::/64"},
        {"unknown", "unknown"},
        {"2001:db8::1%eth0", "2001:db8::1%eth0"},
        {"", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.address);
        CHECK(client_key(row.address) == row.key);
    }
}

TEST_CASE("only an IPv4 address that is mapped is told as IPv4") {
    const auto told = [](const char* address) { return unmapped(*Address::parse(address)).text(); };
    CHECK(told("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(told("192.0.2.1") == "192.0.2.1");
    CHECK(told("::fffe:192.0.2.1") == "::fffe:c000:201");
    CHECK(told("2001:db8::ffff:c000:201") == "2001:db8::ffff:c000:201");
}

}  // namespace client_key_test
