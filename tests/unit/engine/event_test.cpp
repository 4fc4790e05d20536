#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "incident-engine/event.h"
#include "incident-engine/evidence.h"
#include "tests/unit/decision/world.h"

using namespace sonde;
using namespace sonde::engine;

namespace {

const TimePoint kAt = from_unix_ms(1767225600123);

std::string golden_path(const std::string& name) {
    const auto* source = std::getenv("SONDE_SOURCE_DIR");  // set by meson
    return std::string(source != nullptr ? source : ".") + "/schema/golden/" + name;
}

// The lint suite holds these documents to event.schema.json, and the notifier's tests send them.
// With SONDE_UPDATE_GOLDEN set, the file becomes what we write now; look at the difference before you keep it.
void check_golden(const std::string& name, const std::string& text) {
    if (std::getenv("SONDE_UPDATE_GOLDEN") != nullptr) std::ofstream(golden_path(name)) << text << '\n';
    std::stringstream golden;
    golden << std::ifstream(golden_path(name)).rdbuf();
    CHECK(golden.str() == text + "\n");
}

decision::Definition api() {
    auto definition = decision::test::definition_with({"hetzner", "aws", "gcp"});
    definition.monitor = MonitorId{7};
    definition.site = SiteId{3};
    definition.site_name = "Café API";
    definition.name = "Checkout";
    return definition;
}

// eu and us see it down; ap has not voted.
decision::MonitorState half_down() {
    decision::MonitorState state;
    for (int region = 1; region <= 2; ++region) {
        decision::cast_vote(state.votes,
                        {.region = static_cast<decision::RegionId>(region), .slot = kAt, .attempt = region - 1, .started_at = kAt,
                         .verdict = check::Verdict::down, .cause = check::FailureClass::connect_refused, .backfilled = false,
                         .message = "connect to 192.0.2.1:443: refused"},
                        kAt + milliseconds{region});
    }
    return state;
}

decision::Incident opened() {
    const decision::MonitorJoins joins{SiteId{3}, "Café API", MonitorId{7}, "Checkout", decision::Scope::outage, decision::Severity::major,
                                   check::FailureClass::connect_refused, kAt, {"eu", "us"}, decision::Reason::quorum_down};
    return *decision::decide(std::nullopt, {kAt + seconds{1}, IncidentId{11}, joins}).next;
}

}  // namespace

TEST_CASE("the event of an opened incident says all that a receiver needs") {
    const auto definition = api();
    const auto evidence = evidence_of(half_down(), definition, kAt + seconds{1});
    const auto incident = opened();
    EventParts parts("incident.opened", kAt + seconds{1}, "quorum_down");
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.incident = &incident;
    parts.monitor = &definition;
    parts.evidence = &evidence;
    const auto event = make_event(EventId{99}, parts);
    check_golden("event_incident_opened.json", event.document);
    CHECK(event.incident == IncidentId{11});
    CHECK(event.seq == 1);
    CHECK(event.site == SiteId{3});
}

TEST_CASE("the event of a resolved incident has its seq, its time and who commented") {
    auto incident = opened();
    incident = *decision::decide(incident, {kAt + seconds{60}, {}, decision::Command{decision::Action::acknowledge, "token:ann", "", {}}}).next;
    incident = *decision::decide(incident, {kAt + seconds{90}, {}, decision::Command{decision::Action::resolve, "token:ann", "failed over", {}}}).next;
    EventParts parts("incident.resolved", kAt + seconds{90}, "by_request");
    parts.actor = "token:ann";
    parts.site = incident.site;
    parts.site_name = "Café API";
    parts.incident = &incident;
    parts.comment = "failed over";
    check_golden("event_incident_resolved.json", make_event(EventId{100}, parts).document);
}

TEST_CASE("the event of a monitor that nobody can see names both states and the votes there are") {
    const auto definition = api();
    const auto evidence = evidence_of(half_down(), definition, kAt + seconds{600});
    EventParts parts("monitor.changed", kAt + seconds{600}, "too_few_voters");
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.monitor = &definition;
    parts.from = decision::State::down;
    parts.to = decision::State::unknown;
    parts.evidence = &evidence;
    check_golden("event_monitor_changed.json", make_event(EventId{101}, parts).document);
}

TEST_CASE("the events of an advisory and of coverage are told without an incident") {
    const auto definition = api();
    const decision::Advisory advisory{AdvisoryId{5}, {static_cast<decision::RegionId>(1)}, check::FailureClass::reset, kAt};
    EventParts closed("advisory.closed", kAt + seconds{90}, "nobody_failing");
    closed.site = definition.site;
    closed.site_name = definition.site_name;
    closed.monitor = &definition;
    closed.advisory = &advisory;
    closed.advisory_regions = {"eu"};
    closed.advisory_closed = true;
    check_golden("event_advisory_closed.json", make_event(EventId{102}, closed).document);

    EventParts lost("coverage.lost", kAt, "no agent of the region was seen");
    lost.region = "ap";
    lost.region_since = kAt - seconds{16};
    const auto event = make_event(EventId{103}, lost);
    check_golden("event_coverage_lost.json", event.document);
    CHECK(!event.site);
    CHECK(!event.incident);
}

TEST_CASE("an incident's event names its groups apart from its monitors, and its blast radius") {
    auto incident = opened();
    const decision::MonitorJoins joins{SiteId{3}, "Café API", MonitorId{21}, "Web", decision::Scope::outage, decision::Severity::critical,
                                   check::FailureClass::none, kAt, {}, decision::Reason::group_down, true};
    incident = *decision::decide(incident, {kAt + seconds{2}, {}, joins}).next;
    CHECK(decision::decide(incident, {kAt, {}, decision::RadiusSeen{0, 0}}).entries.empty());
    const auto grown = decision::decide(incident, {kAt + seconds{3}, {}, decision::RadiusSeen{12, 3}});
    REQUIRE(grown.entries.size() == 1);
    CHECK(grown.entries[0].kind == decision::TimelineKind::radius);
    CHECK_MESSAGE(decision::decide(grown.next, {kAt, {}, decision::RadiusSeen{20, 3}}).entries.empty(), "less than twice as many are no news");
    CHECK(decision::decide(grown.next, {kAt, {}, decision::RadiusSeen{6, 3}}).entries.size() == 1);
    EventParts parts("incident.updated", kAt + seconds{3}, "radius_changed");
    parts.site = incident.site;
    parts.site_name = "Café API";
    parts.incident = &*grown.next;
    check_golden("event_incident_updated.json", make_event(EventId{104}, parts).document);
}
