#include <doctest/doctest.h>

#include "lib/check/policy.h"

namespace policy_test {

using namespace sonde;
using namespace sonde::check;

namespace {

Policy read(const Json& document) {
    json::Problems problems;
    auto policy = read_policy(document, "/policy", problems);
    CHECK(problems.empty());
    return policy;
}

std::string refusal(const Json& document) {
    json::Problems problems;
    (void)read_policy(document, "/policy", problems);
    return problems.empty() ? "" : problems[0].pointer + ": " + problems[0].detail;
}

}  // namespace

TEST_CASE("a policy is read back as it was written, with every field there") {
    for (const auto& document :
         {Json::object(), Json{{"quorum", {{"at_least", 2}}}, {"page_on", {"us", "eu"}}, {"exclude", {"ap"}}},
          Json{{"flapping", {{"enabled", false}, {"changes", 3}, {"window_ms", 60'000}, {"calm_ms", 10'000}}}, {"confirmation", {{"enabled", false}}}}}) {
        const auto policy = read(document);
        CHECK(read(write_policy(policy)) == policy);
        CHECK(write_policy(policy).size() == 7);
    }
    // What is stored from before there was more to it has the defaults.
    CHECK(read({{"quorum", "all"}, {"recovery_rounds", 3}}).flapping == Flapping{});
}

TEST_CASE("a region counts, is enough alone, or is excluded") {
    auto policy = read({{"page_on", {"us", "eu"}}, {"exclude", {"ap"}}});
    CHECK(policy.page_on == std::vector<std::string>{"eu", "us"});
    CHECK(vote_of(policy, "us") == RegionVote::page);
    CHECK(vote_of(policy, "ap") == RegionVote::exclude);
    CHECK(vote_of(policy, "sa") == RegionVote::count);
    set_vote(policy, "ap", RegionVote::page);
    CHECK(policy.page_on == std::vector<std::string>{"ap", "eu", "us"});
    CHECK(policy.exclude.empty());
    set_vote(policy, "eu", RegionVote::count);
    set_vote(policy, "sa", RegionVote::exclude);
    CHECK(describe(policy) == "majority of failure domains, confirmed; enough alone: ap, us; not counted: sa");
}

TEST_CASE("what is wrong with a policy is told where it is") {
    CHECK(refusal({{"page_on", {"eu"}}, {"exclude", {"eu"}}}) == "/policy/exclude: region \"eu\" is in page_on as well");
    CHECK(refusal({{"page_on", {"eu", "eu"}}}) == "/policy/page_on: names a region twice");
    CHECK(refusal({{"exclude", {1}}}) == "/policy/exclude: must be names of regions");
    CHECK(refusal({{"flapping", {{"changes", 2}}}}).starts_with("/policy/flapping/changes: "));
    CHECK(refusal({{"flapping", {{"calm", 2}}}}).starts_with("/policy/flapping/calm: "));
}

}  // namespace policy_test
