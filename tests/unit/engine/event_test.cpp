#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "incident-engine/event.h"
#include "lib/decision/evidence.h"
#include "tests/unit/decision/world.h"

namespace event_test {

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

namespace {

// An incident opened for Checkout, resolved by hand, and what a person then asks.
struct ByHand {
    std::string golden;
    decision::Told told;
    std::string_view details_name;
    decision::Command command;
};

decision::IncidentDecision done_to(const decision::Incident& incident, decision::Command command) {
    return decision::decide(incident, {kAt + seconds{120}, {}, std::move(command)});
}

std::string document_of(const decision::IncidentDecision& decision, const ByHand& asked) {
    const auto news = decision::news_of(decision);
    REQUIRE(news.size() == 1);
    CHECK(news[0].told == asked.told);
    const auto& entry = decision.entries[news[0].entry];
    EventParts parts(name_of(asked.told), kAt + seconds{120}, name_of(entry.reason));
    parts.actor = entry.actor;
    parts.site = SiteId{3};
    parts.site_name = "Café API";
    parts.incident = &*decision.next;
    parts.seq = entry.seq;
    parts.comment = entry.comment;
    parts.details_name = asked.details_name;
    if (!asked.details_name.empty()) parts.details = &entry.details;
    return make_event(EventId{104}, parts).document;
}

}  // namespace

TEST_CASE("what people do to an incident is told with what they changed") {
    using decision::Action;
    using decision::Told;
    const decision::UpdateDraft first{0, decision::PublicStatus::investigating, "We look into it."};
    const decision::UpdateDraft second{1, decision::PublicStatus::identified, "A disk is full."};
    auto incident = opened();
    const auto published = done_to(incident, {Action::publish_update, "token:ann", "", {}, first});
    const auto resolved = done_to(*published.next, {Action::resolve, "token:ann", "", {}});
    for (const auto& asked : std::vector<ByHand>{
             {"severity_changed", Told::severity_changed, "change", {Action::set_severity, "token:ann", "at night", {}, decision::SeverityWish{decision::Severity::minor}}},
             {"assigned", Told::assigned, "change", {Action::assign, "token:ann", "", {}, decision::Assignment{"bob"}}},
             {"update_edited", Told::update_edited, "update", {Action::edit_update, "token:ann", "", {}, second}},
             {"update_deleted", Told::update_deleted, "update", {Action::delete_update, "token:ann", "", {}, second}},
             {"reopened", Told::reopened, "", {Action::reopen, "token:ann", "it came back", {}, decision::Reopening{}}},
             {"postmortem_published", Told::postmortem_published, "postmortem",
              {Action::write_postmortem, "token:ann", "", {}, decision::PostmortemDraft{"What happened.", "A full disk.", true}}}}) {
        const bool when_resolved = asked.told == Told::reopened || asked.told == Told::postmortem_published;
        const auto& before = when_resolved ? *resolved.next : *published.next;
        check_golden("event_incident_" + asked.golden + ".json", document_of(done_to(before, asked.command), asked));
    }
    const decision::Due step{
        {{"policy", {{"id", "esc_0000000000009"}, {"name", "night"}}}, {"step", 2}, {"steps", 3}, {"round", 1}, {"rounds", 2}, {"number", 2}, {"of", 6}, {"next_after_ms", 900'000},
         {"targets", {{{"channel", {{"id", "chn_000000000000b"}, {"name", "pager"}}}, {"user", {{"id", "usr_000000000000d"}, {"name", "ann"}}},
                        {"schedule", {{"id", "sch_000000000000e"}, {"name", "first line"}}}, {"layer", "weekly"}}}},
         {"left_out", {{{"channel", {{"id", "chn_000000000000c"}, {"name", "ops"}}}, {"why", "channel_disabled"}}}}}};
    const decision::Due reminder{
        {{"rule", {{"id", "rte_000000000000a"}, {"name", "critical"}}}, {"number", 2}, {"of", 10}, {"next_after_ms", 3'600'000},
         {"targets", {{{"channel", {{"id", "chn_000000000000b"}}}}}}}};
    for (const auto& due : std::vector<ByHand>{{"escalated", Told::escalated, "escalation", {Action::escalate, "notifier", "", {}, step}},
                                               {"reminder", Told::reminder, "reminder", {Action::remind, "notifier", "", {}, reminder}}}) {
        check_golden("event_incident_" + due.golden + ".json", document_of(done_to(incident, due.command), due));
    }
    check_golden("event_incident_update_published.json",
                 document_of(published, {"", Told::update_published, "update", {Action::publish_update, "", "", {}}}));
}

TEST_CASE("where the severity changed with something else, both are told, each with its own seq") {
    const decision::MonitorJoins worse{SiteId{3}, "Café API", MonitorId{8}, "API", decision::Scope::outage, decision::Severity::critical,
                                       check::FailureClass::reset, kAt, {"eu"}, decision::Reason::quorum_down};
    const auto decision = decision::decide(opened(), {kAt + seconds{2}, {}, worse});
    const auto news = decision::news_of(decision);
    REQUIRE(news.size() == 2);
    CHECK(news[0].told == decision::Told::updated);
    CHECK(decision.entries[news[0].entry].kind == decision::TimelineKind::monitor_joined);
    CHECK(news[1].told == decision::Told::severity_changed);
    CHECK(decision.entries[news[1].entry].seq == decision.next->seq);
    CHECK(decision.next->severity == decision::Severity::critical);
    CHECK(decision.next->worst_severity == decision::Severity::critical);
}

TEST_CASE("the event of a region that is not believed any more has the numbers that was decided by") {
    const Json judged{{"name", "ap"}, {"health", "quarantined"}, {"since", to_rfc3339(kAt)}, {"sites_alone", 14}, {"sites_well", 2},
                      {"look_back_ms", 18750}, {"anchors", 3}, {"anchors_failing", 1}};
    EventParts parts("region.quarantined", kAt, "sites_failing_alone");
    parts.region = "ap";
    parts.region_since = kAt;
    parts.judgement = &judged;
    check_golden("event_region_quarantined.json", make_event(EventId{104}, parts).document);
}

TEST_CASE("the event of maintenance says what it is about, with the tags that routes and listeners go by") {
    const Json window{{"id", "mnt_0000000000005"}, {"title", "New disks"}, {"description", ""}, {"starts_at", to_rfc3339(kAt)},
                      {"ends_at", to_rfc3339(kAt + std::chrono::hours{1})},
                      {"targets", {{"sites", {SiteId{3}.text()}}, {"monitors", Json::array()}, {"tags", {"berlin"}}}}};
    const std::vector<std::string> tags{"berlin", "payments"};
    EventParts parts("maintenance.started", kAt, "begun");
    parts.extra_name = "maintenance";
    parts.extra = &window;
    parts.tags = &tags;
    check_golden("event_maintenance_started.json", make_event(EventId{106}, parts).document);
}

TEST_CASE("votes that do not count say why, and a region that is enough alone says so") {
    auto definition = api();
    definition.tags = {"eu-customers", "payments"};
    definition.voters[0].standing = decision::Standing::quarantined;
    definition.voters[1].pages = true;
    const auto evidence = evidence_of(half_down(), definition, kAt + seconds{1});
    EventParts parts("monitor.flapping_began", kAt + seconds{1}, "flapping_began");
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.monitor = &definition;
    parts.evidence = &evidence;
    check_golden("event_monitor_flapping_began.json", make_event(EventId{105}, parts).document);
}

TEST_CASE("what ends soon is told with whose it is, when it ends and the threshold") {
    auto definition = api();
    definition.tags = {"payments"};
    decision::MonitorState state;
    decision::cast_vote(state.votes,
                        {.region = static_cast<decision::RegionId>(1), .slot = kAt, .attempt = 0, .started_at = kAt, .verdict = check::Verdict::degraded,
                         .cause = check::FailureClass::tls_expired, .backfilled = false, .message = "certificate expires in 6 days (threshold 7)"},
                        kAt);
    const auto evidence = evidence_of(state, definition, kAt + seconds{1});
    EventParts parts("certificate.expiring", kAt + seconds{1}, "expiry_near");
    parts.site = definition.site;
    parts.site_name = definition.site_name;
    parts.monitor = &definition;
    parts.evidence = &evidence;
    Json facts{{"subject", "CN=example.com"},  {"issuer", "CN=An Authority"}, {"fingerprint", std::string(64, 'a')},
               {"ends_at", "2026-01-07T12:00:00.000Z"}, {"threshold_days", 7},       {"days_left", 6}};
    parts.extra_name = "certificate";
    parts.extra = &facts;
    check_golden("event_certificate_expiring.json", make_event(EventId{110}, parts).document);

    parts.kind = "domain.expiring";
    facts = Json{{"registrar", "Example Registrar"}, {"source", "https://rdap.example/domain/example.com"}, {"ends_at", "2026-01-30T00:00:00.000Z"},
                 {"threshold_days", 30}, {"days_left", 29}};
    parts.extra_name = "domain";
    parts.evidence = nullptr;
    check_golden("event_domain_expiring.json", make_event(EventId{111}, parts).document);
}

TEST_CASE("who opened an incident is told, though what failed already joined it at once") {
    decision::Around around;
    around.failing.push_back({SiteId{3}, "Café API", MonitorId{8}, "API", decision::Scope::outage, decision::Severity::critical,
                              check::FailureClass::reset, kAt, {"eu"}, decision::Reason::quorum_down});
    const decision::Command open{decision::Action::open, "token:ann", "told by phone", {}, decision::Opening{SiteId{3}, decision::Scope::outage, "Orders stand"}};
    const auto decision = decision::decide(std::nullopt, {kAt + seconds{2}, IncidentId{12}, open, around});
    CHECK(decision.entries.size() == 2);
    const auto news = decision::news_of(decision);
    REQUIRE(news.size() == 1);
    CHECK(decision.entries[news[0].entry].actor == "token:ann");
    CHECK(decision.entries[news[0].entry].comment == "told by phone");
    CHECK(decision.next->failing_since == kAt);
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

}  // namespace event_test
