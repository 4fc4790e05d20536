#include "probe-agent/work/target_cache.h"

#include <doctest/doctest.h>

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

TEST_CASE("the least recently used target goes when the cache is full") {
    agent::TargetCache cache(2);
    const auto one = *cache.find(job(1, 1, kSpec));
    const auto two = *cache.find(job(2, 1, kSpec));
    CHECK(*cache.find(job(1, 1, kSpec)) == one);
    REQUIRE(cache.find(job(3, 1, kSpec)));
    CHECK(cache.size() == 2);
    CHECK(*cache.find(job(1, 1, kSpec)) == one);
    CHECK(*cache.find(job(2, 1, kSpec)) != two);
}

TEST_CASE("a spec that cannot be run says why, and is not kept") {
    agent::TargetCache cache(2);
    CHECK(cache.find(job(1, 1, R"({"url":"ftp://x/"})")).error().message == "/url must begin with http:// or https://");
    CHECK(!cache.find(job(1, 1, "{")));
    CHECK(cache.size() == 0);
}

}  // namespace target_cache_test
