// What time brings to an incident, as its decision has it.
#include <doctest/doctest.h>

#include "lib/decision/incident.h"

namespace due_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

constexpr TimePoint kOpened{seconds{1'800'000'000}};
constexpr TimePoint kNow = kOpened + std::chrono::minutes{90};

Incident incident() {
    Incident one;
    one.id = IncidentId{1};
    one.site = SiteId{2};
    one.seq = 4;
    one.version = 3;
    one.failing_since = one.opened_at = kOpened;
    one.members.resize(2);
    one.members[1].left_at = kNow;
    return one;
}

IncidentDecision brought(Incident before, Action action, Due due) {
    return decide(std::move(before), {kNow, {}, Command{action, "notifier", {}, {}, std::move(due)}});
}

}  // namespace

TEST_CASE("a step is an entry and an event of the incident, with whom it reaches and why") {
    const auto done = brought(incident(), Action::escalate, {{{"step", 1}}});
    CHECK(done.outcome == CommandOutcome::done);
    CHECK(done.next->seq == 5);
    REQUIRE(done.entries.size() == 1);
    CHECK(done.entries[0].kind == TimelineKind::escalated);
    CHECK(done.entries[0].actor == "notifier");
    CHECK(done.entries[0].reason == Reason::nobody_acknowledged);
    CHECK(done.entries[0].details == Json{{"step", 1}});
    const auto news = news_of(done);
    REQUIRE(news.size() == 1);
    CHECK(name_of(news[0].told) == "incident.escalated");
    CHECK(brought(incident(), Action::escalate, {{{"step", 1}}, false}).entries[0].reason == Reason::nobody_reached);
}

TEST_CASE("a reminder says how long it lasts and how many fail") {
    const auto done = brought(incident(), Action::remind, {{{"number", 2}}});
    REQUIRE(done.entries.size() == 1);
    CHECK(done.entries[0].kind == TimelineKind::reminded);
    CHECK(done.entries[0].details == Json{{"number", 2}, {"lasts_seconds", 5400}, {"failing", 1}});
    CHECK(name_of(news_of(done)[0].told) == "incident.reminder");
}

TEST_CASE("what was acknowledged or resolved on the way is left alone, but for reminders that go on meanwhile") {
    for (const auto action : {Action::escalate, Action::remind}) {
        auto one = incident();
        one.state = IncidentState::acknowledged;
        const auto refused = brought(one, action, {{{"step", 1}}});
        CHECK(refused.outcome == CommandOutcome::conflict);
        CHECK(refused.refusal == Refusal::is_acknowledged);
        CHECK(refused.entries.empty());
        CHECK(refused.next == one);
        one.state = IncidentState::resolved;
        CHECK(brought(one, action, {{{"step", 1}}, true, true}).refusal == Refusal::is_resolved);
    }
    auto one = incident();
    one.state = IncidentState::acknowledged;
    CHECK(brought(one, Action::remind, {{{"number", 1}}, true, true}).outcome == CommandOutcome::done);
}

}  // namespace due_test
