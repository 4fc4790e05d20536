#include "notifier/core/grouping.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "notifier/core/dead_letter.h"
#include "notifier/core/digest_document.h"
#include "tests/unit/notifier/events.h"

namespace grouping_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1'767'225'600s};

Together opening(const channel::Digest& policy, Flood& flood, TimePoint at) { return arrive(policy, flood, {.opens = true}, at); }

DigestIncident incident(std::int64_t id, const std::string& severity, bool resolved = false, bool here = true) {
    return {IncidentId{id}, "Shop: Checkout " + std::to_string(id), severity, resolved, here, "2026-01-01T00:00:01.000Z", resolved ? Json("2026-01-01T00:02:00.000Z") : Json(nullptr),
            {{"id", "sit_0000000000003"}, {"name", "Shop"}}};
}

DigestContent content(std::vector<DigestIncident> incidents) {
    return {DigestId{7}, ChannelId{9}, "on call", DigestCause::storm, kStart, std::move(incidents), {}};
}

}  // namespace

TEST_CASE("as many openings as people want to hear of are told one by one, the next begins a digest that the others join") {
    const channel::Digest policy{.more_than = 3, .within = 60s};
    Flood flood;
    for (int i = 0; i < 3; ++i) CHECK(opening(policy, flood, kStart + i * 1s) == Together::itself);
    CHECK(opening(policy, flood, kStart + 3s) == Together::begins);
    CHECK(opening(policy, flood, kStart + 4s) == Together::joins);
    CHECK(arrive(policy, flood, {.opens = false, .in_digest = true}, kStart + 5s) == Together::with_others);
    CHECK(arrive(policy, flood, {.opens = false, .in_digest = false}, kStart + 5s) == Together::itself);
}

TEST_CASE("openings that are spread out are no storm, however many") {
    const channel::Digest policy{.more_than = 3, .within = 60s};
    Flood flood;
    for (int i = 0; i < 100; ++i) CHECK(opening(policy, flood, kStart + i * 20s) == Together::itself);
}

TEST_CASE("a storm is over when few open, and the next one begins a digest of its own") {
    const channel::Digest policy{.more_than = 4, .within = 60s};
    Flood flood;
    for (int i = 0; i < 5; ++i) (void)opening(policy, flood, kStart);
    CHECK(flood.storm);
    CHECK(opening(policy, flood, kStart + 59s) == Together::joins);
    CHECK(opening(policy, flood, kStart + 61s) == Together::itself);
    CHECK(!flood.storm);
    for (int i = 0; i < 2; ++i) (void)opening(policy, flood, kStart + 62s);
    CHECK(opening(policy, flood, kStart + 62s) == Together::begins);
}

TEST_CASE("without a limit nothing is a storm, and a storm that is under way ends") {
    Flood flood;
    const channel::Digest off{.more_than = 0};
    for (int i = 0; i < 100; ++i) CHECK(opening(off, flood, kStart) == Together::itself);
    const channel::Digest on{.more_than = 2};
    for (int i = 0; i < 5; ++i) (void)opening(on, flood, kStart + 1s);
    CHECK(flood.storm);
    CHECK(opening(off, flood, kStart + 2s) == Together::itself);
}

TEST_CASE("a digest takes so much, and then another one begins") {
    const channel::Digest policy{.window = 5min};
    Flood flood;
    CHECK(arrive(policy, flood, {}, kStart) == Together::begins);
    for (int i = 1; i < kMostOfDigest; ++i) CHECK(arrive(policy, flood, {}, kStart) == Together::joins);
    CHECK(arrive(policy, flood, {}, kStart) == Together::begins);
}

TEST_CASE("whatever comes when, each event is told by itself or by one digest, all of a grouped incident by the same, and no more by itself than is wanted") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto roll = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
        const channel::Digest policy{.more_than = 1 + roll(6), .within = seconds{5 + roll(60)}};
        Flood flood, again;
        int digests = 0;
        std::map<int, int> digest_of;  // of open incidents; 0: told by itself
        std::vector<TimePoint> alone;
        auto now = kStart;
        for (int incidents = 0, step = 0; step < 400; ++step) {
            now += milliseconds{roll(seed % 2 == 0 ? 3'000 : 15'000)};
            const bool opens = digest_of.empty() || roll(2) == 0;
            auto at = digest_of.begin();
            if (!opens) std::advance(at, roll(static_cast<int>(digest_of.size())));
            const Arrival news{.opens = opens, .in_digest = !opens && at->second != 0};
            const auto together = arrive(policy, flood, news, now);
            CHECK(arrive(policy, again, news, now) == together);
            CHECK(flood == again);
            if (opens) {
                CHECK(together != Together::with_others);
                if (together == Together::begins) ++digests;
                digest_of[++incidents] = together == Together::itself ? 0 : digests;
                if (together == Together::itself) alone.push_back(now);
            } else {
                CHECK(together == (at->second == 0 ? Together::itself : Together::with_others));
                if (roll(3) == 0) digest_of.erase(at);
            }
            CHECK(flood.openings.size() <= static_cast<std::size_t>(policy.more_than) + 1);
        }
        for (std::size_t i = static_cast<std::size_t>(policy.more_than); i < alone.size(); ++i) {
            CHECK(alone[i] - alone[i - static_cast<std::size_t>(policy.more_than)] >= policy.within);
        }
    }
}

TEST_CASE("a digest waits for what comes at once, keeps a distance to what it told, and lets nothing old go out") {
    const channel::Digest policy{.window = 0ms, .more_than = 10, .within = 90s};
    Timing timing{.began = kStart};
    CHECK(due_at(policy, timing, kStart) == kStart + 3s);
    timing.told = kStart + 3s;
    CHECK(due_at(policy, timing, kStart + 10s) == kStart + 93s);
    CHECK(due_at(policy, timing, kStart + 200s) == kStart + 200s);
    timing.in_place = true;
    CHECK(due_at(policy, timing, kStart + 10s) == kStart + 33s);
    timing.on_its_way = true;
    CHECK(due_at(policy, timing, kStart + 4s) == kStart + 13s);
    CHECK(due_at(policy, timing, kStart + 60s) == kStart + 60s);
    timing.urgent = true;
    CHECK(due_at(policy, timing, kStart + 4s) == kStart + 6s);
    CHECK(due_at(policy, timing, kStart + 10s) == kStart + 10s);
}

TEST_CASE("a window is waited for, but not with what is critical") {
    const channel::Digest policy{.window = 15min};
    Timing timing{.cause = DigestCause::window, .began = kStart};
    CHECK(due_at(policy, timing, kStart + 1s) == kStart + 15min);
    timing.urgent = true;
    CHECK(due_at(policy, timing, kStart + 60s) == kStart + 60s);
}

TEST_CASE("the event of a digest names everything, what is open and worst first") {
    auto all = content({incident(1, "minor"), incident(2, "critical", true), incident(3, "critical"), incident(4, "major"), incident(5, "critical")});
    all.others.push_back({EventId{77}, "coverage.lost", "NO AGENT in region eu"});
    const auto made = test::golden_text("schema/golden/event_channel_digest.json", json::dump(digest_event(EventId{110}, kStart + 5s, all)) + "\n");
    CHECK(made == json::dump(digest_event(EventId{110}, kStart + 5s, all)) + "\n");
    const auto part = digest_part(all);
    std::vector<std::string> ids;
    for (const auto& one : part["incidents"]) ids.push_back(one["id"]);
    CHECK(ids == std::vector<std::string>{IncidentId{5}.text(), IncidentId{3}.text(), IncidentId{4}.text(), IncidentId{1}.text(), IncidentId{2}.text()});
    CHECK(part["counts"] == Json{{"incidents", 5}, {"open", 4}, {"resolved", 1}, {"critical", 2}, {"major", 1}, {"minor", 1}});
    CHECK(worst_severity(all) == "critical");
}

TEST_CASE("the event of a delivery that was given up says what was not told, to whom and why") {
    const DeadLetter letter{.delivery = DeliveryId{5}, .event = EventId{111}, .event_kind = "incident.opened", .incident = IncidentId{11}, .channel = ChannelId{9}, .channel_name = "on call",
                            .reason = "receiver_refused", .attempts = 1, .error = "who are you", .status = 401, .document = test::event_document("incident.opened")};
    const auto event = dead_letter_event(EventId{112}, kStart + 5s, letter);
    CHECK(test::golden_text("schema/golden/event_delivery_dead.json", json::dump(event) + "\n") == json::dump(event) + "\n");
    CHECK(event["delivery"]["title"].get<std::string>().starts_with("DOWN: "));
    CHECK(event["delivery"]["severity"] == "major");
    CHECK(!event.contains("incident"));
}

TEST_CASE("what was over before anybody heard of it is not worth a message; what somebody has heard of is") {
    CHECK(never_mind(content({incident(1, "major", true), incident(2, "minor", true)})));
    CHECK(!never_mind(content({incident(1, "major", true), incident(2, "minor")})));
    CHECK(!never_mind(content({incident(1, "major", true, false)})));
    auto other = content({incident(1, "major", true)});
    other.others.push_back({EventId{1}, "coverage.lost", "x"});
    CHECK(!never_mind(other));
    CHECK(worst_severity(content({incident(1, "major", true)})).empty());
}

}  // namespace grouping_test
