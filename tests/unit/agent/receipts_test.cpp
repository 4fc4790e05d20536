#include "probe-agent/work/receipts.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/agent/fake_bus.h"

namespace receipts_test {

using namespace sonde;
using Texts = std::vector<std::string>;

namespace {

bus::Delivery message(std::uint64_t sequence, const std::string& reply, int times = 1) {
    return {"s", "payload", reply, sequence, times};
}

struct Fixture {
    uv::Loop loop;
    test::FakeBus bus;
    agent::Receipts receipts{loop, bus};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a message is acknowledged when the last of its jobs is settled") {
    const auto receipt = receipts.open("JOBS", message(1, "r1"), 3);
    REQUIRE(receipt);
    receipts.settle(*receipt);
    CHECK(bus.acked.empty());
    receipts.settle(*receipt, 2);
    CHECK(bus.acked == Texts{"r1"});
    CHECK(receipts.size() == 0);
    receipts.settle(*receipt);
    CHECK(bus.acked.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a message of which a result was lost is given back") {
    const auto receipt = receipts.open("JOBS", message(1, "r1"), 2);
    receipts.lose(*receipt);
    receipts.settle(*receipt);
    CHECK(bus.acked.empty());
    CHECK(bus.given_back == Texts{"r1"});
}

TEST_CASE_FIXTURE(Fixture, "a message delivered again while it is open is answered for once, by its newest delivery") {
    const auto receipt = receipts.open("JOBS", message(7, "r1"), 1);
    CHECK(!receipts.open("JOBS", message(7, "r2", 2), 1));
    CHECK(receipts.open("URGENT", message(7, "u1"), 1));
    receipts.settle(*receipt);
    CHECK(bus.acked == Texts{"r2"});
    CHECK(receipts.open("JOBS", message(7, "r3", 3), 1));
}

TEST_CASE_FIXTURE(Fixture, "a sequence number of a stream made anew is another message") {
    const auto old = receipts.open("JOBS", message(1, "old"), 1);
    const auto fresh = receipts.open("JOBS", message(1, "new", 1), 1);
    REQUIRE(fresh);
    receipts.settle(*old);
    receipts.settle(*fresh);
    CHECK(bus.acked == Texts{"old", "new"});
}

TEST_CASE_FIXTURE(Fixture, "what is open at the end is given back at once") {
    receipts.open("JOBS", message(1, "a"), 1);
    receipts.open("JOBS", message(2, "b"), 1);
    receipts.give_back();
    std::sort(bus.given_back.begin(), bus.given_back.end());
    CHECK(bus.given_back == Texts{"a", "b"});
    CHECK(receipts.size() == 0);
}

}  // namespace receipts_test
