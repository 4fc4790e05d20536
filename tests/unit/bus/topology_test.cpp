#include "lib/bus/topology.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lib/base/shard.h"
#include "lib/message/subject.h"

namespace topology_test {

using namespace sonde;
using namespace sonde::bus;

namespace {

// NATS: a token `*` stands for one token, a last `>` for one or more.
bool matches(std::string_view pattern, std::string_view subject) {
    for (;;) {
        if (pattern == ">") return !subject.empty();
        const auto p = pattern.substr(0, pattern.find('.')), s = subject.substr(0, subject.find('.'));
        if (p != "*" && p != s) return false;
        if (p.size() == pattern.size() || s.size() == subject.size()) return p.size() == pattern.size() && s.size() == subject.size();
        pattern.remove_prefix(p.size() + 1);
        subject.remove_prefix(s.size() + 1);
    }
}

int matching(const std::vector<std::string>& patterns, std::string_view subject) {
    return static_cast<int>(std::count_if(patterns.begin(), patterns.end(), [&](const auto& p) { return matches(p, subject); }));
}

}  // namespace

TEST_CASE("every subject that is published to a stream is of exactly one stream") {
    std::vector<topology::Place> places{topology::results(1), topology::events(1), topology::parked(1)};
    for (const auto* region : {"eu", "us"}) {
        places.push_back(topology::jobs(region, 1));
        places.push_back(topology::urgent(region, 1));
    }
    std::vector<std::string> patterns;
    for (const auto& place : places) patterns.insert(patterns.end(), place.stream.subjects.begin(), place.stream.subjects.end());

    namespace subject = message::subject;
    for (const auto& published :
         {subject::jobs("eu"), subject::jobs("us"), subject::urgent("eu"), subject::results(0, "eu"), subject::results(kShards - 1, "us"),
          subject::parked("engine"), subject::event("incident.opened", SiteId{1}), subject::event("region.covered", SiteId{})}) {
        CHECK_MESSAGE(matching(patterns, published) == 1, published);
    }
}

TEST_CASE("the consumers of the results divide them among the shards, without gaps or overlap") {
    const auto place = topology::results(1);
    REQUIRE(place.consumers.size() == static_cast<std::size_t>(kShards));
    std::set<std::string> names;
    std::vector<std::string> filters;
    for (const auto& consumer : place.consumers) {
        CHECK(consumer.stream == place.stream.name);
        names.insert(consumer.durable);
        filters.push_back(consumer.filter);
    }
    CHECK(names.size() == place.consumers.size());
    for (int shard = 0; shard < kShards; ++shard) CHECK(matching(filters, message::subject::results(shard, "eu")) == 1);
}

TEST_CASE("every stream is bounded in bytes and in age") {
    for (const auto& place : {topology::jobs("eu", 3), topology::urgent("eu", 3), topology::results(3), topology::events(3), topology::parked(3)}) {
        CHECK(place.stream.max_bytes > 0);
        CHECK(place.stream.max_age > milliseconds{0});
        CHECK(place.stream.replicas == 3);
    }
}

}  // namespace topology_test
