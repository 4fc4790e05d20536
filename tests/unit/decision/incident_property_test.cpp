// What holds of an incident whatever monitors and people do to it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "lib/decision/incident.h"

namespace incident_property_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

const TimePoint kStart = from_unix_ms(1'000'000'200'000);

struct Turn {
    int kind = 0;
    int monitor = 1;  // 1 to 3
    int severity = 0;
    int cause = 8;
    int after_s = 1;
    int number = 1;
};

std::ostream& operator<<(std::ostream& out, const Turn& turn) {
    return out << fmt::format("{{kind {} monitor {} severity {} cause {} after {} s number {}}}", turn.kind, turn.monitor, turn.severity, turn.cause,
                              turn.after_s, turn.number);
}

rc::Gen<Turn> turn() {
    return rc::gen::build<Turn>(rc::gen::set(&Turn::kind, rc::gen::inRange(0, 20)), rc::gen::set(&Turn::monitor, rc::gen::inRange(1, 4)),
                                rc::gen::set(&Turn::severity, rc::gen::inRange(0, 3)), rc::gen::set(&Turn::cause, rc::gen::inRange(7, 10)),
                                rc::gen::set(&Turn::after_s, rc::gen::weightedOneOf<int>({{8, rc::gen::inRange(0, 60)}, {1, rc::gen::just(90'000)}})),
                                rc::gen::set(&Turn::number, rc::gen::inRange(0, 4)));
}

decltype(IncidentEvent::what) event_of(const Turn& turn) {
    const auto severity = static_cast<Severity>(turn.severity);
    const auto cause = static_cast<check::FailureClass>(turn.cause);
    const auto asks = [](Action action, Terms terms = {}) { return Command{action, "ann", "", {}, std::move(terms)}; };
    switch (turn.kind) {
        case 0: return asks(Action::acknowledge);
        case 1: return asks(Action::unacknowledge);
        case 2: return asks(Action::comment);
        case 3: return asks(Action::resolve);
        case 4: return asks(Action::open, Opening{SiteId{1}, Scope::outage, "by hand"});
        case 5: return asks(Action::assign, Assignment{turn.number == 0 ? "" : "bob"});
        case 6: return asks(Action::set_severity, SeverityWish{turn.number == 0 ? std::nullopt : std::optional(severity)});
        case 7: return asks(Action::set_title, Retitling{fmt::format("title {}", turn.number)});
        case 8: return asks(Action::reopen, Reopening{});
        case 9: return asks(Action::publish_update, UpdateDraft{0, PublicStatus::investigating, "text"});
        case 10: return asks(Action::edit_update, UpdateDraft{turn.number, PublicStatus::monitoring, "other"});
        case 11: return asks(Action::delete_update, UpdateDraft{turn.number, {}, {}});
        case 12: return asks(Action::write_postmortem, PostmortemDraft{fmt::format("{}", turn.number), "", turn.severity == 0});
        case 13: return SiteGone{};
        case 14: return MonitorLeaves{MonitorId{turn.monitor}};
        case 15:
        case 16: return MonitorSeen{MonitorId{turn.monitor}, severity, cause, {"eu"}};
        default:
            return MonitorJoins{SiteId{1}, "Shop", MonitorId{turn.monitor}, "m", Scope::outage, severity, cause, kStart, {"eu"}, Reason::quorum_down};
    }
}

void check_incident(const Incident& incident) {
    std::optional<Severity> worst;
    for (const auto& member : incident.members) {
        if (!member.left_at) worst = std::min(worst.value_or(member.severity), member.severity);
        RC_ASSERT(std::count_if(incident.members.begin(), incident.members.end(), [&](const Member& one) { return one.monitor == member.monitor; }) == 1);
    }
    const bool resolved = incident.state == IncidentState::resolved;
    RC_ASSERT(resolved == incident.resolved_at.has_value());
    RC_ASSERT(resolved == !incident.resolved_by.empty());
    RC_ASSERT((incident.state == IncidentState::acknowledged) <= incident.acknowledged_at.has_value());
    if (resolved) RC_ASSERT(!worst);
    if (worst && !incident.severity_pinned) RC_ASSERT(incident.severity == *worst);
    RC_ASSERT(incident.worst_severity <= incident.severity);
    RC_ASSERT(incident.failing_since <= incident.opened_at);
}

}  // namespace

}  // namespace incident_property_test

namespace rc {
template <>
struct Arbitrary<incident_property_test::Turn> {
    static Gen<incident_property_test::Turn> arbitrary() { return incident_property_test::turn(); }
};
}  // namespace rc

namespace incident_property_test {

TEST_CASE("whatever is done to incidents, each step is one entry, told with its own seq, and nothing is said that did not change") {
    setenv("RC_PARAMS", "max_success=2000", 0);
    CHECK(rc::check("incidents", [](const std::vector<Turn>& turns) {
        std::optional<Incident> incident;
        auto now = kStart;
        std::int64_t next_id = 1;
        for (const auto& turn : turns) {
            now += seconds{turn.after_s};
            IncidentEvent event{now, IncidentId{next_id++}, event_of(turn)};
            const bool opens = std::holds_alternative<Command>(event.what) && std::get<Command>(event.what).action == Action::open;
            const bool is_open = incident && incident->state != IncidentState::resolved;
            if (opens && is_open) event.around.other_open = incident->id;
            const auto before = opens ? std::nullopt : incident;
            const auto decision = decide(before, event);
            const auto again = decide(before, event);
            RC_ASSERT(decision.next == again.next && decision.entries.size() == again.entries.size());
            if (decision.entries.empty()) {
                RC_ASSERT(!decision.told);
                if (!decision.touched) RC_ASSERT(decision.next == before);
                if (before && decision.next) RC_ASSERT(decision.next->version == before->version && decision.next->seq == before->seq);
            } else {
                const bool fresh = !before || decision.next->id != before->id;
                auto seq = fresh ? 0 : before->seq;
                for (const auto& entry : decision.entries) {
                    RC_ASSERT(entry.seq == ++seq);
                    RC_ASSERT(!entry.actor.empty());
                }
                RC_ASSERT(decision.next->seq == seq && decision.next->version == (fresh ? 0 : before->version) + static_cast<int>(decision.entries.size()));
                std::int64_t last = 0;
                for (const auto& news : news_of(decision)) {
                    RC_ASSERT(news.entry < decision.entries.size());
                    RC_ASSERT(decision.entries[news.entry].seq > last);
                    last = decision.entries[news.entry].seq;
                }
            }
            if (decision.refusal != Refusal::none) RC_ASSERT(decision.entries.empty());
            if (decision.outcome == CommandOutcome::conflict && opens) continue;
            if (decision.next) {
                check_incident(*decision.next);
                incident = decision.next;
            }
        }
    }));
}

}  // namespace incident_property_test
