#include "probe-agent/work/target_cache.h"

#include <doctest/doctest.h>

#include <vector>

namespace target_cache_test {

using namespace sonde;

namespace {

message::Job job(std::int64_t monitor, int revision, const std::string& spec) {
    message::Job job;
    job.monitor = MonitorId{monitor};
    job.revision = revision;
    job.spec = spec;
    return job;
}

const auto* const kSpec = R"({"url":"http://example.com/"})";

}  // namespace

TEST_CASE("a spec is parsed once for each revision and text") {
    agent::TargetCache cache(10);
    const auto first = cache.find(job(1, 1, kSpec));
    REQUIRE(first);
    CHECK((*first)->host == "example.com:80");
    CHECK(*cache.find(job(1, 1, kSpec)) == *first);
    CHECK(*cache.find(job(1, 2, kSpec)) != *first);
    const auto other = cache.find(job(1, 2, R"({"url":"https://example.org:8443/"})"));
    REQUIRE(other);
    CHECK((*other)->host == "example.org:8443");
    CHECK(cache.size() == 1);
}

TEST_CASE("of more monitors than it has places for, in turn, it keeps as many as it can") {
    agent::TargetCache cache(2);
    std::vector<std::shared_ptr<const agent::Target>> first;
    for (int monitor = 1; monitor <= 6; ++monitor) first.push_back(*cache.find(job(monitor, 1, kSpec)));
    CHECK(cache.size() == 2);
    int kept = 0;
    for (int monitor = 1; monitor <= 6; ++monitor) kept += *cache.find(job(monitor, 1, kSpec)) == first.at(static_cast<std::size_t>(monitor - 1)) ? 1 : 0;
    CHECK(kept == 2);
}

TEST_CASE("what nobody asks for any more makes room when the cache is full") {
    agent::TargetCache cache(2);
    const auto gone = *cache.find(job(1, 1, kSpec));
    const auto asked = *cache.find(job(2, 1, kSpec));
    for (int i = 0; i < 40; ++i) CHECK(*cache.find(job(2, 1, kSpec)) == asked);
    const auto fresh = *cache.find(job(3, 1, kSpec));
    CHECK(*cache.find(job(3, 1, kSpec)) == fresh);
    CHECK(*cache.find(job(2, 1, kSpec)) == asked);
    CHECK(cache.size() == 2);
}

TEST_CASE("whether a monitor is well is known of those that have no place, too, until their spec is another") {
    agent::TargetCache cache(1);
    REQUIRE(cache.find(job(1, 1, kSpec)));
    REQUIRE(cache.find(job(2, 1, kSpec)));
    for (const auto monitor : {MonitorId{1}, MonitorId{2}}) {
        CHECK(cache.exchange_well(monitor, true));
        CHECK(cache.exchange_well(monitor, false));
        CHECK_FALSE(cache.exchange_well(monitor, false));
        CHECK_FALSE(cache.exchange_well(monitor, true));
        CHECK(cache.exchange_well(monitor, false));
    }
    REQUIRE(cache.find(job(1, 2, kSpec)));
    CHECK(cache.exchange_well(MonitorId{1}, false));
    CHECK_FALSE(cache.exchange_well(MonitorId{2}, false));
}

TEST_CASE("a spec that cannot be run says why, and is not kept") {
    agent::TargetCache cache(2);
    CHECK(cache.find(job(1, 1, R"({"url":"ftp://x/"})")).error().message == "/url must begin with http:// or https://");
    CHECK(!cache.find(job(1, 1, "{")));
    CHECK(cache.size() == 0);
}

}  // namespace target_cache_test
