#include <doctest/doctest.h>

#include "lib/decision/quorum.h"
#include "tests/unit/decision/world.h"

namespace quorum_test {

using namespace sonde;
using namespace sonde::decision;
using sonde::decision::test::definition_with;

namespace {

const TimePoint kNow = from_unix_ms(1'000'000'000'000);

// One letter a region: u, g (degraded), d, s (down, but stale), - (absent).
std::vector<Vote> votes_of(std::string_view letters) {
    std::vector<Vote> votes;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (letters[i] == '-') continue;
        const auto verdict = letters[i] == 'u' ? check::Verdict::up : letters[i] == 'g' ? check::Verdict::degraded : check::Verdict::down;
        cast_vote(votes, {.region = static_cast<RegionId>(i + 1), .slot = kNow, .attempt = 0, .started_at = kNow, .verdict = verdict,
                          .cause = {}, .backfilled = false, .message = {}},
                  letters[i] == 's' ? kNow - seconds{3600} : kNow);
    }
    return votes;
}

Outcome outcome(std::vector<std::string> domains, check::Quorum quorum, std::string_view letters) {
    auto definition = definition_with(std::move(domains));
    definition.policy.quorum = quorum;
    return tally(votes_of(letters), definition, kNow).outcome;
}

}  // namespace

TEST_CASE("a strict majority of the fresh failure domains decides, and a tie does not") {
    const check::Quorum majority;
    const std::vector<std::string> three{"a", "b", "c"};
    CHECK(outcome(three, majority, "uuu") == Outcome::up);
    CHECK(outcome(three, majority, "duu") == Outcome::up);
    CHECK(outcome(three, majority, "ddu") == Outcome::down);
    CHECK(outcome(three, majority, "dgu") == Outcome::degraded);
    CHECK(outcome(three, majority, "du-") == Outcome::undecided);
    CHECK(outcome(three, majority, "dds") == Outcome::down);
    CHECK(outcome(three, majority, "d--") == Outcome::too_few);
    CHECK(outcome(three, majority, "dss") == Outcome::too_few);
    CHECK(outcome({"a", "b", "c", "d"}, majority, "dduu") == Outcome::undecided);
    CHECK(outcome({"a"}, majority, "d") == Outcome::down);
    CHECK(outcome({}, majority, "") == Outcome::too_few);
}

TEST_CASE("all, any and at_least ask for as many as they say") {
    const std::vector<std::string> three{"a", "b", "c"};
    const check::Quorum all{check::QuorumRule::all, 0};
    CHECK(outcome(three, all, "ddd") == Outcome::down);
    CHECK(outcome(three, all, "ddu") == Outcome::undecided);
    CHECK(outcome(three, all, "duu") == Outcome::up);
    CHECK(outcome(three, all, "dd-") == Outcome::down);
    const check::Quorum any{check::QuorumRule::any, 0};
    CHECK(outcome(three, any, "duu") == Outcome::down);
    CHECK(outcome(three, any, "d--") == Outcome::down);
    CHECK(outcome(three, any, "uuu") == Outcome::up);
    const check::Quorum two{check::QuorumRule::at_least, 2};
    CHECK(outcome({"a", "b", "c", "d", "e"}, two, "dduuu") == Outcome::down);
    CHECK(outcome({"a", "b", "c", "d", "e"}, two, "duuuu") == Outcome::up);
    CHECK(outcome({"a", "b", "c", "d", "e"}, two, "d----") == Outcome::too_few);
    CHECK_MESSAGE(outcome({"a"}, two, "d") == Outcome::down, "more than there are domains means all of them");
}

TEST_CASE("regions of one failure domain have one vote together, and none while they are divided") {
    const check::Quorum majority;
    const std::vector<std::string> shared{"a", "a", "b", "c"};
    CHECK(outcome(shared, majority, "dduu") == Outcome::up);
    CHECK(outcome(shared, majority, "ddud") == Outcome::down);
    CHECK(outcome(shared, majority, "dudu") == Outcome::undecided);
    CHECK_MESSAGE(outcome({"a", "a", "b", "b", "c"}, majority, "dudud") == Outcome::undecided,
                  "divided domains still stand for regions that do not see a failure");
}

TEST_CASE("a vote is fresh for one and a half cadences and the timeout, to the millisecond") {
    auto definition = definition_with({"a", "b", "c"});
    CHECK(is_fresh(kNow, definition, kNow + seconds{55}));
    CHECK(!is_fresh(kNow, definition, kNow + seconds{55} + milliseconds{1}));
    definition.rotates = true;
    CHECK_MESSAGE(is_fresh(kNow, definition, kNow + seconds{145}), "where regions take turns, the cadence is as much longer");
}

TEST_CASE("no check was taken before its slot or after its result was here") {
    ResultSeen result;
    result.slot = kNow;
    result.started_at = kNow - seconds{7200};
    CHECK(taken_at(result, kNow + seconds{3}) == kNow);
    result.started_at = kNow + seconds{7200};
    CHECK(taken_at(result, kNow + seconds{3}) == kNow + seconds{3});
    result.started_at = kNow + seconds{1};
    CHECK(taken_at(result, kNow + seconds{3}) == kNow + seconds{1});
}

}  // namespace quorum_test
