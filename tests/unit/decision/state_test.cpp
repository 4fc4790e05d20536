#include <doctest/doctest.h>

#include "lib/decision/monitor_state.h"
#include "lib/decision/plain_state.h"

namespace state_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

TimePoint at(int s) { return from_unix_ms(1'000'000'000'000) + seconds{s}; }

MonitorState full_state() {
    MonitorState state;
    state.known = Known::degraded;
    state.activity = Activity::active;
    state.covered = false;
    state.since = at(1);
    state.watched_since = at(2);
    state.spec_hash = 0xFEDCBA9876543210ULL;
    state.voters_hash = 7;
    state.in_outage = true;
    state.in_warning = true;
    state.votes.push_back({static_cast<RegionId>(1), at(3), 2, at(4), check::Verdict::down, check::FailureClass::http_status, true, 3,
                           at(0), "GET http://x: \"500\" \xC3\xA9"});
    state.votes.push_back({static_cast<RegionId>(9), at(3), 0, at(3), check::Verdict::up, {}, false, 0, {}, "", at(3)});
    state.suspicion = Suspicion{static_cast<RegionId>(1), at(4), at(3), 2, 3, 1, at(9), {{static_cast<RegionId>(9), 3}}, at(8)};
    state.doubt = {{static_cast<RegionId>(1), static_cast<RegionId>(2)}, 4, at(100)};
    state.recovery = {at(3), 1, at(2)};
    state.flaps = {{at(1), at(2)}, {at(2)}, at(2)};
    state.counted_under.hash = 7;
    state.advisory = Advisory{AdvisoryId{77}, {static_cast<RegionId>(1)}, check::FailureClass::reset, at(5)};
    state.heartbeat.pings = {{at(1), 0, check::PingKind::start, "a-1"}, {at(2), 99, check::PingKind::fail, ""}};
    state.heartbeat.last_ping = at(3);
    state.heartbeat.last_success = at(1);
    state.heartbeat.counts_from = at(0);
    state.heartbeat.late = true;
    state.heartbeat.late_after = at(1);
    state.heartbeat.deadline = at(70);
    state.heartbeat.last_run = milliseconds{1234};
    return state;
}

}  // namespace

TEST_CASE("a monitor's state survives its text form exactly") {
    for (const auto& state : {MonitorState{}, full_state()}) {
        const auto text = write_state(state);
        const auto read = read_state(text);
        REQUIRE_MESSAGE(read.ok(), text);
        CHECK(*read == state);
        CHECK(write_state(*read) == text);
    }
}

TEST_CASE("the usual state is small") {
    MonitorState state;
    state.known = Known::up;
    for (int region = 1; region <= 3; ++region) {
        state.votes.push_back({static_cast<RegionId>(region), at(3), 0, at(3), check::Verdict::up, {}, false, 0, {}, ""});
    }
    CHECK(write_state(state).size() < 450);
}

TEST_CASE("a state of good votes alone is read the short way, and no other text is") {
    MonitorState state;
    state.known = Known::up;
    state.since = at(1);
    state.watched_since = at(2);
    state.spec_hash = 0xFEDCBA9876543210ULL;
    state.voters_hash = 7;
    CHECK(*read_plain_state(write_state(state)) == state);
    state.covered = false;
    state.spec_revision = 3;
    state.counted_under.hash = 9;
    for (const int region : {1, 300}) state.votes.push_back({static_cast<RegionId>(region), at(3), region, at(4), check::Verdict::up, {}, false, 0, {}, ""});
    const auto text = write_state(state);
    REQUIRE(read_plain_state(text));
    CHECK(*read_plain_state(text) == state);
    CHECK(write_state(*read_plain_state(text)) == text);
    for (std::size_t n = 0; n < text.size(); ++n) {
        CHECK_FALSE(read_plain_state(text.substr(0, n)));
        CHECK_FALSE(read_plain_state(text.substr(0, n) + " " + text.substr(n)));
        CHECK_FALSE(read_plain_state(text.substr(0, n) + "," + text.substr(n)));
        if (text[n] != '"') CHECK_FALSE(read_plain_state(text.substr(0, n) + "-" + text.substr(n)));
    }
    CHECK_FALSE(read_plain_state(write_state(full_state())));
    CHECK_FALSE(read_plain_state(R"({"known":"up","since":01,"watched_since":1,"spec_hash":"0000000000000000","voters_hash":"0000000000000000","votes":[]})"));
}

TEST_CASE("text that is no state is refused with a reason") {
    for (const auto* text : {"", "{}", "[]", R"({"known":"up"})",
                             R"({"known":"sideways","since":1,"watched_since":1,"spec_hash":"0000000000000000","voters_hash":"0000000000000000","votes":[]})",
                             R"({"known":"up","since":1,"watched_since":1,"spec_hash":"000000000000000x","voters_hash":"0000000000000000","votes":[]})",
                             R"({"known":"up","since":1,"watched_since":1,"spec_hash":"0000000000000000","voters_hash":"0000000000000000","votes":[{}]})",
                             R"({"known":"up","since":1,"watched_since":1,"spec_hash":"0000000000000000","voters_hash":"0000000000000000","votes":[],"new":1})"}) {
        const auto read = read_state(text);
        REQUIRE_MESSAGE(!read.ok(), text);
        CHECK(read.error().message.starts_with("monitor state "));
    }
}

TEST_CASE("a vote's message is one short line, cut between characters") {
    std::vector<Vote> votes;
    std::string message = "a\nb" + std::string(kMessageBytes - 4, 'x') + "\xC3\xA9\xC3\xA9";
    const auto& vote = cast_vote(votes, {.region = static_cast<RegionId>(1), .slot = at(0), .attempt = 0, .started_at = at(0),
                                         .verdict = check::Verdict::down, .cause = {}, .backfilled = false, .message = message}, at(0));
    CHECK(vote.message.size() == kMessageBytes - 1);
    CHECK(vote.message.starts_with("a bxxx"));
    CHECK(vote.message.back() == 'x');
}

}  // namespace state_test
