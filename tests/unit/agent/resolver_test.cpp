#include "probe-agent/probe/net/resolver.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace resolver_test {

using namespace sonde;

namespace {

std::vector<net::Address> addresses(std::initializer_list<const char*> texts) {
    std::vector<net::Address> list;
    for (const auto* text : texts) list.push_back(*net::Address::parse(text));
    return list;
}

}  // namespace

TEST_CASE("the families take turns, in the order the name servers gave, up to the limit") {
    const auto v4 = addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3"});
    const auto v6 = addresses({"2001:db8::1"});
    CHECK(agent::interleave(v6, v4, AF_INET6, 8) == addresses({"2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}));
    CHECK(agent::interleave(v6, v4, AF_INET, 8) == addresses({"192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"}));
    CHECK(agent::interleave(v6, v4, AF_INET, 2) == addresses({"192.0.2.1", "2001:db8::1"}));
    CHECK(agent::interleave({}, v4, AF_INET6, 8) == v4);
    CHECK(agent::interleave({}, {}, AF_INET6, 8).empty());
}

TEST_CASE("a name server that is none is refused with its text") {
    uv::Loop loop;
    CHECK_THROWS_WITH_AS(agent::Resolver(loop, {.servers = {"not a server"}}),
                         doctest::Contains("cannot use the name servers not a server"), std::runtime_error);
}

}  // namespace resolver_test
