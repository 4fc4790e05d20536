#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "controlplane/drill/store.h"

namespace drill_progress_test {

using namespace sonde;
using namespace sonde::drill;

namespace {

const TimePoint kBegan = *from_rfc3339("2026-03-01T12:00:00Z");
const TimePoint kDeadline = kBegan + seconds{120};

TimePoint at(int second) { return kBegan + seconds{second}; }

}  // namespace

TEST_CASE("a drill runs until its receiver was told, or it is too late; then the last step that was reached is why it failed") {
    Progress progress;
    const auto now = [&](int second) { return judge(progress, at(second), kDeadline); };
    CHECK(now(120) == Outcome{RunState::running});
    CHECK(now(121) == Outcome{RunState::failed, Reason::not_checked});
    progress.failed_check_at = at(10);
    CHECK(now(121) == Outcome{RunState::failed, Reason::not_opened});
    progress.opened_at = at(11);
    CHECK(now(121) == Outcome{RunState::failed, Reason::not_planned});
    progress.planned_at = at(11);
    progress.delivery = "sending";
    CHECK(now(60) == Outcome{RunState::running});
    CHECK(now(121) == Outcome{RunState::failed, Reason::late});
    progress.delivery = "sent";
    progress.told_at = at(120);
    CHECK(now(500) == Outcome{RunState::passed});
    progress.told_at = at(121);
    CHECK(now(500) == Outcome{RunState::failed, Reason::late});
}

TEST_CASE("what was not to be sent, or was refused for good, is known at once") {
    CHECK(judge({at(1), at(2), at(2), {}, "not_sent"}, at(3), kDeadline) == Outcome{RunState::failed, Reason::not_sent});
    CHECK(judge({at(1), at(2), at(2), {}, "dead"}, at(3), kDeadline) == Outcome{RunState::failed, Reason::not_accepted});
}

TEST_CASE("the event of a failed drill says where the way ended") {
    Open run{DrillRunId{3}, DrillId{2}, "weekly", MonitorId{4}, ChannelId{5}, milliseconds{120'000}, true, kBegan, kDeadline};
    Seen seen;
    seen.incident = IncidentId{6};
    const auto text = json::dump(failed_event(EventId{120}, at(121), run, Reason::late, seen));
    const auto* source = std::getenv("SONDE_SOURCE_DIR");  // set by meson
    const auto path = std::string(source != nullptr ? source : ".") + "/schema/golden/event_drill_failed.json";
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text << '\n';
    std::stringstream golden;
    golden << std::ifstream(path).rdbuf();
    CHECK(golden.str() == text + "\n");
}

}  // namespace drill_progress_test
