#include "controlplane/api/history/wording.h"

#include <doctest/doctest.h>

#include "lib/decision/incident.h"

namespace wording_test {

using namespace sonde;
using namespace sonde::controlplane;

TEST_CASE("votes that were not counted say why, by marks that are known and by those that are not") {
    auto votes = *json::parse(R"([
        {"region": "eu", "verdict": "down", "class": "reset", "fresh": true, "message": ""},
        {"region": "us", "verdict": "up", "class": "none", "fresh": false},
        {"region": "ap", "verdict": "absent", "fresh": false},
        {"region": "sa", "verdict": "down", "class": "reset", "fresh": true, "quarantined": true},
        {"region": "af", "verdict": "down", "class": "reset", "fresh": true, "mark": "other_spec"}])");
    CHECK(describe_votes(votes) ==
          "eu: down (reset), us: up, too old to count, ap: absent, sa: down (reset), not counted: quarantined, af: down (reset), not counted: other spec");
    votes = with_marks(votes);
    CHECK(!votes[0].contains("not_counted"));
    CHECK(votes[1]["not_counted"] == "stale");
    CHECK(votes[2]["not_counted"] == "absent");
    CHECK(votes[3]["not_counted"] == "quarantined");
    CHECK(votes[4]["not_counted"] == "other_spec");
    CHECK(with_marks(votes) == votes);
    CHECK(describe_votes(Json::array()) == "none");
}

TEST_CASE("a decision that paged nobody says so, and what was asked") {
    const auto decision = *json::parse(R"({"kind": "confirming", "from": "up", "to": "up", "reason": "below_quorum",
        "votes": [{"region": "eu", "verdict": "down", "class": "reset", "fresh": true}], "asked": [{"region": "us", "attempt": 1}, {"region": "eu", "attempt": 1}]})");
    CHECK(describe_decision(decision) ==
          "Nobody was told yet, for fewer regions see it than the rule asks for, and the others are asked at once. The votes: eu: down (reset). "
          "Asked: us (attempt 1), eu (attempt 1).");
    CHECK(describe_decision(*json::parse(R"({"kind": "transition", "from": "up", "to": "down", "reason": "quorum_down", "incident_id": null})"))
              .find("No incident was opened for it.") != std::string::npos);
    // The end of a window is two decisions: what is shown, and what is told of it now.
    CHECK(describe_decision(*json::parse(R"({"kind": "transition", "from": "maintenance", "to": "down", "reason": "maintenance_ended"})")) ==
          "It went from maintenance to down, for the maintenance window ended. The votes: none.");
    CHECK(describe_decision(*json::parse(R"({"kind": "transition", "from": "down", "to": "down", "reason": "maintenance_ended", "incident_id": "inc_0000000000001"})")) ==
          "It stays down, which is told now, for the maintenance window ended. The votes: none.");
    CHECK(describe_decision(*json::parse(R"({"kind": "suppressed", "reason": "in_maintenance"})")) ==
          "Nobody was told, for it was suppressed: it is in a maintenance window. The votes: none.");
    CHECK(describe_decision(*json::parse(R"({"kind": "suppressed", "reason": "dependency_down", "suppressed_by": {"cover": "dependency", "kind": "monitor", "name": "Router"}})")) ==
          "Nobody was told, for it was suppressed: what it depends on is down (monitor \"Router\"). The votes: none.");
    const auto expiring = R"({"kind": "expiring", "reason": "expiry_near",
                              "expiry": {"what": "certificate", "subject": "CN=shop", "ends_at": "2026-01-07T12:00:00.000Z", "threshold_days": 7}})";
    CHECK(describe_decision(*json::parse(expiring)) ==
          "It was told that the certificate of CN=shop ends at 2026-01-07T12:00:00.000Z: a threshold before its end was crossed (threshold 7 days).");
}

TEST_CASE("every kind of entry has a sentence of its own") {
    for (const auto kind : EnumNames<decision::TimelineKind>::names) {
        Json entry{{"kind", kind}, {"actor", "token:ann"}, {"reason", "by_request"}, {"data", {{"comment", "why"}, {"from", "a"}, {"to", "b"}}}};
        const auto sentence = describe_entry(entry, "API");
        CAPTURE(sentence);
        // Those that end with a person's own words have none of ours after them.
        const bool quotes = kind == "commented" || kind == "update_published" || kind == "update_edited";
        CHECK((quotes || sentence.back() == '.'));
        CHECK((kind == "radius" || sentence.find("token:ann") != std::string::npos || sentence.find("\"API\"") != std::string::npos));
    }
    CHECK(describe_entry({{"kind", "resolved"}, {"actor", "engine"}, {"reason", "quorum_recovered"}, {"data", Json::object()}}, "") ==
          "The engine resolved it: enough rounds in a row were good.");
    CHECK(describe_entry({{"kind", "radius"}, {"actor", "engine"}, {"reason", "radius_changed"}, {"data", {{"affected", {{"monitors", 12}, {"sites", 3}}}}}}, "") ==
          "Not told because of it: 12 monitors of 3 sites.");
    const Json step{{"policy", {{"id", "esc_0000000000001"}, {"name", "night"}}}, {"step", 2}, {"steps", 3}, {"round", 1}, {"rounds", 2},
                    {"targets", {{{"channel", {{"name", "pager"}}}, {"user", {{"name", "ann"}}}, {"schedule", {{"name", "first line"}}}, {"layer", "weekly"}}}},
                    {"left_out", {{{"channel", {{"name", "ops"}}}, {"why", "channel_disabled"}}}}};
    CHECK(describe_entry({{"kind", "escalated"}, {"actor", "notifier"}, {"reason", "nobody_acknowledged"}, {"data", step}}, "") ==
          "notifier told ann, on call in \"first line\" by \"pager\" by step 2 of 3 of the escalation \"night\", round 1 of 2, for nobody had acknowledged it; not \"ops\" (channel disabled).");
    CHECK(describe_entry({{"kind", "reminded"}, {"actor", "notifier"}, {"reason", "still_open"}, {"data", {{"number", 2}, {"of", 5}}}}, "") ==
          "notifier reminded of it, 2 of 5: it was not over.");
    CHECK(describe_entry({{"kind", "assigned"}, {"actor", "token:ann"}, {"reason", "by_request"}, {"data", {{"from", nullptr}, {"to", "bob"}}}}, "") ==
          "token:ann assigned it from nobody to bob.");
}

}  // namespace wording_test
